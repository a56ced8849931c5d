"""The other message of the inspection's queue: a clip's cache that was planned and waits to be computed."""

import json
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from parley.domain.spaces import Space


class PlannedCache(BaseModel):
    """Which version of whose cache."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, extra="ignore")

    tenant: str
    environment: Literal["live", "test"]
    avatar_id: str
    version: int

    @property
    def space(self) -> Space:
        return Space(self.tenant, self.environment)

    @classmethod
    def read(cls, body: str) -> Self | None:
        """None for a message of another kind. Raises ValueError for one that cannot be read."""
        message = json.loads(body)
        if not isinstance(message, dict) or "videoCache" not in message:
            return None
        return cls.model_validate(message["videoCache"])
