import multiprocessing
import os
from pathlib import Path

import pytest

from local.state import ApiKeys, StateFolder, StateFolderBusy, StateFolderUnusable


def test_secrets_are_drawn_once_and_are_private(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "state")
    state.prepare()
    first = state.secrets()
    assert StateFolder(tmp_path / "state").secrets() == first
    assert len(bytes.fromhex(first.key_pepper)) == 32
    state.keep_api_keys(ApiKeys("ten_1", "tic_test_x", "tic_live_x"))
    assert state.api_keys() == ApiKeys("ten_1", "tic_test_x", "tic_live_x")
    for name in ("secrets.json", "keys.json"):
        assert (state.root / name).stat().st_mode & 0o777 == 0o600
    assert state.root.stat().st_mode & 0o777 == 0o700


def test_a_folder_has_no_keys_before_its_first_start(tmp_path: Path) -> None:
    assert StateFolder(tmp_path).api_keys() is None


def test_a_second_platform_on_the_folder_is_refused_with_the_reason(tmp_path: Path) -> None:
    lock = StateFolder(tmp_path).lock()
    with pytest.raises(StateFolderBusy, match=f"process {os.getpid()}"):
        StateFolder(tmp_path).lock(patience_seconds=0)
    os.close(lock)
    os.close(StateFolder(tmp_path).lock(patience_seconds=0))


def _hold_and_die(root: Path) -> None:
    StateFolder(root).lock()
    os._exit(9)


def test_the_lock_of_a_dead_platform_does_not_stay(tmp_path: Path) -> None:
    dying = multiprocessing.get_context("spawn").Process(target=_hold_and_die, args=(tmp_path,))
    dying.start()
    dying.join()
    os.close(StateFolder(tmp_path).lock(patience_seconds=0))


def test_a_file_in_the_folders_place_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(StateFolderUnusable, match="--state"):
        StateFolder(tmp_path / "state").prepare()
