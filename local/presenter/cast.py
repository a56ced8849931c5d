"""Our six presenters: who they are, how they look and with which voice they speak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from local.presenter.look import (
    DEFAULT,
    Beard,
    Clothing,
    Eyes,
    Hair,
    Presenter,
    Proportions,
    Skin,
    Studio,
)


@dataclass(frozen=True)
class Member:
    """One presenter. `voice` is a name the speech stage knows; `language` a BCP 47 tag."""

    id: str
    name: str
    gender: Literal["female", "male"]
    language: str
    voice: str
    look: Presenter


RIN: Final = Member("rin", "Rin", "female", "en-US", "en-us+f3", DEFAULT)

MARCUS: Final = Member(
    "marcus", "Marcus", "male", "en-GB", "en-gb+m3",
    Presenter(
        skin=Skin(base=(128, 84, 62), flush=(124, 66, 50), shade=(78, 46, 34), lips=(112, 64, 56), blush=0.16,
                  freckles=0, oil=1.45, age=0.28),
        hair=Hair("coils", dark=(14, 11, 10), middle=(34, 28, 25), light=(64, 56, 51), brow=(14, 10, 9)),
        eyes=Eyes(rim=(20, 13, 10), outer=(58, 34, 20), inner=(92, 56, 30), lashes=0.6, white=0.80),
        clothing=Clothing("turtleneck", jacket=(54, 66, 60), necklace=None),
        studio=Studio(near=(190, 176, 158), far=(98, 84, 74)),
        face=Proportions(jaw_width=0.99, jaw_corner=0.045, chin_drop=0.06, chin_width=1.10, eye_size=1.10,
                         eye_open=0.95, nose_width=1.22, nose_bridge=-0.01, mouth_width=1.10, smile=0.35,
                         lip_fullness=1.16, brow_weight=1.5, brow_drop=0.05, brow_arch=0.75, brow_ridge=0.05,
                         neck_width=1.17, neck_rise=0.08, throat=0.8),
        beard=Beard(0.045, 0.95, (16, 12, 11), (60, 50, 46)),
        seed=23,
    ),
)  # fmt: skip

LINH: Final = Member(
    "linh", "Thùy Linh", "female", "vi-VN", "vi-vn+f2",
    Presenter(
        skin=Skin(base=(232, 190, 160), flush=(222, 138, 116), shade=(184, 130, 104), lips=(190, 88, 88), blush=0.36,
                  freckles=4),
        hair=Hair("long", dark=(14, 11, 12), middle=(32, 25, 24), light=(96, 82, 76), brow=(34, 25, 22)),
        eyes=Eyes(rim=(22, 14, 11), outer=(64, 40, 26), inner=(98, 62, 38)),
        clothing=Clothing("ao_dai", jacket=(172, 200, 204), blouse=(222, 190, 120), necklace=None),
        studio=Studio(near=(186, 196, 184), far=(92, 110, 102)),
        face=Proportions(jaw_width=0.86, chin_width=0.80, chin_drop=-0.07, cheek_width=0.955, eye_size=1.15,
                         eye_open=0.90, eye_tilt=0.07, hood=0.55, nose_width=0.92, nose_bridge=-0.02,
                         mouth_width=0.93, smile=0.5, lip_fullness=1.12, brow_weight=0.95, brow_arch=0.75,
                         brow_drop=0.01, neck_width=0.94),
        seed=11,
    ),
)  # fmt: skip

HANH: Final = Member(
    "hanh", "Cô Hạnh", "female", "vi-VN", "vi-vn-x-central+f4",
    Presenter(
        skin=Skin(base=(214, 168, 138), flush=(202, 118, 98), shade=(158, 106, 84), lips=(166, 80, 78), blush=0.34,
                  freckles=10, age=0.75),
        hair=Hair("bun", dark=(62, 60, 62), middle=(112, 109, 110), light=(184, 180, 177), brow=(84, 76, 72)),
        eyes=Eyes(rim=(24, 16, 13), outer=(66, 44, 30), inner=(98, 66, 42), lashes=0.7, white=0.92),
        clothing=Clothing("blazer", jacket=(104, 36, 50), blouse=(236, 226, 208), necklace="pearls"),
        studio=Studio(near=(196, 184, 172), far=(106, 92, 88)),
        face=Proportions(jaw_width=0.91, chin_width=0.90, chin_drop=-0.05, eye_size=1.13, eye_open=0.86,
                         eye_tilt=0.02, hood=0.60, nose_width=1.10, nose_bridge=-0.03, lip_fullness=0.88, smile=0.6,
                         brow_weight=0.85, brow_arch=0.85, neck_width=0.98),
        seed=31,
    ),
)  # fmt: skip

MINH: Final = Member(
    "minh", "Quang Minh", "male", "vi-VN", "vi-vn-x-south+m3",
    Presenter(
        skin=Skin(base=(214, 164, 130), flush=(200, 118, 94), shade=(152, 100, 76), lips=(182, 112, 94), blush=0.20,
                  freckles=4, age=0.10),
        hair=Hair("crop", dark=(13, 11, 11), middle=(34, 29, 28), light=(92, 80, 76), brow=(18, 14, 13)),
        eyes=Eyes(rim=(20, 13, 11), outer=(56, 35, 23), inner=(88, 55, 34), lashes=0.6, white=0.92),
        clothing=Clothing("shirt", jacket=(168, 192, 214), necklace=None),
        studio=Studio(near=(180, 188, 196), far=(84, 96, 112)),
        face=Proportions(jaw_width=0.96, jaw_corner=0.035, chin_drop=0.02, chin_width=1.02, eye_size=1.13,
                         eye_open=0.88, eye_tilt=0.05, hood=0.50, nose_width=1.12, nose_bridge=-0.02,
                         mouth_width=1.03, smile=0.45, lip_fullness=0.98, brow_weight=1.5, brow_drop=0.04,
                         brow_arch=0.70, brow_ridge=0.03, neck_width=1.12, neck_rise=0.08, throat=0.7),
        beard=Beard(0.012, 0.22, (38, 30, 27), (60, 50, 44), extent="stubble"),
        seed=17,
    ),
)  # fmt: skip

TUAN: Final = Member(
    "tuan", "Bác Tuấn", "male", "vi-VN", "vi-vn+m7",
    Presenter(
        skin=Skin(base=(200, 150, 118), flush=(188, 106, 84), shade=(140, 92, 70), lips=(160, 98, 82), blush=0.26,
                  freckles=16, oil=1.15, age=0.95),
        hair=Hair("receding", dark=(70, 70, 72), middle=(118, 118, 120), light=(190, 189, 187), brow=(96, 92, 90)),
        eyes=Eyes(rim=(26, 18, 14), outer=(64, 44, 31), inner=(92, 64, 44), lashes=0.5, white=0.86),
        clothing=Clothing("suit", jacket=(70, 76, 84), blouse=(206, 212, 220), necklace=None, glasses=(40, 28, 22)),
        studio=Studio(near=(178, 184, 178), far=(86, 94, 92)),
        face=Proportions(jaw_width=1.0, jaw_corner=0.03, chin_width=1.05, eye_size=1.07, eye_open=0.84,
                         eye_tilt=-0.02, hood=0.55, nose_width=1.20, nose_bridge=-0.01, mouth_width=1.05, smile=0.5,
                         lip_fullness=0.82, brow_weight=1.35, brow_drop=0.03, brow_arch=0.80, brow_ridge=0.05,
                         neck_width=1.10, neck_rise=0.08, throat=0.9),
        beard=Beard(0.010, 0.14, (120, 116, 112), (170, 168, 164), extent="stubble"),
        seed=43,
    ),
)  # fmt: skip

CAST: Final = (RIN, MARCUS, LINH, HANH, MINH, TUAN)
