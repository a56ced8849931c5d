"""Plain Python values to DynamoDB's typed ones and back: integers stay int, and nothing passes through Decimal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from parley.store.ports import Item

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef, UniversalAttributeValueTypeDef


def encode(value: object) -> "UniversalAttributeValueTypeDef":
    """One value. Raises TypeError for a type that no item of ours holds."""
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int() | float():
            return {"N": repr(value)}
        case None:
            return {"NULL": True}
        case bytes():
            return {"B": value}
        case Mapping():
            return {"M": encode_item(cast("Mapping[str, object]", value))}
        case list() | tuple():
            return {"L": [encode(part) for part in cast("list[object]", value)]}
        case _:
            raise TypeError(f"{type(value).__name__} cannot lie in an item")


def encode_item(item: Mapping[str, object]) -> "dict[str, UniversalAttributeValueTypeDef]":
    return {name: encode(value) for name, value in item.items()}


def decode(value: "AttributeValueTypeDef") -> Any:
    """The reverse. A number without point or exponent becomes int, any other float."""
    ((kind, held),) = value.items()
    match kind:
        case "N":
            digits = cast("str", held)
            return int(digits) if digits.lstrip("-").isdigit() else float(digits)
        case "NULL":
            return None
        case "M":
            return decode_item(cast("Mapping[str, AttributeValueTypeDef]", held))
        case "L":
            return [decode(part) for part in cast("list[AttributeValueTypeDef]", held)]
        case _:
            return held


def decode_item(item: "Mapping[str, AttributeValueTypeDef]") -> Item:
    return {name: decode(value) for name, value in item.items()}
