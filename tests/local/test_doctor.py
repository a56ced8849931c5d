import socket
from pathlib import Path

import pytest

from local import doctor
from local.doctor import Finding, examine, run
from local.state import StateFolder


def found(findings: list[Finding], what: str) -> Finding:
    return next(finding for finding in findings if finding.what == what)


def test_where_everything_is_installed_nothing_needed_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "state", 0) == 0
    said = capsys.readouterr().out
    for what in ("python", "packages", "face models", "voices", "video encoder", "sound encoder", "state folder"):
        assert what in said
    assert "Everything needed is here" in said


def test_missing_face_models_are_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PARLEY_MODELS", str(tmp_path / "none"))
    assert run(tmp_path / "state", 0) == 1
    said = capsys.readouterr()
    assert "make setup" in said.out
    assert "face models" in said.err


def test_a_missing_package_says_what_stops_working(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor.PACKAGES, "parley-no-such-package", "everything")
    packages = found(examine(tmp_path, 0), "packages")
    assert not packages.ok and packages.needed
    assert "parley-no-such-package (everything)" in packages.found


def test_a_missing_encoder_is_a_finding_and_not_an_end() -> None:
    encoder = doctor._encoder("video encoder", "no-such-codec", "H.264")
    assert not encoder.ok
    assert "H.264" in encoder.advice


def test_a_port_in_use_is_only_a_warning(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = found(examine(tmp_path, taken.getsockname()[1]), "port")
    assert not port.ok and not port.needed
    assert "--port" in port.advice


def test_a_state_folder_that_cannot_be_used_is_said_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = found(examine(tmp_path / "file", 0), "state folder")
    assert not folder.ok and folder.needed
    assert "--state" in folder.advice


def test_a_state_folder_in_use_is_fine(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    state.prepare()
    with open(state.lock(), "rb"):
        assert "in use" in found(examine(tmp_path, 0), "state folder").found
