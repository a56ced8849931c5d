"""The OpenAPI document is true: whatever is sent, no answer is a 5xx and every answer matches its schema."""

from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode

from functions.api.services import ApiOptions
from tests.functions.api.schema_cases import CHECKS, MODES, REALTIME, STREAM, as_sent, examples
from tests.functions.api.world import World

EXAMPLES = 15
OPERATIONS = [
    "listAvatars createAvatar getAvatar updateAvatar deleteAvatar",
    "listAssets uploadAsset createRemoteAsset presignUpload getAsset deleteAsset",
    "submitRender listRenders getRender cancelRender lipsync",
    "openBatch getBatch planVideoCache listVoices",
    "getCreditBalance createApiKey listApiKeys revokeApiKey getUsage health",
]


@pytest.fixture(scope="module")
def options() -> ApiOptions:
    return ApiOptions(upload_wait_seconds=0, lipsync_wait_seconds=0, longest_wait_seconds=0, repeat_wait_seconds=0)


def document(world: World) -> dict[str, Any]:
    return world.call("GET", "/openapi.json").json()


@pytest.fixture(scope="module")
def operations(opened: World) -> dict[str, APIOperation]:
    schema = schemathesis.openapi.from_dict(document(opened))
    found = [result.ok() for result in schema.get_all_operations()]
    return {operation.definition.raw["operationId"]: operation for operation in found}


def test_every_operation_of_the_document_is_put_to_the_test(operations: dict[str, APIOperation]) -> None:
    assert sorted(operations) == sorted(" ".join([*OPERATIONS, REALTIME, STREAM]).split())


def test_every_operation_says_what_it_needs_and_how_it_fails(world: World) -> None:
    spec = document(world)
    assert spec["openapi"].startswith("3.1")
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"]
            assert operation["description"]
            assert operation["tags"]
            if path == "/health":
                continue
            assert operation["security"] == [{"apiKey": []}]
            assert operation["x-required-scopes-any-of"]
            statuses = set(operation["responses"])
            if "101" in statuses:
                continue  # A WebSocket: what it refuses it says in messages, which no document of this kind has.
            assert {"401", "403", "429", "503"} <= statuses
            if method != "get":
                assert {"409", "413", "422"} <= statuses
                assert "Idempotency-Key" in [parameter["name"] for parameter in operation["parameters"]]
            for status, response in operation["responses"].items():
                if status >= "400":
                    schema = response["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/ErrorBody"}
                    assert response["content"]["application/json"]["example"]["code"]


@pytest.mark.parametrize(
    ("name", "mode"),
    # Nothing can be sent to /health that is wrong.
    [(name, mode) for name in " ".join(OPERATIONS).split() for mode in MODES if (name, mode) != ("health", MODES[1])],
)
def test_whatever_is_sent_the_answer_is_as_documented(
    world: World, operations: dict[str, APIOperation], name: str, mode: GenerationMode
) -> None:
    world.clock.tick_seconds = 0.2
    space = world.tenant(plan="scale")
    key = world.key(space)
    avatar = world.avatar(key)
    made = {
        "avatarId": avatar["id"],
        "assetId": avatar["sourceAssetId"],
        "renderId": world.call("POST", "/api/v1/renders", key, json={"avatarId": avatar["id"], "text": "Hi."}).json()[
            "id"
        ],
        "batchId": world.call("POST", "/api/v1/batches", key).json()["batch"]["id"],
        "id": world.call("POST", "/api/v1/api-keys", key, json={"name": "spare"}).json()["id"],
    }

    @given(case=operations[name].as_strategy(generation_mode=mode), known=st.booleans())
    @examples(EXAMPLES)
    def holds(case: Case, known: bool) -> None:
        if known:
            _name_what_is_there(case, made)
        method, url, request = as_sent(case, "http://parley.test", key)
        answer = world.call(method, url, **request)
        case.validate_response(answer, checks=CHECKS)

    holds()


def _name_what_is_there(case: Case, made: dict[str, str]) -> None:
    """Random ids only ever find nothing: half of the requests name things that exist."""
    for where in (case.path_parameters, case.body):
        if isinstance(where, dict):
            where.update({name: made[name] for name in where if name in made})
