"""How the admin commands reach a platform: the one that runs on a state folder, or the one that a stack made in AWS."""

import getpass
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.environment import Ports, child_environment
from local.state import StateFolder
from parley.store.settings import Settings
from parley.store.stores import Stores, open_stores

DATA_STACK = "ParleyData"
# Logical ids that the Data stack pins, and the setting each gives.
_RESOURCES = {
    "Table": "TABLE_NAME",
    "Uploads": "UPLOADS_BUCKET",
    "Media": "MEDIA_BUCKET",
    "KeyPepper": "KEY_PEPPER_SECRET",
}


class Unreachable(Exception):
    """The platform cannot be reached; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the platform is. With `aws` a stack of the account that the credentials belong to, else a folder here."""

    aws: bool = False
    stack: str = DATA_STACK
    region: str | None = None
    profile: str | None = None
    state: Path = Path(".parley")


@dataclass(frozen=True, slots=True)
class Reached:
    """The platform's stores, and who is at the keyboard."""

    stores: Stores
    operator: str


def reach(place: Place) -> Reached:
    """Sets this process's environment for the place. Raises Unreachable."""
    return _reach_aws(place) if place.aws else _reach_local(place)


def _reach_local(place: Place) -> Reached:
    if place.region or place.profile or place.stack != DATA_STACK:
        raise Unreachable("--stack, --region and --profile are for a platform in AWS: add --aws.")
    state = StateFolder(place.state)
    note = state.root / "platform.json"
    try:
        said = json.loads(note.read_text(encoding="utf-8"))
        cloud = int(said["cloudPort"])
    except (OSError, ValueError, KeyError):
        raise Unreachable(
            f"No platform runs on {state.root}. Start it with `parley up`, name its folder with --state, "
            "or add --aws for the one in your account."
        ) from None
    # Nothing of the operator's own AWS set-up is to mix with the local cloud's.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    environment = child_environment(state, Ports(cloud, 0), base_url=said["baseUrl"], plan=None, allow_fetch=())
    _take(environment)
    return Reached(open_stores(Settings.from_env()), f"{getpass.getuser()} on this machine")


def _reach_aws(place: Place) -> Reached:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    given = {"AWS_PROFILE": place.profile, "AWS_REGION": place.region, "AWS_DEFAULT_REGION": place.region}
    _take({name: value for name, value in given.items() if value})
    # Given plainly it would win over the deployment's own secret, and every key made with it would be refused there.
    os.environ.pop("KEY_PEPPER", None)
    try:
        session: Any = boto3.Session(profile_name=place.profile, region_name=place.region)
        operator = session.client("sts").get_caller_identity()["Arn"]
        _take(_names(session.client("cloudformation"), place.stack))
    except (BotoCoreError, ClientError) as problem:
        raise Unreachable(f"AWS refused: {problem}") from None
    return Reached(open_stores(Settings.from_env()), operator)


def _names(cloudformation: Any, stack: str) -> dict[str, str]:
    """Settings from what the stack made."""
    made = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    found = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in made}
    if missing := [name for name in _RESOURCES if name not in found]:
        raise Unreachable(
            f"Stack {stack} has no {', '.join(missing)}. Name the stack that holds the data with --stack, "
            "and its region with --region."
        )
    return {setting: found[name] for name, setting in _RESOURCES.items()}


def _take(environment: Mapping[str, str]) -> None:
    os.environ.update(environment)
