"""What the admin commands do, and what they print: one function a command, each giving its exit status."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Concatenate, ParamSpec

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.admin.reach import Place, Reached, Unreachable, reach
from parley.domain.errors import InvalidInput, ParleyError
from parley.domain.ids import is_id
from parley.domain.keys import effective_status
from parley.domain.plans import MICROS_PER_MINUTE
from parley.domain.spaces import ENVIRONMENTS, Space
from parley.domain.wallet import Entry
from parley.operations import administer
from parley.operations.administer import Operator
from parley.operations.check_ledger import check_ledger
from parley.operations.open_tenant import open_tenant
from parley.wire.api_keys import CreateApiKey

Asked = ParamSpec("Asked")
Named = tuple[str, str]
"""A tenant's id and an environment, as they were typed."""
_USAGE_ERROR = 2


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a new key is to be."""

    name: str
    scopes: tuple[str, ...]
    expires: str | None


def _reaching(
    act: Callable[Concatenate[Reached, Console, Asked], int],
) -> Callable[Concatenate[Place, Asked], int]:
    """The act, given a place to reach: refusals are told in a sentence, with status 1 or 2."""

    @functools.wraps(act)
    def run(place: Place, *args: Asked.args, **options: Asked.kwargs) -> int:
        err = Console(stderr=True, highlight=False)
        try:
            return act(reach(place), Console(highlight=False), *args, **options)
        except (ParleyError, Unreachable, BotoCoreError, ClientError) as problem:
            err.print(Text.assemble(("✗ ", "red"), str(problem)), soft_wrap=True)
            return 1
        except ValidationError as problem:
            first = problem.errors()[0]
            where = ".".join(map(str, first["loc"]))
            err.print(Text.assemble(("✗ ", "red"), f"{where}: {first['msg']}"), soft_wrap=True)
            return _USAGE_ERROR

    return run


@_reaching
def create_tenant(reached: Reached, console: Console, plan: str, reason: str) -> int:
    operator = Operator(reached.operator, reason)
    # Read first: where it cannot be, no tenant is left behind without a key.
    _ = reached.stores.settings.pepper
    tenant_id = open_tenant(reached.stores, operator, plan)
    _say(console, ("tenant", tenant_id), ("plan", plan))
    for environment in ENVIRONMENTS:
        body = CreateApiKey(name="first key", environment=environment, scopes=["*"])
        _, presented = administer.issue_key(reached.stores, operator, Space(tenant_id, environment), body)
        _say(console, (f"{environment} key", presented.text))
    console.print("Keep the keys: they are shown this once.", style="dim")
    return 0


@_reaching
def set_plan(reached: Reached, console: Console, named: Named, plan: str, reason: str) -> int:
    tenant = administer.set_plan(reached.stores, Operator(reached.operator, reason), _space(named), plan)
    _say(console, ("tenant", tenant.id), ("plan", tenant.plan))
    return 0


@_reaching
def grant(reached: Reached, console: Console, named: Named, minutes: float, reason: str) -> int:
    amount = round(minutes * MICROS_PER_MINUTE)
    wallet = administer.grant_credits(reached.stores, Operator(reached.operator, reason), _space(named), amount)
    _say(console, ("granted", _minutes(amount)), ("available", _minutes(wallet.balance)))
    return 0


@_reaching
def create_key(reached: Reached, console: Console, named: Named, wanted: NewKey, reason: str) -> int:
    space = _space(named)
    body = CreateApiKey.model_validate(
        {
            "name": wanted.name,
            "environment": space.environment,
            "scopes": list(wanted.scopes),
            "expiresAt": wanted.expires,
        }
    )
    key, presented = administer.issue_key(reached.stores, Operator(reached.operator, reason), space, body)
    _say(console, ("key", presented.text), ("id", key.id), ("scopes", " ".join(sorted(key.scopes))))
    console.print("Keep the key: it is shown this once.", style="dim")
    return 0


@_reaching
def list_keys(reached: Reached, console: Console, named: Named) -> int:
    space = _space(named)
    administer.existing_tenant(reached.stores, space)
    now = reached.stores.clock.now()
    table = _table("id", "name", "key", "scopes", "status", "spent", "created")
    for key in reached.stores.keys.list(space):
        scopes, status = " ".join(sorted(key.scopes)), effective_status(key, now)
        table.add_row(key.id, key.name, key.redacted, scopes, status, _minutes(key.spent), key.created_at)
    console.print(table)
    return 0


@_reaching
def revoke_key(reached: Reached, console: Console, named: Named, key_id: str, reason: str) -> int:
    key = administer.end_key(reached.stores, Operator(reached.operator, reason), _space(named), key_id)
    _say(console, ("key", key.id), ("status", key.status))
    return 0


@_reaching
def check(reached: Reached, console: Console, named: Named) -> int:
    space = _space(named)
    administer.existing_tenant(reached.stores, space)
    checked = check_ledger(reached.stores, space)
    _say(
        console,
        ("balance", _minutes(checked.wallet.balance)),
        ("reserved", _minutes(checked.wallet.reserved)),
        ("used", _minutes(checked.wallet.lifetime_used)),
        ("read", f"{checked.entries} entries, {checked.holds} holds ({checked.open_holds} open), "
                 f"{checked.keys} keys, {checked.slots} slots"),
    )  # fmt: skip
    for problem in checked.wrong:
        console.print(Text.assemble(("✗ ", "red"), problem), soft_wrap=True)
    if not checked.wrong:
        console.print(Text.assemble(("✓ ", "green"), "Balance, holds, keys and slots agree with the ledger."))
    return 1 if checked.wrong else 0


@_reaching
def list_ledger(reached: Reached, console: Console, named: Named, days: int) -> int:
    space = _space(named)
    administer.existing_tenant(reached.stores, space)
    until = reached.stores.clock.now() + timedelta(seconds=1)
    table = _table("at", "operation", "move", "credit micros", "why", "by")
    cursor: str | None = None
    while True:
        lines, cursor = reached.stores.wallets.entries(
            space, until - timedelta(days=days), until, limit=1000, cursor=cursor
        )
        for line in lines:
            table.add_row(*_row(line))
        if cursor is None:
            break
    console.print(table)
    return 0


@_reaching
def publish_presenters(reached: Reached, console: Console) -> int:
    from local.presenter_seeding import announce_presenters, draw_presenters

    announce_presenters(reached.stores)
    with console.status("Drawing ..."):
        drawn = draw_presenters(reached.stores)
    _say(console, ("presenters", f"{drawn} drawn and published; the others were there"))
    return 0


@_reaching
def restore(reached: Reached, console: Console, source: str, tenant_id: str | None) -> int:
    from local.admin.restore import put_back
    from parley.store import aws

    if tenant_id is not None:
        _space((tenant_id, "live"))
    with console.status("Reading ..."):
        found = put_back(aws.dynamodb(), source, reached.stores.settings.table_name, tenant_id)
    _say(console, ("put back", f"{found:,} items"))
    return 0


def _space(named: Named) -> Space:
    tenant, environment = named
    if not is_id("ten", tenant):
        raise InvalidInput(f"A tenant's id is ten_ and 26 letters and digits, not {tenant!r}.")
    for known in ENVIRONMENTS:
        if environment == known:
            return Space(tenant, known)
    raise InvalidInput(f"--environment is live or test, not {environment!r}.")


def _row(line: Entry) -> tuple[str, ...]:
    return line.created_at, line.operation_id, line.move, f"{line.amount:,}", line.reason or "", line.by or ""


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _say(console: Console, *lines: tuple[str, str]) -> None:
    # Never wrapped nor boxed: these are copied.
    for what, found in lines:
        console.print(Text.assemble((f"{what:11}", "dim"), (found, "bold")), soft_wrap=True)


def _minutes(micros: int) -> str:
    return f"{micros / MICROS_PER_MINUTE:,.2f} min"
