"""Tenants in the table: the plan of each space."""

from datetime import datetime

from parley.domain.errors import InsufficientScope
from parley.domain.plans import plan_named
from parley.domain.spaces import Space, Tenant
from parley.domain.times import iso
from parley.store.mapping import from_item, to_item
from parley.store.ports import ConditionRefused, ItemKey, Table, Write


def tenant_key(space: Space) -> ItemKey:
    return ItemKey(space.partition, "TENANT")


class Tenants:
    """Who is a customer, and of which plan."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, space: Space) -> Tenant | None:
        item = self._table.get(tenant_key(space))
        return from_item(Tenant, item) if item else None

    def active(self, space: Space) -> Tenant:
        """The tenant, or InsufficientScope (`tenant_inactive`) when it is suspended or gone."""
        tenant = self.get(space)
        if tenant is None or tenant.status != "active":
            raise InsufficientScope("The tenant of this key is not active.", "tenant_inactive")
        return tenant

    def create(self, tenant: Tenant) -> Tenant:
        """Stores a tenant's side of an environment; one that is there stays as it is and is given back."""
        plan_named(tenant.plan)
        key = tenant_key(Space(tenant.id, tenant.environment))
        try:
            self._table.write(Write(kind="put", key=key, item=to_item(tenant), condition="attribute_not_exists(pk)"))
        except ConditionRefused as refusal:
            return from_item(Tenant, refusal.old or {})
        return tenant

    def set_plan(self, space: Space, plan: str, at: datetime) -> Tenant:
        """Moves the tenant to another plan; its allowance counts from the next month on."""
        plan_named(plan)
        item = self._table.write(
            Write(
                kind="update",
                key=tenant_key(space),
                update="SET #plan = :plan, #updatedAt = :at",
                condition="attribute_exists(pk)",
                values={"plan": plan, "at": iso(at)},
                refused=lambda _: InsufficientScope("There is no such tenant.", "tenant_inactive"),
            )
        )
        return from_item(Tenant, item)
