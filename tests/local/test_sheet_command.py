"""`parley sheet`: one picture that shows what a portrait can do, and shows it as the runtime draws it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from local.presenter import draw_presenter
from local.sheet_command import CELL, COLUMNS, LABEL, SheetRequest, run


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    folder = tmp_path_factory.mktemp("sheet")
    cv2.imwrite(str(folder / "face.png"), draw_presenter(320)[..., ::-1])
    assert run(SheetRequest(folder / "face.png", folder / "sheet.png")) == 0
    picture = cv2.imread(str(folder / "sheet.png"))
    assert picture is not None
    return picture


def cell(sheet: np.ndarray, row: int, column: int) -> np.ndarray:
    top = row * (CELL + LABEL)
    return sheet[top : top + CELL, column * CELL : (column + 1) * CELL].astype(int)


def test_every_row_is_full_and_every_cell_is_large_enough_to_judge(sheet: np.ndarray) -> None:
    assert sheet.shape[1] == COLUMNS * CELL and sheet.shape[0] % (CELL + LABEL) == 0
    assert CELL >= 320
    rows = sheet.shape[0] // (CELL + LABEL)
    assert all(cell(sheet, row, column).std() > 10 for row in range(rows) for column in range(COLUMNS))


def test_visemes_differ_from_the_rest_and_close_ups_show_the_mouth(sheet: np.ndarray) -> None:
    rest, aa = cell(sheet, 1, 0), cell(sheet, 3, 2)
    assert np.abs(aa - rest).mean() > 2 * np.abs(cell(sheet, 2, 2) - cell(sheet, 0, 0)).mean() > 0


def test_a_picture_without_a_face_is_answered_in_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((300, 300, 3), 120, np.uint8))
    assert run(SheetRequest(tmp_path / "wall.png", tmp_path / "sheet.png")) == 2
    assert "No face was found" in capfd.readouterr().err
    assert not (tmp_path / "sheet.png").exists()


@pytest.mark.parametrize(("name", "said"), [("wall.png", "another name"), ("sheet.exe", ".png or .jpg")])
def test_a_sheet_takes_nobodys_place_and_is_a_picture(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    (tmp_path / "wall.png").write_bytes(b"what was given")
    assert run(SheetRequest(tmp_path / "wall.png", tmp_path / name)) == 2
    assert said in capfd.readouterr().err
    assert (tmp_path / "wall.png").read_bytes() == b"what was given"
