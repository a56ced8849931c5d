"""Our presenters become avatars of a platform: announced at once, drawn once, drawn again when their code changes."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from local import presenter_seeding
from local.presenter_faces import presenter_faces
from local.presenter_seeding import PICTURE_PX, announce_presenters, draw_presenters
from parley.domain.system_avatars import system_picture_key
from parley.store.stores import Stores
from parley.store.system_avatars import SystemAvatars
from renderer.rig import load_rig
from tests.functions.events_world import events_world


@pytest.fixture(scope="module")
def stores() -> Iterator[Stores]:
    with events_world() as world:
        yield world.stores


def test_all_are_announced_and_what_is_drawn_is_drawn_once(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    assert announce_presenters(stores)
    listed = SystemAvatars(stores.table).list()
    assert {avatar.status for avatar in listed} == {"preprocessing"}
    assert {avatar.default_voice_id for avatar in listed} == {face.voice for _, face in presenter_faces()}
    first = presenter_faces()[:1]
    monkeypatch.setattr(presenter_seeding, "presenter_faces", lambda: first)
    assert draw_presenters(stores) == 1
    rin = SystemAvatars(stores.table).get(first[0][1].id)
    assert rin is not None
    assert (rin.display_name, rin.status) == ("Rin", "ready")
    rig = load_rig(stores.media.get(rin.rig_key or ""))
    assert rig.picture.shape == (PICTURE_PX, PICTURE_PX, 3)
    png = np.frombuffer(stores.media.get(system_picture_key(rin.id, first[0][1].version)), np.uint8)
    picture = cv2.imdecode(png, cv2.IMREAD_COLOR)
    assert picture is not None
    assert np.array_equal(picture[..., ::-1], rig.picture)
    assert draw_presenters(stores) == 0
    assert not announce_presenters(stores)
    newer = [(member, replace(face, version="another")) for member, face in first]
    monkeypatch.setattr(presenter_seeding, "presenter_faces", lambda: newer)
    assert announce_presenters(stores)


def test_ids_and_versions_are_the_same_at_every_call() -> None:
    faces = [face for _, face in presenter_faces()]
    assert faces == [face for _, face in presenter_faces()]
    assert [face.id for face in faces][:2] == ["ava_presenterRin", "ava_presenterMarcus"]
    assert len({face.version for face in faces}) == 1
