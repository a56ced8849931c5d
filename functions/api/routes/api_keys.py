"""/api/v1/api-keys: keys that make, list and end keys."""

from typing import Annotated

from fastapi import APIRouter, Path

from functions.api.present import api_key_out, created_key_out
from functions.api.protected import ProtectedRoute, needs
from functions.api.services import Asked
from parley.operations.create_api_key import create_api_key
from parley.operations.revoke_api_key import revoke_api_key
from parley.wire.api_keys import ApiKey, ApiKeyList, CreateApiKey, CreatedApiKey

router = APIRouter(prefix="/api/v1/api-keys", tags=["api-keys"], route_class=ProtectedRoute)
InPath = Annotated[
    str, Path(alias="id", pattern=r"^key_[0-9A-Za-z]{8,64}$", examples=["key_01JZ8Q6Y5B7D9F1H3K5M7P9R1T"])
]


@router.post("", status_code=201, operation_id="createApiKey", summary="Make an API key")
@needs("api_keys:write", rerun_on_replay=True)
def create(body: CreateApiKey, asked: Asked) -> CreatedApiKey:
    """`apiKey` is shown in this answer only. A key never gets a scope, or a spend limit, beyond its maker's."""
    key, presented = create_api_key(asked.stores, asked.caller, body, asked.operation_id, asked.idempotency_key)
    return created_key_out(asked.stores, key, presented)


@router.get("", operation_id="listApiKeys", summary="List your API keys")
@needs("api_keys:write")
def list_all(asked: Asked) -> ApiKeyList:
    """The keys of the calling key's environment, newest first, ended ones too; without their secrets."""
    return ApiKeyList(data=[api_key_out(asked.stores, key) for key in asked.stores.keys.list(asked.caller.space)])


@router.delete("/{id}", operation_id="revokeApiKey", summary="End an API key")
@needs("api_keys:write", refuses=(404,))
def revoke(key: InPath, asked: Asked) -> ApiKey:
    """Every later request with it answers 401 `key_revoked`. A key may end itself."""
    return api_key_out(asked.stores, revoke_api_key(asked.stores, asked.caller, key))
