"""Puts the picture together, from the backdrop forward."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from local.presenter import (
    body,
    clipped,
    complexion,
    ears,
    eyes,
    face,
    glasses,
    hair,
    jewellery,
    shape,
    studio,
    wardrobe,
    whiskers,
)
from local.presenter.geometry import Floats, Frame, smoothstep
from local.presenter.hairstyles import STYLES
from local.presenter.lighting import KEY, Surface
from local.presenter.look import DEFAULT, Presenter
from local.presenter.relief import normals, openness, shadow

CANVAS_PX = 1536
"""The drawing is made at this size and reduced: twice the usual output, so every edge is oversampled."""
FACE_UNIT = 0.170
"""Pupil distance as a share of the picture's side; the face from chin to hairline is then half of its height."""
FACE_LEFT, FACE_TOP = 0.5, 0.425
"""Where the middle between the pupils lies, shares of the picture's side."""
HEAD = (-1.62, -2.5, 1.62, 3.7)
BODY = (-3.2, 0.9, 3.2, 4.2)
NECK_RISE = 0.20
"""How much higher than in body.py the trunk is drawn, face units."""
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
    return studio.finish(_light(who), size, who.seed)


@lru_cache(maxsize=1)
def _light(who: Presenter) -> Floats:
    """The picture in linear light, (CANVAS_PX, CANVAS_PX, 3); drawing takes two seconds, so the last one is kept."""
    rng = np.random.default_rng(who.seed)
    frame = Frame(CANVAS_PX * FACE_UNIT, CANVAS_PX * FACE_LEFT, CANVAS_PX * FACE_TOP, CANVAS_PX, CANVAS_PX)
    picture = studio.backdrop(frame, who)
    part, place = frame.window(*HEAD)
    style = STYLES[who.hair.style]
    back = hair.paint(style.back, part, who.hair, rng, style.inside, who.face.head_width)
    front = _front_hair(part, who, rng)
    skull = part.fill(shape.head_outline(who))
    head = Head(part, place, face.relief(part, who, skull, rng), skull, front)
    _over(picture[place], back.colour, back.cover)
    _paint_body(picture, frame, who, head, rng)
    _paint_clothes(picture, frame, who, head, rng)
    if style.ears:
        ears.draw_ears(picture[place], part, who, part.blurred(front.cover, 0.05), rng)
    if style.tucked:
        front = hair.Layer(front.colour, front.cover * (1 - ears.coverage(part, who) * (1 - skull)))
    _paint_face(picture[place], who, head, rng)
    _over(picture[place], front.colour, front.cover)
    glasses.draw_glasses(picture[place], part, who)
    if who.clothing.necklace == "pearls" and style.ears:
        jewellery.draw_earrings(picture[place], part, ears.lobe(who))
    picture.flags.writeable = False
    return picture


def _front_hair(frame: Frame, who: Presenter, rng: np.random.Generator) -> hair.Layer:
    style, width = STYLES[who.hair.style], who.face.head_width
    over = hair.paint(style.front, frame, who.hair, rng, style.inside, width)
    if style.clip is None:
        return over
    under = clipped.paint_clipped(style.clip, frame, who.hair, width, rng)
    colour = under.colour + (over.colour - under.colour) * over.cover[..., None]
    return hair.Layer(colour, 1 - (1 - under.cover) * (1 - over.cover))


def _over(picture: Floats, colour: Floats, cover: Floats) -> None:
    picture += (colour - picture) * cover[..., None]


def _trunk(frame: Frame, who: Presenter) -> Frame:
    return replace(frame, top=frame.top - (NECK_RISE + who.face.neck_rise) * frame.unit)


def _paint_body(picture: Floats, frame: Frame, who: Presenter, head: Head, rng: np.random.Generator) -> None:
    part, where = _trunk(frame, who).window(*BODY)
    z = body.body_relief(part, who, rng)
    skin = np.full((frame.height, frame.width), NOWHERE, np.float32)
    skin[where] = z
    above = skin.copy()
    above[head.place] = np.maximum(above[head.place], head.occluder())
    lit = shadow(skin, above, frame, KEY, reach=2.0, softness=0.34)[where]
    skin = body.lit_body(part, who, z, lit, rng)
    if who.clothing.necklace == "chain":
        jewellery.draw_necklace(skin, part)
    elif who.clothing.necklace == "pearls":
        jewellery.draw_pearls(skin, part)
    _over(picture[where], skin, part.fill(body.body_outline(who)))


def _paint_clothes(picture: Floats, frame: Frame, who: Presenter, head: Head, rng: np.random.Generator) -> None:
    part, where = _trunk(frame, who).window(*BODY)
    wardrobe.draw_outfit(picture[where], part, who, part.fill(body.body_outline(who)), rng)
    cast = head.frame.shifted(head.frame.blurred(head.hair.cover, 0.09), 0.10, 0.12)
    cloth = np.zeros((frame.height, frame.width), np.float32)
    cloth[where] = wardrobe.coverage(part)
    picture[head.place] *= (1 - 0.6 * cast * cloth[head.place])[..., None]


def _paint_face(picture: Floats, who: Presenter, head: Head, rng: np.random.Generator) -> None:
    frame = head.frame
    lit = shadow(head.z, head.occluder(), frame, KEY, softness=0.30)
    near_hair = frame.blurred(head.hair.cover, 0.06)
    lay = Surface(normals(head.z, frame), lit, openness(head.z, frame) * (1 - 0.55 * near_hair))
    skin = face.lit_face(frame, who, lay, head.skull, complexion.albedo(frame, who, rng))
    eyes.draw_brows(skin, frame, who, rng)
    eyes.draw_eyes(skin, frame, who, rng)
    whiskers.draw_beard(skin, frame, who, rng)
    _over(picture, skin.astype(np.float32), head.skull)
