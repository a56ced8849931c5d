"""The drawn presenter, prepared once: every test of faces, rigs and runtimes starts from it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local.presenter import DEFAULT, draw_presenter
from local.presenter.look import Skin
from renderer.clip import ClipRig, build_clip
from renderer.media import clips, sounds
from renderer.rig import Rig, build_rig
from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import Picture
from tests.renderer.clip.clip_files import clip_file, talk, talking
from tests.renderer.poses import drawing


@pytest.fixture(autouse=True, scope="session")
def patience() -> Iterator[None]:
    """No file is taken for one that was made to take long because the machine is busy."""
    with pytest.MonkeyPatch.context() as patch:
        for decoder in (clips, sounds):
            patch.setattr(decoder, "_MAX_WALL_SEC", math.inf)
        yield


@pytest.fixture(scope="session")
def presenter() -> Picture:
    """RGB (768, 768, 3), read-only."""
    picture = draw_presenter(768)
    picture.flags.writeable = False
    return picture


@pytest.fixture(scope="session")
def dark_presenter() -> Picture:
    """The same woman with dark brown skin and black hair: RGB (512, 512, 3), read-only."""
    skin = Skin(base=(92, 58, 42), flush=(80, 40, 32), shade=(48, 28, 22), lips=(96, 50, 48))
    hair = replace(DEFAULT.hair, dark=(12, 10, 10), middle=(30, 24, 22), light=(70, 60, 56))
    picture = draw_presenter(512, replace(DEFAULT, skin=skin, hair=hair))
    picture.flags.writeable = False
    return picture


@pytest.fixture(scope="session")
def presenter_rig(presenter: Picture) -> Rig:
    return build_rig(presenter)


@pytest.fixture(scope="session")
def runtime(presenter_rig: Rig) -> MeshRuntime:
    """At 512, where the portrait keeps its own background."""
    return drawing(presenter_rig, 512)


@pytest.fixture(scope="session")
def talking_frames(presenter_rig: Rig) -> list[Picture]:
    """Three and a half seconds of a person who talks, RGB (320, 320, 3)."""
    return talking(presenter_rig, 3.5, 320)


@pytest.fixture(scope="session")
def talking_clip(talking_frames: list[Picture], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip_file(tmp_path_factory.mktemp("clip") / "talking.mp4", talking_frames, sound=talk().samples)


@pytest.fixture(scope="session")
def clip_rig(talking_clip: Path) -> ClipRig:
    return build_clip(talking_clip)
