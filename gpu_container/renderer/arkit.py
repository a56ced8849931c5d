"""A face as numbers for clients that draw their own: Apple's ARKit blend shapes from mouth and head axes."""

from __future__ import annotations

from typing import Final

from renderer.types import HEAD_AXES, MOUTH_AXES, Floats

ARKIT: Final = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
"""The 52 names, in ARKit's alphabetical order: the order in which their weights are sent."""

_JAW: Final = 0.7
"""jawOpen 1 is a yawn: speech at its widest stays under it."""
_EYE_RAD: Final = 0.52
"""eyeLook 1: thirty degrees."""


def arkit_weights(mouth: Floats, head: Floats) -> list[float]:
    """`mouth` (8,) MOUTH_AXES, `head` (12,) HEAD_AXES -> 52 weights 0..1, in the order of ARKIT. Left and right are the
    person's own."""
    m = dict(zip(MOUTH_AXES, mouth.tolist(), strict=True))
    h = dict(zip(HEAD_AXES, head.tolist(), strict=True))
    jaw = _JAW * m["jaw"]
    both = {
        "browDown": max(0.0, -h["brow"]) + 0.5 * h["frown"], "browOuterUp": max(0.0, h["brow"]),
        "cheekSquint": 0.5 * max(0.0, m["corner"]), "eyeBlink": h["blink"],
        "eyeLookDown": max(0.0, h["gaze_y"]) / _EYE_RAD, "eyeLookUp": max(0.0, -h["gaze_y"]) / _EYE_RAD,
        "eyeSquint": max(0.0, h["squint"]), "eyeWide": max(0.0, -h["squint"]),
        "mouthFrown": max(0.0, -m["corner"]), "mouthLowerDown": max(0.0, m["lower"]), "mouthPress": 0.6 * m["press"],
        "mouthSmile": max(0.0, m["corner"]), "mouthStretch": max(0.0, m["wide"]), "mouthUpperUp": m["upper"],
    }  # fmt: skip
    # The picture's right is the person's left: looking there turns the left eye out and the right one in.
    to_left, to_right = max(0.0, h["gaze_x"]) / _EYE_RAD, max(0.0, -h["gaze_x"]) / _EYE_RAD
    one = {
        "browInnerUp": max(0.0, h["brow"]) * (1 - 0.5 * h["frown"]), "jawOpen": jaw, "mouthClose": jaw * m["press"],
        "mouthFunnel": m["round"] * min(1.0, 2 * m["jaw"]), "mouthPucker": m["round"] * (1 - min(1.0, 2 * m["jaw"])),
        "mouthRollLower": max(0.0, -m["lower"]), "eyeLookOutLeft": to_left, "eyeLookInRight": to_left,
        "eyeLookOutRight": to_right, "eyeLookInLeft": to_right,
    }  # fmt: skip
    for name, weight in both.items():
        one[f"{name}Left"] = one[f"{name}Right"] = weight
    return [round(min(max(one.get(name, 0.0), 0.0), 1.0), 3) for name in ARKIT]
