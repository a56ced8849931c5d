"""The one error body of the API."""

from pydantic import ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from parley.wire.base import WireResponse


class ErrorBody(WireResponse):
    """What every 4xx and 5xx answer carries. Written without `billingUrl` where there is none."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    error: str = Field(description="What went wrong and what to change, for people.")
    status: int = Field(description="The HTTP status, repeated.", examples=[422])
    code: str = Field(description="The same for machines: stable, lower case.", examples=["invalid_request"])
    retryable: bool = Field(description="Whether the same request can succeed later.")
    request_id: str = Field(description="The value of `X-Request-Id`: name it when asking for help.")
    billing_url: str | SkipJsonSchema[None] = Field(
        default=None, description="Only on 402: where credits are bought.", json_schema_extra={"format": "uri"}
    )
