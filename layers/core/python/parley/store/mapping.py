"""Domain dataclasses to items and back: snake_case fields become camelCase attributes, None is left out.

Free-form mappings lie there as JSON text: what a caller may put into JSON is more than DynamoDB takes (nesting, numbers
of any size, empty names), and it comes back exactly as it was.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import Field, fields, is_dataclass
from functools import cache
from types import NoneType
from typing import Any, ClassVar, Protocol, TypeVar, cast, get_args, get_origin, get_type_hints

from parley.store.ports import Item


class DataclassInstance(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Kind = TypeVar("Kind", bound=DataclassInstance)


def camel(name: str) -> str:
    """spend_limit -> spendLimit"""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def to_item(value: DataclassInstance) -> Item:
    """The attributes of `value`."""
    item: Item = {}
    for name, attribute, _ in _layout(type(value)):
        held = getattr(value, name)
        if held is not None:
            item[attribute] = to_attribute(held)
    return item


def to_attribute(value: Any) -> Any:
    """One field's value as an item holds it: nested dataclasses as maps, sets as sorted lists, mappings as JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return to_item(value)
    if isinstance(value, frozenset):
        return sorted(cast("frozenset[str]", value))
    if isinstance(value, Mapping):
        return json.dumps(value, separators=(",", ":"))
    return value


def from_item(kind: type[Kind], item: Mapping[str, Any]) -> Kind:
    """A `kind` made of its attributes in `item`; those that are absent take the field's default."""
    return kind(**{name: read(item[at]) for name, at, read in _layout(kind) if item.get(at) is not None})


@cache
def _layout(kind: type[DataclassInstance]) -> list[tuple[str, str, Callable[[Any], Any]]]:
    hints = get_type_hints(kind)
    return [(field.name, camel(field.name), _reader(hints[field.name])) for field in fields(kind)]


def _reader(hint: Any) -> Callable[[Any], Any]:
    # `X | None` reads as X: absent attributes never reach the reader.
    plain = (
        next((part for part in get_args(hint) if part is not NoneType), hint) if NoneType in get_args(hint) else hint
    )
    if is_dataclass(plain):
        return lambda held: from_item(cast("type[DataclassInstance]", plain), held)
    if plain is float:
        return float
    if get_origin(plain) is frozenset:
        return frozenset
    if get_origin(plain) is Mapping:
        return json.loads
    return _same


def _same(held: Any) -> Any:
    return held


def set_clause(changes: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """An update expression that gives attributes new values (None removes one), and the values it names."""
    kept = {name: to_attribute(value) for name, value in changes.items() if value is not None}
    gone = [name for name, value in changes.items() if value is None]
    clauses = ["SET " + ", ".join(f"#{name} = :{name}" for name in kept)] if kept else []
    if gone:
        clauses.append("REMOVE " + ", ".join(f"#{name}" for name in gone))
    return " ".join(clauses), kept
