"""Puts the picture together, from the backdrop forward."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local.presenter import body, clothes, eyes, face, hair, jewellery, studio
from local.presenter.geometry import Floats, Frame, smoothstep
from local.presenter.hairstyles import STYLES
from local.presenter.lighting import KEY, Surface
from local.presenter.look import DEFAULT, Presenter
from local.presenter.relief import normals, openness, shadow

CANVAS_PX = 1536
"""The drawing is made at this size and reduced: twice the usual output, so every edge is oversampled."""
FACE_UNIT = 0.1615
"""Pupil distance as a share of the picture's side; the face from chin to hairline is then 47 % of its height."""
FACE_LEFT, FACE_TOP = 0.5, 0.405
"""Where the middle between the pupils lies, shares of the picture's side."""
HEAD = (-1.62, -2.1, 1.62, 3.12)
BODY = (-3.2, 0.9, 3.2, 3.8)
NOWHERE = -9.0
"""Depth where nothing is."""
HAIR_LIFT = 0.10
"""How far the front hair stands off the skin, face units."""


@dataclass(frozen=True)
class Head:
    """The bare head and its front hair, in a window of the picture."""

    frame: Frame
    place: tuple[slice, slice]
    z: Floats
    skull: Floats
    hair: hair.Layer

    def occluder(self) -> Floats:
        """Depth of what throws shadows: skin and hair."""
        skin = np.where(self.skull > 0.5, self.z, NOWHERE)
        over = smoothstep(0.25, 0.95, self.frame.blurred(self.hair.cover, 0.025))
        return np.where(over > 0.05, np.maximum(self.z, -0.75) + HAIR_LIFT * over - (over < 0.5) * 0.02, skin).astype(
            np.float32
        )


def draw_presenter(size: int = 768, who: Presenter = DEFAULT) -> NDArray[np.uint8]:
    """A head-and-shoulders portrait, frontal, mouth closed, (size, size, 3) RGB; the same call gives the same bytes."""
    rng = np.random.default_rng(who.seed)
    frame = Frame(CANVAS_PX * FACE_UNIT, CANVAS_PX * FACE_LEFT, CANVAS_PX * FACE_TOP, CANVAS_PX, CANVAS_PX)
    picture = studio.backdrop(frame, who)
    part, place = frame.window(*HEAD)
    style = STYLES[who.hair.style]
    back = hair.paint(style.back, part, who.hair, rng)
    front = hair.paint(style.front, part, who.hair, rng)
    head = Head(part, place, face.relief(part, who, rng), part.fill(face.head_outline(who)), front)
    _over(picture[place], back.colour, back.cover)
    _paint_body(picture, frame, who, head, rng)
    _paint_clothes(picture, frame, who, head, rng)
    _paint_face(picture[place], who, head, rng)
    _over(picture[place], front.colour, front.cover)
    return studio.finish(picture, size, who.seed)


def _over(picture: Floats, colour: Floats, cover: Floats) -> None:
    picture += (colour - picture) * cover[..., None]


def _paint_body(picture: Floats, frame: Frame, who: Presenter, head: Head, rng: np.random.Generator) -> None:
    part, where = frame.window(*BODY)
    z = body.body_relief(part, rng)
    skin = np.full((frame.height, frame.width), NOWHERE, np.float32)
    skin[where] = z
    above = skin.copy()
    above[head.place] = np.maximum(above[head.place], head.occluder())
    lit = shadow(skin, above, frame, KEY, reach=2.0, softness=0.34)[where]
    skin = body.lit_body(part, who, z, lit, rng)
    jewellery.draw_necklace(skin, part)
    _over(picture[where], skin, part.fill(body.body_outline()))


def _paint_clothes(picture: Floats, frame: Frame, who: Presenter, head: Head, rng: np.random.Generator) -> None:
    part, where = frame.window(*BODY)
    clothes.draw_clothes(picture[where], part, who, part.fill(body.body_outline()), rng)
    cast = head.frame.shifted(head.frame.blurred(head.hair.cover, 0.09), 0.10, 0.12)
    cloth = np.zeros((frame.height, frame.width), np.float32)
    cloth[where] = clothes.coverage(part)
    picture[head.place] *= (1 - 0.6 * cast * cloth[head.place])[..., None]


def _paint_face(picture: Floats, who: Presenter, head: Head, rng: np.random.Generator) -> None:
    frame = head.frame
    lit = shadow(head.z, head.occluder(), frame, KEY)
    near_hair = frame.blurred(head.hair.cover, 0.06)
    lay = Surface(normals(head.z, frame), lit, openness(head.z, frame) * (1 - 0.55 * near_hair))
    skin = face.lit_face(frame, who, lay, head.skull, face.albedo(frame, who, rng))
    eyes.draw_brows(skin, frame, who, rng)
    eyes.draw_eyes(skin, frame, who, rng)
    _over(picture, skin.astype(np.float32), head.skull)
