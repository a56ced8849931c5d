"""Make an avatar ready to speak at once: its source checked, its cache there, and word for the workers to load it."""

from dataclasses import dataclass

from parley.domain.avatars import Avatar
from parley.domain.errors import NotReady
from parley.domain.video_caches import VideoCache
from parley.operations.caller import Caller
from parley.operations.choose_source import Source, cache_of, choose_source
from parley.operations.find_avatar import find_avatar
from parley.operations.plan_video_cache import plan_video_cache
from parley.store.stores import Stores
from parley.wire.backgrounds import parse_background
from parley.wire.turn_job import PrepareJob
from parley.wire.turns import PrepareAvatar, StartTurn
from parley.wire.video_cache import PlanVideoCache

PREPARE_TOKEN = "prepare"
"""What a token names in place of a turn when a worker is only to load a face."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What is there, and what workers are to load."""

    avatar: Avatar
    source: Source
    cache: VideoCache | None

    def job(self) -> PrepareJob:
        """With the defaults of a turn: what most turns will ask for."""
        usual = StartTurn.model_fields
        return PrepareJob(
            rig_key=self.source.rig_key,
            clip_key=self.source.clip_key,
            background=parse_background(usual["background_id"].default),
        )


def prepare_avatar(stores: Stores, caller: Caller, body: PrepareAvatar) -> Preparation:
    """What to load. Raises NotFound, NotReady while avatar or cache are being made, InvalidInput, MediaRejected."""
    if body.video_cache is not None:
        _need_cache(stores, caller, PlanVideoCache(avatar_id=body.avatar_id, video_cache=body.video_cache))
    avatar = find_avatar(stores, caller, body.avatar_id)
    said = "source_kind" in body.model_fields_set
    source = choose_source(stores, avatar, body.source_kind, body.video_cache_id, kind_was_said=said)
    cache = cache_of(stores, avatar) if source.clip_key is not None else None
    return Preparation(avatar=avatar, source=source, cache=cache)


def _need_cache(stores: Stores, caller: Caller, plan: PlanVideoCache) -> None:
    if plan_video_cache(stores, caller, plan).status == "queued":
        raise NotReady("The video cache is being made. Ask again in a few seconds.", "cache_not_ready")
