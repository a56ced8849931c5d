"""/api/v1/avatars: faces that can speak."""

from typing import Annotated

from fastapi import APIRouter, Path

from functions.api.present import avatar_out
from functions.api.protected import ProtectedRoute, needs
from functions.api.services import Asked
from parley.operations.create_avatar import create_avatar
from parley.operations.delete_avatar import delete_avatar
from parley.operations.find_avatar import find_avatar, list_avatars, refuse_system_avatar
from parley.operations.update_avatar import update_avatar
from parley.wire.avatars import Avatar, AvatarList, CreateAvatar, DeletedAvatar, UpdateAvatar
from parley.wire.base import AvatarId

router = APIRouter(prefix="/api/v1/avatars", tags=["avatars"], route_class=ProtectedRoute)
InPath = Annotated[AvatarId, Path(alias="avatarId", description="An avatar's id; it begins with `ava_`.")]


@router.get("", operation_id="listAvatars", summary="List your avatars and the platform's")
@needs("avatars:read")
def list_all(asked: Asked) -> AvatarList:
    """Your own, most recently updated first, at most 100; deleted avatars are not among them.

    Behind them the platform's own presenters (`isSystem`), which everyone may use and nobody may change. They do not
    count as yours.
    """
    return AvatarList(data=[avatar_out(asked.stores, avatar) for avatar in list_avatars(asked.stores, asked.caller)])


@router.post("", status_code=201, operation_id="createAvatar", summary="Make an avatar from a picture or clip")
@needs("avatars:write", refuses=(402, 404))
def create(body: CreateAvatar, asked: Asked) -> Avatar:
    """The avatar is `ready` at once when its picture or clip was already inspected, else `preprocessing` for a moment.

    Beyond the plan's included avatars this is refused (sandbox) or charged (other plans).
    """
    return avatar_out(asked.stores, create_avatar(asked.stores, asked.caller, body, asked.avatar_id()))


@router.get("/{avatarId}", operation_id="getAvatar", summary="Read one avatar and whether it is ready")
@needs("avatars:read", refuses=(404, 422))
def read(avatar_id: InPath, asked: Asked) -> Avatar:
    """`status` says whether it can speak; `error` says what to change when it failed."""
    return avatar_out(asked.stores, find_avatar(asked.stores, asked.caller, avatar_id))


@router.patch("/{avatarId}", operation_id="updateAvatar", summary="Change an avatar")
@needs("avatars:write", refuses=(404,))
def update(avatar_id: InPath, body: UpdateAvatar, asked: Asked) -> Avatar:
    """Send at least one field; what is not sent stays as it is. The platform's own avatars are refused with 403."""
    refuse_system_avatar(asked.stores, avatar_id)
    return avatar_out(asked.stores, update_avatar(asked.stores, asked.caller, avatar_id, body))


@router.delete("/{avatarId}", operation_id="deleteAvatar", summary="Delete an avatar")
@needs("avatars:write", refuses=(404,))
def delete(avatar_id: InPath, asked: Asked) -> DeletedAvatar:
    """It vanishes from every read and makes room for another. Finished renders stay.

    The platform's own avatars are refused with 403.
    """
    refuse_system_avatar(asked.stores, avatar_id)
    delete_avatar(asked.stores, asked.caller, avatar_id)
    return DeletedAvatar(id=avatar_id)
