"""The messages of a stream that is pushed to, `WebSocket /api/v1/realtime/stream`: what a client says in JSON."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator

from parley.wire.base import Numeric, Text
from parley.wire.pushed_sound import MOST_SOUND_BYTES
from parley.wire.turns import SoundRate, TurnLook

SUBPROTOCOL = "parley.v1"
KEY_SUBPROTOCOL = "parley.key."
"""A browser sets no headers: the key may follow this, as one more subprotocol that is offered."""
MOST_MESSAGE_BYTES = MOST_SOUND_BYTES
"""Of sound, in one binary message."""
MOST_TEXT_LETTERS = 64 * 1024
UNSPOKEN_SECONDS = 30
"""Of pushed sound that waits to be spoken: no more is read before some of it is."""


class OpenStream(TurnLook):
    """The first message. `start` answers it; an error closes the socket with 4000 + its HTTP status."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"type": "open", "avatar_id": "ava_01JZ8Q4M8K6T3V5X7Y9A0B2C4D", "sample_rate": 24000}]
        }
    )

    type: Literal["open"]
    api_key: Text | None = Field(
        default=None, max_length=400, description="Where neither `Authorization` nor a subprotocol carries it."
    )
    sample_rate: SoundRate = Field(description="Of the sound that will be pushed: 16-bit little-endian mono PCM.")
    idle_seconds: Annotated[int, Field(ge=5, le=600), Numeric] = Field(
        default=120, description="With nothing pushed and nothing spoken for so long, the stream ends."
    )
    idempotency_key: Text | None = Field(default=None, max_length=180, description="As the header of that name.")

    @property
    def mode(self) -> Literal["speak_stream"]:
        return "speak_stream"

    @field_validator("idempotency_key")
    @classmethod
    def _visible(cls, value: str | None) -> str | None:
        if value is not None and not (value and all("!" <= letter <= "~" for letter in value)):
            raise ValueError("must be 1 to 180 visible ASCII characters")
        return value
