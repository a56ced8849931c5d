"""The one error body of the API."""

from pydantic import Field

from parley.wire.base import WireResponse


class ErrorBody(WireResponse):
    """What every 4xx and 5xx answer carries."""

    error: str = Field(description="What went wrong and what to change, for people.")
    status: int = Field(description="The HTTP status, repeated.", examples=[422])
    code: str = Field(description="The same for machines: stable, lower case.", examples=["invalid_request"])
    retryable: bool = Field(description="Whether the same request can succeed later.")
    request_id: str = Field(description="The value of `X-Request-Id`: name it when asking for help.")
    billing_url: str | None = Field(default=None, description="Only on 402: where credits are bought.")
