"""Where things lie in the buckets: names made in one place, and read back into whose they are."""

import re
from dataclasses import dataclass

from parley.domain.spaces import Environment, Space

_UPLOADED = re.compile(
    r"(?P<folder>assets|batches)/(?P<tenant>[^/#]+)/(?P<environment>live|test)/(?P<id>[a-z]+_[0-9A-Za-z]+)"
    r"(?P<ending>|\.jsonl|\.results\.jsonl)"
)


@dataclass(frozen=True, slots=True)
class UploadedObject:
    """What a key of the uploads bucket names. `ending` is "" for an asset, ".jsonl" for a manifest."""

    folder: str
    space: Space
    id: str
    ending: str


def read_upload_key(key: str) -> UploadedObject | None:
    """Whose object a key of the uploads bucket is; None for a key we never made."""
    found = _UPLOADED.fullmatch(key)
    if found is None:
        return None
    environment: Environment = "live" if found["environment"] == "live" else "test"
    return UploadedObject(found["folder"], Space(found["tenant"], environment), found["id"], found["ending"])


def rig_key(space: Space, asset_id: str) -> str:
    """Media bucket: the rig made of a picture or a clip."""
    return f"rigs/{space.path}/{asset_id}.npz"


def clip_plan_key(space: Space, asset_id: str) -> str:
    """Media bucket: what was computed when a clip was inspected."""
    return f"rigs/{space.path}/{asset_id}.plan.json"


def clip_cache_key(space: Space, asset_id: str, version: int) -> str:
    """Media bucket: the rig made of a clip with the settings of a planned cache."""
    return f"rigs/{space.path}/{asset_id}.v{version}.npz"


def clip_preview_key(space: Space, asset_id: str, version: int) -> str:
    """Media bucket: the video that shows what was tracked."""
    return f"rigs/{space.path}/{asset_id}.v{version}.mp4"


def speech_keys(space: Space, render_id: str) -> tuple[str, str]:
    """Media bucket: a render's canonical sound, and its phonemes."""
    return f"speech/{space.path}/{render_id}.wav", f"speech/{space.path}/{render_id}.json"


def background_key(space: Space, render_id: str) -> str:
    """Media bucket: the picture behind a render's speaker."""
    return f"speech/{space.path}/{render_id}.png"


def turn_sound_key(space: Space, turn_id: str) -> str:
    """Media bucket: the sound of a turn that was given by its address, while the turn runs."""
    return f"speech/{space.path}/{turn_id}"


def outputs_prefix(space: Space, render_id: str) -> str:
    """Media bucket: the folder in which each worker puts its file, named after its fence."""
    return f"renders/{space.path}/{render_id}/"


def manifest_key(space: Space, batch_id: str) -> str:
    """Uploads bucket: the lines of a batch."""
    return f"batches/{space.path}/{batch_id}.jsonl"


def results_key(space: Space, batch_id: str) -> str:
    """Uploads bucket: what became of each line."""
    return f"batches/{space.path}/{batch_id}.results.jsonl"
