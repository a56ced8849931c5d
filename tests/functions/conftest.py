"""One cloud for all tests of a file; a file that needs another opens its own."""

from collections.abc import Iterator

import pytest

from tests.functions.events_world import World, events_world


@pytest.fixture(scope="module")
def opened() -> Iterator[World]:
    with events_world() as world:
        yield world


@pytest.fixture
def world(opened: World) -> World:
    return opened
