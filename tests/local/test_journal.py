from pathlib import Path

import pytest

from local.cloud.journal import Journal, JournalCorrupt


def reopened(folder: Path) -> dict[str, object]:
    journal = Journal(folder)
    try:
        return dict(journal.open())
    finally:
        journal.close()


def test_the_newest_image_of_a_key_wins_and_a_none_removes_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.open() == {}
    journal.append({"a": {"v": 1}, "b": {"v": 1}})
    journal.append({"a": {"v": 2}})
    journal.append({"b": None, "c": {"ü\n": "x"}})
    journal.close()
    assert reopened(tmp_path) == {"a": {"v": 2}, "c": {"ü\n": "x"}}


def test_what_was_appended_is_there_without_a_close(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.open()
    journal.append({"a": {"v": 1}})
    assert reopened(tmp_path) == {"a": {"v": 1}}


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_a_torn_last_line_is_forgotten_and_the_journal_goes_on(tmp_path: Path, cut: int) -> None:
    journal = Journal(tmp_path)
    journal.open()
    journal.append({"a": {"v": 1}})
    journal.append({"b": {"v": 2}})
    journal.close()
    tail = tmp_path / "tail.jsonl"
    tail.write_bytes(tail.read_bytes()[:-cut])
    again = Journal(tmp_path)
    assert again.open() == {"a": {"v": 1}}
    again.append({"c": {"v": 3}})
    again.close()
    assert reopened(tmp_path) == {"a": {"v": 1}, "c": {"v": 3}}


def test_a_broken_line_before_the_last_is_not_passed_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.open()
    journal.append({"a": {"v": 1}})
    journal.append({"b": {"v": 2}})
    journal.close()
    tail = tmp_path / "tail.jsonl"
    tail.write_bytes(tail.read_bytes().replace(b'"v":1', b'"v":7'))
    with pytest.raises(JournalCorrupt, match="line 1"):
        Journal(tmp_path).open()


def test_opening_leaves_one_line_for_each_living_key(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.open()
    for value in range(50):
        journal.append({"a": {"v": value}, "gone": {"v": value}})
    journal.append({"gone": None})
    journal.close()
    assert reopened(tmp_path) == {"a": {"v": 49}}
    assert len((tmp_path / "base.jsonl").read_bytes().splitlines()) == 1


def test_a_long_tail_is_merged_while_writing_goes_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path, compact_after_bytes=2000)
    journal.open()
    for value in range(500):
        journal.append({f"key-{value % 7}": {"v": value}, "gone": None})
    journal.close()
    assert reopened(tmp_path) == {f"key-{value % 7}": {"v": value} for value in range(493, 500)}
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 4000


def test_a_crash_after_the_merge_but_before_its_end_changes_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.open()
    journal.append({"a": {"v": 1}, "b": {"v": 1}})
    journal.append({"b": None, "a": {"v": 2}})
    journal.close()
    old = (tmp_path / "tail.jsonl").read_bytes()
    assert reopened(tmp_path) == {"a": {"v": 2}}
    (tmp_path / "tail.old.jsonl").write_bytes(old)
    assert reopened(tmp_path) == {"a": {"v": 2}}


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.open()
    journal.close()
    with pytest.raises(OSError, match="not open"):
        journal.append({"a": {"v": 1}})
