"""Free-form JSON objects that clients hang on our things: what can be stored as it came, and what cannot."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, cast

from pydantic import AfterValidator, Field

# DynamoDB nests 32 deep and counts to 38 digits, 1e-130..1e126; an item has 400 KB, of which 32 KB of JSON is no worry.
DEEPEST = 16
LARGEST_INTEGER = 10**37
LARGEST_FLOAT = 1e120
SMALLEST_FLOAT = 1e-120
LONGEST_NAME = 255


def storable(value: dict[str, Any]) -> dict[str, Any]:
    """The object itself, or ValueError with what cannot be kept."""
    _check(value, DEEPEST)
    return value


def _check(value: object, depth: int) -> None:
    if depth == 0:
        raise ValueError(f"may be nested at most {DEEPEST} deep")
    if isinstance(value, Mapping):
        for name, held in cast("Mapping[str, object]", value).items():
            if not 1 <= len(name) <= LONGEST_NAME:
                raise ValueError(f"holds a name that has not 1 to {LONGEST_NAME} characters")
            _check_text(name)
            _check(held, depth - 1)
    elif isinstance(value, list):
        for held in cast("list[object]", value):
            _check(held, depth - 1)
    elif isinstance(value, str):
        _check_text(value)
    elif isinstance(value, int | float):
        _check_number(value)


def _check_text(text: str) -> None:
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("holds an unpaired surrogate character")


def _check_number(number: int | float) -> None:
    if isinstance(number, int):
        if abs(number) > LARGEST_INTEGER:
            raise ValueError("holds an integer of more than 37 digits; send it as a string")
    elif not math.isfinite(number) or (number != 0.0 and not SMALLEST_FLOAT <= abs(number) <= LARGEST_FLOAT):
        raise ValueError("holds a number that cannot be kept; send it as a string")


FreeForm = Annotated[
    dict[str, Any],
    AfterValidator(storable),
    Field(description="Free-form object, stored and given back as it came."),
]
