"""Avatars, as the API shows them."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, computed_field, model_validator
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from parley.domain.system_avatars import SYSTEM_TENANT
from parley.wire import examples
from parley.wire.base import AssetId, AvatarId, Text, Timestamp, WireRequest, WireResponse
from parley.wire.free_form import FreeForm

SourceKind = Literal["image", "video"]
ModelId = Literal["realtime-avatar-live-v1", "realtime-avatar-video-v1"]
DisplayName = Annotated[Text, Field(min_length=1, max_length=160, examples=["Rin"])]
AvatarStatus = Literal["draft", "preprocessing", "ready", "failed", "disabled", "deleted"]


class _Accepted(WireRequest):
    """Fields the published client sends that this API takes and does not use yet."""

    motion_prompt: Text | None = Field(default=None, max_length=1200, description="Accepted; not used yet.")
    voice: dict[str, Any] | None = Field(default=None, description="Accepted; not used yet.")
    llm: dict[str, Any] | None = Field(default=None, description="Accepted; not used yet.")


class CreateAvatar(_Accepted):
    """A new avatar. Without `sourceAssetId` it is a draft until one is given by PATCH."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CREATE_AVATAR]})

    display_name: DisplayName
    source_kind: SourceKind
    model_id: ModelId | None = Field(default=None, description="Default: the platform's model for the source kind.")
    source_asset_id: AssetId | None = None
    default_voice_id: Text | None = Field(default=None, min_length=8, max_length=160)
    settings: FreeForm = Field(default_factory=dict)
    metadata: FreeForm = Field(default_factory=dict)


class UpdateAvatar(_Accepted):
    """What to change: at least one field. `settings` and `metadata` replace what is stored."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.UPDATE_AVATAR]})

    display_name: DisplayName | SkipJsonSchema[None] = None
    default_voice_id: Text | None = Field(default=None, min_length=8, max_length=160, description="null: none.")
    source_asset_id: AssetId | SkipJsonSchema[None] = Field(
        default=None, description="Another picture, or clip, for the same avatar."
    )
    settings: FreeForm | SkipJsonSchema[None] = None
    metadata: FreeForm | SkipJsonSchema[None] = None
    anchor_time_ms: int | None = Field(default=None, ge=0, description="Accepted; not used yet.")

    @model_validator(mode="after")
    def _says_something(self) -> "UpdateAvatar":
        if not self.model_fields_set:
            raise ValueError("give at least one field to change")
        for name in ("display_name", "source_asset_id", "settings", "metadata"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{to_camel(name)} cannot be null; leave it out to keep it")
        return self


class Avatar(WireResponse):
    """A face that can speak once its status is `ready`."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.AVATAR]})

    id: AvatarId
    tenant_id: str
    display_name: str
    source_kind: SourceKind
    model_id: str
    source_asset_id: str | None
    picture_url: str | None = Field(
        default=None,
        description=(
            "The portrait of one of the platform's own avatars, once ready: signed, works without a key for an hour."
            " null for yours: read the asset of `sourceAssetId`."
        ),
        json_schema_extra={"format": "uri"},
    )
    status: AvatarStatus
    default_voice_id: str | None
    cache_manifest_id: str | None = None
    cache_version: int = Field(default=0, ge=0)
    error: str | None = Field(default=None, description="When `failed`: what to change about the picture or clip.")
    idle_video_status: Literal["none", "queued", "generating", "ready", "failed"] = "none"
    settings: FreeForm = Field(default_factory=dict)
    metadata: FreeForm = Field(default_factory=dict)
    created_at: Timestamp
    updated_at: Timestamp

    @computed_field(description="One of the platform's own: everyone may use it, nobody may change or delete it.")
    @property
    def is_system(self) -> bool:
        return self.tenant_id == SYSTEM_TENANT


class AvatarList(WireResponse):
    """Your own, most recently updated first, at most 100; then the platform's."""

    data: list[Avatar]


class DeletedAvatar(WireResponse):
    """The avatar is gone from every read."""

    id: AvatarId
    deleted: Literal[True] = True
