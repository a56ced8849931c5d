"""The drawn presenter, prepared once: every test of faces, rigs and runtimes starts from it."""

from __future__ import annotations

import pytest

from local.presenter import draw_presenter
from renderer.rig import Rig, build_rig
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import Picture


@pytest.fixture(scope="session")
def presenter() -> Picture:
    """RGB (768, 768, 3), read-only."""
    picture = draw_presenter(768)
    picture.flags.writeable = False
    return picture


@pytest.fixture(scope="session")
def presenter_rig(presenter: Picture) -> Rig:
    return build_rig(presenter)


@pytest.fixture(scope="session")
def runtime(presenter_rig: Rig) -> MeshRuntime:
    """At 512, where the portrait keeps its own background."""
    return MeshRuntime(presenter_rig, 512)
