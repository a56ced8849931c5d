"""Shapes: even sides, the longer one as it was asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.wire.shapes import ASPECTS, LEAST_SIZE, MOST_SIZE, sides_of


@given(size=st.integers(LEAST_SIZE // 2, MOST_SIZE // 2), aspect=st.sampled_from(ASPECTS))
def test_sides_are_even_and_of_the_aspect(size: int, aspect: str) -> None:
    width, height = sides_of(2 * size, aspect)
    assert max(width, height) == 2 * size and width % 2 == height % 2 == 0
    across, down = (int(part) for part in aspect.split(":"))
    assert abs(width * down - height * across) <= max(across, down)


def test_another_aspect_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="16:9"):
        sides_of(512, "4:3")
