"""The OpenAPI document is true of the realtime routes too: whatever is sent, every answer is as documented."""

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from functions.turn.paths import is_realtime
from tests.functions.api.schema_cases import CHECKS, MODES, REALTIME, STREAM, as_sent, examples
from tests.functions.turn.turn_stage import Stage
from tests.functions.turn.turn_worker import TurnWorker
from tests.waiting import HANG_SECONDS

EXAMPLES = 12


@pytest.fixture(scope="module")
def document(opened: Any) -> dict[str, Any]:
    return opened.call("GET", "/openapi.json").json()


def test_the_door_sends_these_routes_and_no_others_to_the_realtime_app(document: dict[str, Any]) -> None:
    operations = [*REALTIME.split(), STREAM]
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert is_realtime(path) == (operation["operationId"] in operations)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", REALTIME.split())
def test_whatever_is_sent_to_a_realtime_route_the_answer_is_as_documented(
    stage: Stage, worker: TurnWorker, document: dict[str, Any], name: str, mode: GenerationMode
) -> None:
    stage.world.clock.tick_seconds = 0.2
    schema = schemathesis.openapi.from_dict(document)
    found = {one.ok().definition.raw["operationId"]: one.ok() for one in schema.get_all_operations()}
    said = {"avatar_id": stage.avatar_id, "mode": "speak_text", "text": "Hello.", "messages": None}
    turn_id = stage.turn().headers["x-turn-id"]
    assert worker.jobs

    @given(case=found[name].as_strategy(generation_mode=mode), known=st.booleans())
    @examples(EXAMPLES)
    def holds(case: Case, known: bool) -> None:
        # Random ids only ever find nothing, and random chats have no last word: half of the requests make sense.
        if known and isinstance(case.body, dict):
            case.body.update({name: value for name, value in said.items() if name != "messages" or name in case.body})
        if known and isinstance(case.path_parameters, dict):
            case.path_parameters["turnId"] = turn_id
        method, url, request = as_sent(case, stage.base_url, stage.key)
        answer = httpx.request(method, url, timeout=HANG_SECONDS, **request)
        case.validate_response(answer, checks=CHECKS)

    holds()
