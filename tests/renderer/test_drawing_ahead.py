"""Pictures drawn ahead come in order whoever draws them, and nobody goes on drawing what nobody wants."""

from __future__ import annotations

import threading

import pytest

from renderer.drawing_ahead import drawn_ahead


@pytest.mark.parametrize("threads", [None, 1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 3, 40])
def test_every_picture_comes_once_and_in_order(threads: int | None, count: int) -> None:
    assert list(drawn_ahead(lambda k: k * k, count, threads)) == [k * k for k in range(count)]


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_of_one_picture_comes_in_its_place(threads: int) -> None:
    def draw(k: int) -> int:
        if k == 3:
            raise ValueError("the third")
        return k

    drawn = drawn_ahead(draw, 10, threads)
    assert [next(drawn) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="the third"):
        next(drawn)


def test_whoever_stops_taking_leaves_no_thread_and_few_pictures_behind() -> None:
    asked: list[int] = []
    drawn = drawn_ahead(lambda k: asked.append(k) or k, 1000, 2)
    assert next(drawn) == 0
    drawn.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert len(asked) <= 6
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("draw")]
