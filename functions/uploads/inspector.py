"""The renderer's eyes and ears as the inspection of uploads needs them."""

from pathlib import Path

from parley.domain.errors import MediaRejected
from parley.operations.inspect_asset import Portrait
from renderer.media.errors import MediaRejected as Unusable
from renderer.media.pictures import decode_picture
from renderer.media.sounds import decode_speech
from renderer.rig import FaceRejected, build_rig, save_rig
from renderer.types import RATE


class RendererInspector:
    """An `Inspector`: the very code that will render decides what can be rendered."""

    def portrait(self, data: bytes) -> Portrait:
        try:
            picture = decode_picture(data)
            rig = save_rig(build_rig(picture))
        except (Unusable, FaceRejected) as refusal:
            raise MediaRejected(str(refusal), refusal.code) from refusal
        height, width = picture.shape[:2]
        return Portrait(width, height, rig)

    def sound_micros(self, path: Path) -> int:
        try:
            speech = decode_speech(path)
        except Unusable as refusal:
            raise MediaRejected(refusal.message, refusal.code) from refusal
        return len(speech.samples) * 1_000_000 // RATE
