"""The `parley admin` commands: what each is told. What they do is in acts.py, imported when one runs."""

from pathlib import Path
from typing import Annotated

import typer

_PLAIN = {"no_args_is_help": True, "add_completion": False, "pretty_exceptions_enable": False}
admin = typer.Typer(help="Tenants, plans, credits, keys and the ledger, here or in AWS.", **_PLAIN)  # pyright: ignore[reportArgumentType]
tenant = typer.Typer(help="Customers.", no_args_is_help=True)
plan = typer.Typer(help="What a tenant may use each month.", no_args_is_help=True)
key = typer.Typer(help="API keys.", no_args_is_help=True)
ledger = typer.Typer(help="Every move of a tenant's money.", no_args_is_help=True)
for group, name in ((tenant, "tenant"), (plan, "plan"), (key, "key"), (ledger, "ledger")):
    admin.add_typer(group, name=name)

Tenant = Annotated[str, typer.Argument(metavar="TENANT", help="A tenant's id: ten_...")]
Environment = Annotated[str, typer.Option(help="live or test.")]
Reason = Annotated[str, typer.Option(help="Why: it is kept in the ledger, with who you are.")]


@admin.callback()
def where(
    at: typer.Context,
    aws: Annotated[bool, typer.Option("--aws", help="The platform in your AWS account, not the one here.")] = False,
    stack: Annotated[str, typer.Option(help="With --aws: the stack that holds the data.")] = "ParleyData",
    region: Annotated[str | None, typer.Option(help="With --aws. Default: that of your credentials.")] = None,
    profile: Annotated[str | None, typer.Option(help="With --aws: one of your AWS configuration.")] = None,
    state: Annotated[Path, typer.Option(help="The platform here: its folder.")] = Path(".parley"),
) -> None:
    from local.admin.reach import Place

    at.obj = Place(aws=aws, stack=stack, region=region, profile=profile, state=state)


@tenant.command("create")
def create_tenant(
    at: typer.Context,
    plan: Annotated[str, typer.Option(help="sandbox, developer, studio or scale.")] = "scale",
    reason: Reason = "a new tenant",
) -> None:
    """Make a tenant with a live and a test key, shown this once."""
    from local.admin import acts

    raise typer.Exit(acts.create_tenant(at.obj, plan, reason))


@plan.command("set")
def set_plan(
    at: typer.Context,
    tenant_id: Tenant,
    plan: Annotated[str, typer.Argument(help="sandbox, developer, studio or scale.")],
    reason: Reason,
    environment: Environment = "live",
) -> None:
    """Move a tenant to another plan. Its allowance counts from the next month on; its limits at once."""
    from local.admin import acts

    raise typer.Exit(acts.set_plan(at.obj, (tenant_id, environment), plan, reason))


@admin.command()
def grant(
    at: typer.Context,
    tenant_id: Tenant,
    minutes: Annotated[float, typer.Option(min=0.001, help="Minutes of speech to add.")],
    reason: Reason,
    environment: Environment = "live",
) -> None:
    """Add credit to a tenant's wallet."""
    from local.admin import acts

    raise typer.Exit(acts.grant(at.obj, (tenant_id, environment), minutes, reason))


@key.command("create")
def create_key(
    at: typer.Context,
    tenant_id: Tenant,
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="Repeatable. Default: *, everything.")] = None,
    expires: Annotated[str | None, typer.Option(help="A moment in UTC, such as 2027-01-01T00:00:00Z.")] = None,
    reason: Reason = "a key was asked for",
    environment: Environment = "live",
) -> None:
    """Make a key, shown this once."""
    from local.admin import acts

    wanted = acts.NewKey(name, tuple(scope or ("*",)), expires)
    raise typer.Exit(acts.create_key(at.obj, (tenant_id, environment), wanted, reason))


@key.command("list")
def list_keys(
    at: typer.Context,
    tenant_id: Tenant,
    environment: Environment = "live",
) -> None:
    """List a tenant's keys, ended ones too, without their secrets."""
    from local.admin import acts

    raise typer.Exit(acts.list_keys(at.obj, (tenant_id, environment)))


@key.command("revoke")
def revoke_key(
    at: typer.Context,
    tenant_id: Tenant,
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="A key's id: key_...")],
    reason: Reason,
    environment: Environment = "live",
) -> None:
    """End a key: every later request with it is refused."""
    from local.admin import acts

    raise typer.Exit(acts.revoke_key(at.obj, (tenant_id, environment), key_id, reason))


@ledger.command("check")
def check_ledger(
    at: typer.Context,
    tenant_id: Tenant,
    environment: Environment = "live",
) -> None:
    """Prove a tenant's money: balance = sum of entries; holds, keys and slots agree. Status 1 when they do not."""
    from local.admin import acts

    raise typer.Exit(acts.check(at.obj, (tenant_id, environment)))


@ledger.command("list")
def list_ledger(
    at: typer.Context,
    tenant_id: Tenant,
    days: Annotated[int, typer.Option(min=1, max=400, help="How far back.")] = 30,
    environment: Environment = "live",
) -> None:
    """List a tenant's ledger, line by line, with what operators said."""
    from local.admin import acts

    raise typer.Exit(acts.list_ledger(at.obj, (tenant_id, environment), days))


@admin.command()
def presenters(
    at: typer.Context,
) -> None:
    """Draw the six presenters that every tenant can use and publish them, those that are missing."""
    from local.admin import acts

    raise typer.Exit(acts.publish_presenters(at.obj))


@admin.command()
def restore(
    at: typer.Context,
    source: Annotated[str, typer.Option("--from", help="The table that was restored, in the same region.")],
    tenant_id: Annotated[str | None, typer.Option("--tenant", help="This tenant's things alone.")] = None,
) -> None:
    """With --aws: put back what the live table lost. What is there stays as it is."""
    from local.admin import acts

    raise typer.Exit(acts.restore(at.obj, source, tenant_id))
