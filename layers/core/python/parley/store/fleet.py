"""The renderer service and the wish that stands over it: one item, changed under its version alone."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from parley.domain.errors import Unavailable
from parley.domain.fleet import FleetPolicy, Wish
from parley.store import aws
from parley.store.mapping import from_item, to_item
from parley.store.ports import ConditionRefused, ItemKey, RendererService, Table, Write

KEY = ItemKey("WORKERS", "FLEET")


class Fleet:
    """`service` is None where workers are started otherwise: then nothing here is to be called."""

    def __init__(self, table: Table, service: RendererService | None, policy: FleetPolicy) -> None:
        self._table = table
        self.service = service
        self.policy = policy
        self.asked_until = 0
        """Until then (epoch seconds) this process need not ask again."""

    def read(self) -> Wish:
        """The wish as it stands; the first one where nobody ever asked."""
        return from_item(Wish, self._table.get(KEY) or {})

    def keep(self, wish: Wish, seen: Wish) -> bool:
        """Writes `wish` unless somebody changed what was `seen`; whether it was written."""
        item = to_item(wish)
        condition = "attribute_not_exists(pk) OR #version = :version"
        if seen.version:
            condition = "#version = :version"
        write = Write(kind="put", key=KEY, item=item, condition=condition, values={"version": seen.version})
        try:
            self._table.write(write)
        except ConditionRefused:
            return False
        return True


class EcsClient(Protocol):
    """What is used of boto3's."""

    def describe_services(self, *, cluster: str, services: Sequence[str]) -> Mapping[str, Any]: ...

    def update_service(self, *, cluster: str, service: str, desiredCount: int) -> Mapping[str, Any]: ...


class EcsService:
    """One service of ECS. Its client is made at first need: most requests have none."""

    def __init__(self, cluster: str, name: str, client: EcsClient | None = None) -> None:
        self._cluster, self._name, self._made = cluster, name, client

    def desired(self) -> int:
        """How many tasks it is told to run. Raises Unavailable for a service that is not there."""
        answer = self._client.describe_services(cluster=self._cluster, services=[self._name])
        found = cast("list[dict[str, Any]]", answer.get("services", []))
        if not found or found[0].get("status") == "INACTIVE":
            raise Unavailable(f"{self._cluster} has no service {self._name}: check FLEET_CLUSTER and FLEET_SERVICE.")
        return int(found[0]["desiredCount"])

    def set_desired(self, tasks: int) -> None:
        self._client.update_service(cluster=self._cluster, service=self._name, desiredCount=tasks)

    @property
    def _client(self) -> EcsClient:
        if self._made is None:
            self._made = cast("EcsClient", aws.ecs())
        return self._made
