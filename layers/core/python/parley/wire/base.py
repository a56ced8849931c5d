"""How our JSON is read and written: camelCase outside, snake_case inside, nothing unknown let in."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

AvatarId = Annotated[str, Field(pattern=r"^ava_[0-9A-Za-z]{4,76}$", examples=["ava_01JZ8Q4M8K6T3V5X7Y9A0B2C4D"])]
AssetId = Annotated[str, Field(pattern=r"^ast_[0-9A-Za-z]{4,76}$", examples=["ast_01JZ8Q3Z1N5R7T9V2X4Y6A8B0C"])]
RenderId = Annotated[str, Field(pattern=r"^rnd_[0-9A-Za-z]{4,76}$", examples=["rnd_01JZ8Q5T2P4S6V8X0Z1B3D5F7H"])]
Micros = Annotated[int, Field(ge=0, description="Credit micros: 1,000,000 are one second of rendered video.")]
Timestamp = Annotated[str, Field(examples=["2026-06-10T00:00:00.000Z"], description="UTC, ISO 8601, milliseconds.")]


def _printable(value: object) -> object:
    """Refuse what no store or header can carry: lone surrogates and NUL."""
    if isinstance(value, str) and ("\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value)):
        raise ValueError("must not hold NUL or unpaired surrogate characters")
    return value


def _not_spelled(value: object) -> object:
    """Refuse what would otherwise be taken for a number: "512" and true."""
    if isinstance(value, str | bool):
        raise ValueError("must be a number, not text or a boolean")
    return value


Text = Annotated[str, BeforeValidator(_printable)]
# Behind an integer's bounds: Annotated[int, Field(ge=1), Numeric].
Numeric = BeforeValidator(_not_spelled)
Url = Annotated[
    Text, Field(min_length=1, max_length=4096, json_schema_extra={"format": "uri"}, examples=["https://example.com/a"])
]


class WireRequest(BaseModel):
    """A body a client sends: camelCase only; a field we do not know is an error, so a typing slip never passes."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", validate_by_alias=True, frozen=True)


class WireResponse(BaseModel):
    """A body we answer with: built from our own objects' attributes, written in camelCase."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        from_attributes=True,
        frozen=True,
        json_schema_serialization_defaults_required=True,
    )
