"""What a feeling changes in a face that speaks: brows, lids, corners, how far and how fast everything moves."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Literal, TypeAlias, get_args

Emotion: TypeAlias = Literal["neutral", "happy", "curious", "serious", "sad", "excited"]
EMOTIONS: Final[tuple[Emotion, ...]] = get_args(Emotion)


def as_emotion(name: str) -> Emotion:
    """The emotion of that name. Raises ValueError when there is none."""
    for emotion in EMOTIONS:
        if emotion == name:
            return emotion
    raise ValueError(f"emotion {name!r} is none of {', '.join(EMOTIONS)}")


@dataclass(frozen=True)
class Expression:
    """`emotion`, at `intensity` 0..1; 0 is neutral whatever the emotion. ValueError when either is none of these."""

    emotion: Emotion = "neutral"
    intensity: float = 0.5

    def __post_init__(self) -> None:
        if self.emotion not in EMOTIONS:
            raise ValueError(f"emotion {self.emotion!r} is none of {', '.join(EMOTIONS)}")
        if not 0.0 <= self.intensity <= 1.0:
            raise ValueError(f"intensity {self.intensity} is not from 0 to 1")


NO_EXPRESSION: Final = Expression()


@dataclass(frozen=True)
class Manner:
    """How a face carries itself. `brow` to `gaze_y` are places that it holds, in the axes' units; `energy` multiplies
    how far head and brows move, `nod` how deep it nods, `tempo` how fast it all goes, `opening` the jaw, `blinking` how
    often the lids fall, `roving` how often the eyes leave the viewer."""

    brow: float = 0.0
    frown: float = 0.0
    squint: float = 0.0
    corner: float = 0.0
    roll: float = 0.0
    pitch: float = 0.0
    gaze_y: float = 0.0
    energy: float = 1.0
    nod: float = 1.0
    tempo: float = 1.0
    opening: float = 1.0
    blinking: float = 1.0
    roving: float = 1.0


NEUTRAL: Final = Manner()

# At intensity 1, tuned by eye on portraits: clearly read from across a room, and none of them a mask.
_FULL: Final[dict[Emotion, Manner]] = {
    "neutral": NEUTRAL,
    "happy": Manner(brow=0.3, squint=0.5, corner=1.0, energy=1.15, nod=1.2, tempo=1.1, opening=1.06),
    "curious": Manner(brow=0.9, squint=-0.3, corner=0.15, roll=0.045, pitch=-0.02, energy=1.05, nod=0.9, roving=1.2),
    "serious": Manner(
        brow=-0.45, frown=0.9, squint=0.3, corner=-0.25, pitch=0.02,
        energy=0.75, nod=0.8, tempo=0.9, opening=0.95, blinking=0.85, roving=0.6,
    ),
    "sad": Manner(
        brow=0.55, frown=0.7, squint=0.35, corner=-0.8, roll=-0.02, pitch=0.05, gaze_y=0.05,
        energy=0.65, nod=0.6, tempo=0.78, opening=0.88, blinking=1.15,
    ),
    "excited": Manner(
        brow=0.75, squint=-0.45, corner=0.7, pitch=-0.015,
        energy=1.2, nod=1.3, tempo=1.25, opening=1.12, blinking=1.1, roving=1.1,
    ),
}  # fmt: skip


def manner_of(expression: Expression) -> Manner:
    """The manner at the expression's intensity: between neutral and the full one, in a straight line."""
    full, share = _FULL[expression.emotion], expression.intensity
    values = {
        each.name: getattr(NEUTRAL, each.name) * (1 - share) + getattr(full, each.name) * share
        for each in fields(Manner)
    }
    return Manner(**values)
