"""The examples of the API's document are bodies that the API itself takes and gives."""

from importlib import import_module
from typing import Any

import pytest
from pydantic import BaseModel

MODULES = ("api_keys", "assets", "avatars", "credits", "lipsync", "renders")


def _with_examples() -> list[tuple[type[BaseModel], Any]]:
    models = [
        model
        for name in MODULES
        for model in vars(import_module(f"parley.wire.{name}")).values()
        if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__.endswith(name)
    ]
    found: list[tuple[type[BaseModel], Any]] = []
    for model in models:
        extra: Any = model.model_config.get("json_schema_extra") or {}
        found += [(model, example) for example in extra.get("examples", [])]
    return found


@pytest.mark.parametrize(("model", "example"), _with_examples())
def test_an_example_is_a_body_of_its_model(model: type[BaseModel], example: dict[str, Any]) -> None:
    read = model.model_validate(example)
    assert read.model_dump(by_alias=True, exclude_unset=True, mode="json") == example
