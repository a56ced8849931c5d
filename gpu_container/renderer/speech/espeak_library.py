"""espeak-ng through ctypes: its C interface named once, and one fresh copy of its state per use."""

from __future__ import annotations

import _ctypes
import ctypes
import importlib.util
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast

from renderer.speech.errors import SpeechUnavailable

# From espeak-ng's speak_lib.h.
SYNCHRONOUS: Final = 2  # samples come to our callback, in our thread
PHONEME_EVENTS_IN_IPA: Final = 0b11
DO_NOT_EXIT: Final = 1 << 15
UTF8: Final = 1
BY_CHARACTER: Final = 1
RATE_PARAMETER, PITCH_PARAMETER = 1, 3
EVENT_END_OF_LIST, EVENT_WORD, EVENT_PHONEME = 0, 1, 7

_ADVICE: Final = "Install it with `pip install espeakng-loader`; the wheel brings the library and its data."
_LONGEST_DATA_PATH: Final = 150  # espeak-ng keeps the path in a buffer of 160 bytes
_SEED: Final = 1
"""Of the noise in breathy voices, which espeak-ng would seed from the clock."""
_one_at_a_time: Final = threading.RLock()


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_void_p), ("symbol", ctypes.c_ubyte * 8))
    if TYPE_CHECKING:
        symbol: ctypes.Array[ctypes.c_ubyte]


class Event(ctypes.Structure):
    """espeak_EVENT: `sample` counts output samples; `id.symbol` is UTF-8, zero-padded, at most 8 bytes."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )
    if TYPE_CHECKING:
        type: int
        text_position: int
        sample: int
        id: _EventId


class VoiceRecord(ctypes.Structure):
    """espeak_VOICE: `languages` is a list of (priority byte, zero-terminated tag), ended by a zero priority."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


class EventArray(Protocol):
    """A C array of events, ended by one of type EVENT_END_OF_LIST."""

    def __getitem__(self, index: int, /) -> Event: ...


SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(Event))


class Library(Protocol):
    """The part of espeak-ng's C interface that is used here."""

    def espeak_Initialize(self, output: int, buffer_ms: int, path: bytes, options: int, /) -> int: ...
    def espeak_Terminate(self) -> int: ...
    def espeak_ng_SetRandSeed(self, seed: int, /) -> int: ...
    def espeak_ListVoices(self, pattern: None, /) -> object: ...
    def espeak_SetVoiceByName(self, name: bytes, /) -> int: ...
    def espeak_SetParameter(self, parameter: int, value: int, relative: int, /) -> int: ...
    def espeak_SetSynthCallback(self, callback: object, /) -> None: ...
    def espeak_Synth(self, *arguments: object) -> int: ...


def data_folder() -> Path:
    """Where espeak-ng's data lies. Raises SpeechUnavailable when it is missing."""
    folder = _installed_in() / "espeak-ng-data"
    if not (folder / "phontab").is_file():
        raise SpeechUnavailable(f"espeak-ng's data in {folder} is incomplete. {_ADVICE}")
    if len(bytes(folder)) > _LONGEST_DATA_PATH:
        raise SpeechUnavailable(
            f"espeak-ng cannot read data from a path over {_LONGEST_DATA_PATH} bytes ({folder}): install elsewhere."
        )
    return folder


def _installed_in() -> Path:
    found = importlib.util.find_spec("espeakng_loader")
    if found is None or found.origin is None:
        raise SpeechUnavailable(f"espeak-ng is not installed. {_ADVICE}")
    return Path(found.origin).parent


def _library_file() -> Path:
    name = {"win32": "espeak-ng.dll", "darwin": "libespeak-ng.dylib"}.get(sys.platform, "libespeak-ng.so")
    return _installed_in() / name


@contextmanager
def fresh_library() -> Generator[tuple[Library, int]]:
    """(library, its sample rate in Hz), initialised, for a `with` block; one user at a time in the process.

    The library is unloaded afterwards: its oscillators are global variables that run on from one sentence to the next,
    and only a fresh load makes the same text give the same bytes (about 2 ms). Raises SpeechUnavailable.
    """
    path = data_folder()
    with _one_at_a_time:
        try:
            loaded = ctypes.CDLL(str(_library_file()))
        except OSError as error:
            raise SpeechUnavailable(f"espeak-ng's library cannot be loaded ({error}). {_ADVICE}") from error
        try:
            library = _declare(loaded)
            rate = library.espeak_Initialize(SYNCHRONOUS, 0, bytes(path), PHONEME_EVENTS_IN_IPA | DO_NOT_EXIT)
            if rate <= 0:
                raise SpeechUnavailable(f"espeak-ng does not start with the data in {path} (code {rate}). {_ADVICE}")
            library.espeak_ng_SetRandSeed(_SEED)
            try:
                yield library, rate
            finally:
                library.espeak_Terminate()
        finally:
            _unload(loaded)


def _declare(loaded: ctypes.CDLL) -> Library:
    loaded.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
    loaded.espeak_ListVoices.argtypes = [ctypes.c_void_p]
    loaded.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(VoiceRecord))
    loaded.espeak_SetSynthCallback.argtypes = [SynthCallback]
    loaded.espeak_SetSynthCallback.restype = None
    size, number, pointer = ctypes.c_size_t, ctypes.c_uint, ctypes.c_void_p
    loaded.espeak_Synth.argtypes = [ctypes.c_char_p, size, number, ctypes.c_int, number, number, pointer, pointer]
    return cast(Library, loaded)


def _unload(loaded: ctypes.CDLL) -> None:
    # Windows names it FreeLibrary, and there the state simply runs on.
    close = getattr(_ctypes, "dlclose", None)
    if close is not None:
        close(loaded._handle)
