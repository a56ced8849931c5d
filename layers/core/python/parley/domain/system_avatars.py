"""The platform's own avatars: public to every tenant, live and test, and changed by nobody through the API."""

from dataclasses import dataclass
from typing import Literal

from parley.domain.avatars import Avatar, rig_of

SYSTEM_TENANT = "system"
"""Whose they are, as the API shows it. No tenant's id reads so: those begin with `ten_`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFace:
    """What is published of a face of ours. `version` names its picture and rig: letters, digits, `-` and `_`.

    A new version under the same id replaces the old one; `voice` and `language` (BCP 47) are what it speaks with.
    """

    id: str
    display_name: str
    gender: Literal["female", "male"]
    language: str
    voice: str
    version: str


def is_system(avatar: Avatar) -> bool:
    return avatar.tenant_id == SYSTEM_TENANT


def system_rig_key(avatar_id: str, version: str) -> str:
    """Media bucket: the rig of one version of a system avatar. Never written twice with other content."""
    return f"{_FOLDER}{avatar_id}/{version}.npz"


def system_picture_key(avatar_id: str, version: str) -> str:
    """Media bucket: the portrait itself, PNG."""
    return f"{_FOLDER}{avatar_id}/{version}.png"


def system_picture_of(avatar: Avatar) -> str | None:
    """Media key of the portrait of a system avatar that is ready; None for any other avatar."""
    if not is_system(avatar) or avatar.status != "ready" or avatar.rig_key is None:
        return None
    return system_picture_key(avatar.id, avatar.rig_key.rpartition("/")[2].removesuffix(".npz"))


def is_system_rig(key: str) -> bool:
    """Whether a rig's media key is of a system avatar, and so may still be on its way."""
    return key.startswith(_FOLDER)


def rig_to_draw(avatar: Avatar) -> str:
    """The media key of the avatar's rig; a system avatar's is known before the rig is there. Raises NotReady."""
    if is_system(avatar) and avatar.rig_key is not None:
        return avatar.rig_key
    return rig_of(avatar)


_FOLDER = "system/avatars/"
