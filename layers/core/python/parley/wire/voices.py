"""Voices, as the API shows them."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from parley.wire.base import WireResponse

Engine = Literal["espeak", "polly", "speech"]
Gender = Literal["female", "male", "neutral"]
_EXAMPLE: dict[str, Any] = {
    "id": "espeak:vi+f2",
    "name": "Vietnamese (North) – female 2",
    "language": "vi",
    "languageName": "Vietnamese (North)",
    "gender": "female",
    "engine": "espeak",
}


class Voice(WireResponse):
    """A voice: its `id` is what `voiceId`, `voice_id` and `defaultVoiceId` take."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    name: str
    language: str = Field(description="BCP 47; `mul` speaks whatever language its text is in.")
    language_name: str
    gender: Gender
    engine: Engine = Field(description="`espeak` is always there; `polly` and `speech` where they are set up.")


class VoiceList(WireResponse):
    """espeak-ng's voices first, by language."""

    data: list[Voice]
