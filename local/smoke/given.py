"""What the run brings along: a portrait that we draw, a picture without a face, and speech that we synthesise."""

import io
from dataclasses import dataclass
from pathlib import Path

SAYS = "Good morning. Both people bought purple apples."
_PIXELS = 512


@dataclass(frozen=True, slots=True)
class Given:
    """Files as bytes, with the names they are sent under."""

    portrait: bytes
    portrait_name: str
    landscape: bytes
    speech: bytes
    speech_name: str

    @property
    def speech_type(self) -> str:
        """The media type that the speech's name says."""
        return _TYPES.get(Path(self.speech_name).suffix.lower(), "audio/wav")


_TYPES = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".webm": "audio/webm",
}


def given(portrait: Path | None = None, speech: Path | None = None) -> Given:
    """Our own files, or the caller's in their place. Raises OSError for a file that cannot be read."""
    return Given(
        portrait=portrait.read_bytes() if portrait else _presenter(),
        portrait_name=portrait.name if portrait else "presenter.png",
        landscape=_landscape(),
        speech=speech.read_bytes() if speech else _speech(),
        speech_name=speech.name if speech else "speech.wav",
    )


def _presenter() -> bytes:
    from local.presenter import draw_presenter

    return _png(draw_presenter(_PIXELS))


def _landscape() -> bytes:
    """Evening sky over hills: nobody in it."""
    import numpy as np

    rows, columns = np.mgrid[0:_PIXELS, 0:_PIXELS] / _PIXELS
    hills = 0.62 + 0.06 * np.sin(7 * columns) + 0.03 * np.sin(19 * columns + 1)
    sky = np.stack([240 - 120 * rows, 150 - 40 * rows, 110 + 90 * rows], axis=-1)
    land = np.stack([50 + 20 * columns, 80 - 30 * rows, 45 + 0 * rows], axis=-1)
    return _png(np.where((rows > hills)[..., None], land, sky).astype(np.uint8))


def _png(rgb: object) -> bytes:
    import cv2

    done, png = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))  # pyright: ignore[reportCallIssue, reportArgumentType]
    if not done:
        raise OSError("a PNG could not be written")
    return png.tobytes()


def _speech() -> bytes:
    from renderer.media.wav import write_wav
    from renderer.speech import speak

    file = io.BytesIO()
    write_wav(file, speak(SAYS).samples)
    return file.getvalue()
