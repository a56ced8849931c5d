"""How a video is to look: shape, background, captions, feeling. The same for every way of ordering one."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from parley.wire.backgrounds import parse_background
from parley.wire.base import AssetId, Numeric, Text, Url, WireRequest
from parley.wire.shapes import LEAST_SIZE, MOST_SIZE, Aspect

Emotion = Literal["neutral", "happy", "curious", "serious", "sad", "excited"]
CaptionStyle = Literal["clean", "bold", "karaoke", "boxed", "minimal"]
CaptionPosition = Literal["top", "middle", "bottom"]
CaptionSize = Literal["small", "medium", "large"]
LONGEST_TRANSCRIPT = 10_000  # ten minutes and more of speech; a body may have 32 KB

BACKGROUND = (
    "`as_is` (default), `plain_white`, a CSS colour name, `#rrggbb`, `green_screen` (#00b140), or `transparent`:"
    " the video is then a WebM (VP9 with alpha, Opus) instead of an MP4."
)
_Offset = Annotated[float, Field(ge=-0.5, le=0.5, allow_inf_nan=False), Numeric]


class Captions(WireRequest):
    """Words drawn into the picture while they are spoken, at most two lines at a time."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"style": "karaoke", "position": "bottom"}]})

    style: CaptionStyle = Field(
        default="clean", description="`karaoke` marks the word that is being said; `boxed` stands on a dark box."
    )
    position: CaptionPosition = "bottom"
    size: CaptionSize = "medium"
    offset_x: _Offset = Field(default=0.0, description="To the right of `position`, share of the width.")
    offset_y: _Offset = Field(default=0.0, description="Below `position`, share of the height.")


class VideoLook(WireRequest):
    """What a video looks like, whatever it says."""

    size: Annotated[
        int,
        Field(ge=LEAST_SIZE, le=MOST_SIZE, multiple_of=2, description="The longer side, pixels."),
        Numeric,
    ] = 512
    aspect_ratio: Aspect = Field(
        default="1:1", description="Framed about the face; where the picture ends, its background is continued."
    )
    fps: Literal[24, 25, 30] = 25
    background_id: Text | None = Field(default=None, max_length=64, description=BACKGROUND)
    background_asset_id: AssetId | None = Field(
        default=None,
        description="An image of yours, behind the speaker: a portrait, or uploaded with purpose `background`.",
    )
    background_url: Url | None = Field(default=None, description="A public image, or the `publicUrl` of an asset.")
    emotion: Emotion = Field(
        default="neutral",
        description="The speaker's feeling: brows, eyes, corners of the mouth, and how head and brows move.",
    )
    intensity: Annotated[
        float, Field(ge=0, le=1, allow_inf_nan=False, description="How much of `emotion` is seen, 0 to 1."), Numeric
    ] = 0.5
    captions: Captions | None = Field(
        default=None, description="Drawn into the picture. They need the words: `text`, or a `transcript` of the audio."
    )
    transcript: Text | None = Field(
        default=None,
        min_length=1,
        max_length=LONGEST_TRANSCRIPT,
        description=(
            "What is said in the audio, for captions. Its words are placed by an estimate (pauses of the sound, pace of"
            " a synthetic voice): usually good to 0.2 s, seldom worse than 0.6 s where the transcript is what is said."
        ),
    )

    @field_validator("background_id")
    @classmethod
    def _known_background(cls, value: str | None) -> str | None:
        return checked_background(value)

    @model_validator(mode="after")
    def _one_background(self) -> "VideoLook":
        names = [self.background_id, self.background_asset_id, self.background_url]
        if sum(value is not None for value in names) > 1:
            raise ValueError("give one background: a name or colour, backgroundAssetId or backgroundUrl")
        if self.transcript is not None and not self.transcript.strip():
            raise ValueError("transcript holds no words")
        return self


def checked_background(value: str | None) -> str | None:
    """The value itself, once it is known to name a background."""
    if value is not None:
        parse_background(value)
    return value
