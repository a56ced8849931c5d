"""Whose side of the house we are on: one tenant, live or test. Nothing crosses between two spaces."""

from dataclasses import dataclass
from typing import Literal, get_args

Environment = Literal["live", "test"]
ENVIRONMENTS: tuple[Environment, ...] = get_args(Environment)


@dataclass(frozen=True, slots=True)
class Space:
    """A tenant and an environment. Everything a key can see lies in its space."""

    tenant: str
    environment: Environment

    @property
    def partition(self) -> str:
        """The table's partition of this space."""
        return f"T#{self.tenant}#{self.environment}"

    @property
    def path(self) -> str:
        """The folder of this space within a bucket prefix: `<tenant>/<environment>`."""
        return f"{self.tenant}/{self.environment}"


def space_of_partition(partition: str) -> Space:
    """The reverse of `Space.partition`. Raises ValueError for any other partition."""
    mark, tenant, environment = partition.split("#")
    if mark != "T" or environment not in ENVIRONMENTS:
        raise ValueError(f"{partition} is not a tenant's partition")
    return Space(tenant, environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One customer in one environment: its plan, and how many avatars it keeps."""

    id: str
    environment: Environment
    plan: str
    status: Literal["active", "suspended"] = "active"
    avatars: int = 0
    created_at: str
    updated_at: str
