"""Which render a message or a step of the workflow is about."""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from functions.lipsync.failure import Failure
from parley.domain.spaces import Space
from parley.wire.render_job import RenderDone


class RenderPlace(BaseModel):
    """A render's id, and whose it is."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, extra="ignore")

    render_id: str
    tenant: str
    environment: Literal["live", "test"]

    @property
    def space(self) -> Space:
        return Space(self.tenant, self.environment)


class Settlement(RenderPlace):
    """With what the worker made."""

    result: RenderDone


class Refund(RenderPlace):
    """With what went wrong."""

    failure: Failure
