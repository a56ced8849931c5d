"""API keys, as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from parley.domain.scopes import DEFAULT_SCOPES, Scope
from parley.wire import examples
from parley.wire.base import Micros, Text, Timestamp, WireRequest, WireResponse

LARGEST_MICROS = 10**15
"""A bound on what a client may name as an amount: thirty years of video, far below what DynamoDB counts exactly."""


def _utc(value: str) -> str:
    """A moment that ends in Z, as the API writes its own."""
    if not value.endswith("Z"):
        raise ValueError("must be a UTC date-time that ends in Z, such as 2027-01-01T00:00:00Z")
    try:
        datetime.fromisoformat(value)
    except ValueError as unreadable:
        raise ValueError("must be an ISO 8601 date-time, such as 2027-01-01T00:00:00Z") from unreadable
    return value


UtcMoment = Annotated[
    str,
    Field(min_length=20, max_length=32, json_schema_extra={"format": "date-time"}, examples=["2027-01-01T00:00:00Z"]),
    AfterValidator(_utc),
]


class CreateApiKey(WireRequest):
    """A new key. It can hold only scopes that the calling key holds."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CREATE_API_KEY]})

    name: Text = Field(min_length=1, max_length=120, examples=["ci"])
    environment: Literal["live", "test"] = "test"
    scopes: list[Scope] = Field(default=list(DEFAULT_SCOPES), min_length=1, max_length=16)
    spend_limit_credit_micros: Micros | None = Field(
        default=None, le=LARGEST_MICROS, description="Hard cap on what this key can ever spend."
    )
    expires_at: UtcMoment | None = None


class ApiKey(WireResponse):
    """A key without its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.API_KEY]})

    id: str = Field(examples=["key_01JZ8Q6Y5B7D9F1H3K5M7P9R1T"])
    key_id: str = Field(description="The public part inside the key itself.")
    tenant_id: str
    name: str
    environment: Literal["live", "test"]
    redacted_key: str = Field(examples=["tic_test_01JZ8Q6Y5B7D...x9fQ"])
    scopes: list[Scope]
    status: Literal["active", "revoked", "expired"]
    spend_limit_credit_micros: Micros | None
    spent_credit_micros: Micros
    expires_at: Timestamp | None
    created_at: Timestamp


class CreatedApiKey(ApiKey):
    """The only answer that shows the secret; it is stored nowhere."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CREATED_API_KEY]})

    api_key: str = Field(description="The whole key. Shown once.")


class ApiKeyList(WireResponse):
    """Newest first; keys of the calling key's environment."""

    data: list[ApiKey]
