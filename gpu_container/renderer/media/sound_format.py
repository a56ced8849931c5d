"""Which demuxer reads a sound file, judged by its own first bytes: a name or a content type is never believed.

The demuxer is forced, so libavformat never guesses: its own probing would also find playlists (HLS, DASH, concat, SDP),
which are lists of other files and addresses to open. Those are refused here by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO, Final, TypeAlias

from renderer.media.errors import MediaRejected

_HEAD_BYTES: Final = 64 * 1024
"""How far into a file its format must show itself; MP3s in the wild begin with up to a few KB of padding."""

_LengthAt: TypeAlias = Callable[[bytes, int], int | None]

_MAX_TAG_BYTES: Final = 64 * 1024 * 1024
"""ID3 tags carry cover pictures; a longer one is not music."""

_ACCEPTED: Final = "WAV, MP3, M4A or MP4, AAC, Ogg or Opus, FLAC, or WebM"

_MPEG_RATES_KBPS: Final = {
    # (MPEG-1?, layer): the bit-rate column of ISO 11172-3 / 13818-3, index 1..14.
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MPEG_SAMPLE_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}

_BOX_NAMES: Final = frozenset((b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid"))

_KNOWN_BUT_REFUSED: Final = (
    (b"FORM", "AIFF"),
    (b"caff", "CAF"),
    (b".snd", "AU"),
    (b"#!AMR", "AMR"),
    (b"0&\xb2u\x8ef\xcf\x11", "Windows Media"),
    (b"FLV\x01", "Flash video"),
    (b"G@", "MPEG transport stream"),
    (b"\x00\x00\x01\xba", "MPEG program stream"),
    (b"MThd", "MIDI"),
    (b"wvpk", "WavPack"),
    (b"MAC ", "Monkey's Audio"),
)

_PLAYLIST: Final = re.compile(
    rb"""\s*(?:
        \#EXTM3U | ffconcat\s | file\s+\S | \[playlist\] | \[reference\] | v=0\s | \#\!?\s*m3u
      | (?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:MPD|SmoothStreamingMedia|smil|asx|playlist|manifest)\b
      | (?:https?|ftp|rtsp|rtmp|file|concat|subfile|data|crypto|async|cache|tcp|udp|tls)[:,]\S
      | /[\x21-\x7e]+\.(?:wav|mp3|m4a|mp4|aac|ogg|opus|flac|webm|ts|m3u8?)\s
    )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def demuxer_for(file: BinaryIO) -> str:
    """libavformat's name of the demuxer for a seekable file, wherever that stands.

    Raises MediaRejected: audio_empty (no bytes), audio_refused_format (a playlist, or a format that is known and not
    accepted), audio_unreadable (no sound format).
    """
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if not head:
        raise MediaRejected("audio_empty", "The sound file is empty (0 bytes): upload a recording of the speech.")
    demuxer = _by_magic(head) or _after_tag(file, head) or _by_frames(head.lstrip(b"\0"))
    if demuxer:
        return demuxer
    _refuse(head)
    raise MediaRejected("audio_unreadable", f"This is not a sound file that can be read: send {_ACCEPTED}.")


def _by_magic(head: bytes) -> str | None:
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"OggS":
        return "ogg"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if head[4:8] in _BOX_NAMES:
        return "mov"
    return None


def _after_tag(file: BinaryIO, head: bytes) -> str | None:
    """MP3, AAC and FLAC may all begin with an ID3 tag: skip it (its size is 4 bytes of 7 bits) and look behind it."""
    if head[:3] != b"ID3" or len(head) < 10:
        return None
    size = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    if size > _MAX_TAG_BYTES:
        return None
    file.seek(size)
    behind = file.read(_HEAD_BYTES)
    if behind[:4] == b"fLaC":
        return "flac"
    return _by_frames(behind.lstrip(b"\0"))


def _by_frames(data: bytes) -> str | None:
    """MPEG audio and ADTS have no file header: three frames must follow one another (or fill the file)."""
    start = data.find(b"\xff")
    while 0 <= start < len(data) - 6:
        for name, length_at in (("aac", _adts_bytes), ("mp3", _mpeg_audio_bytes)):
            if _chain(data, start, length_at):
                return name
        start = data.find(b"\xff", start + 1)
    return None


def _chain(data: bytes, start: int, length_at: _LengthAt, links: int = 3) -> bool:
    at, found = start, 0
    while found < links and at + 7 <= len(data):
        length = length_at(data, at)
        if length is None:
            return False
        at += length
        found += 1
    return found == links or (start == 0 and found > 0 and at >= len(data))


def _adts_bytes(data: bytes, at: int) -> int | None:
    """Length of the ADTS frame at `at`, None where there is none (sync word of 12 ones, layer 0, a known rate)."""
    if data[at] != 0xFF or data[at + 1] & 0xF6 != 0xF0 or (data[at + 2] >> 2) & 15 > 12:
        return None
    length = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
    return length if length >= 7 else None


def _mpeg_audio_bytes(data: bytes, at: int) -> int | None:
    """Length of the MPEG-1/2/2.5 audio frame at `at`, None where there is none."""
    if data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = (data[at + 1] >> 3) & 3, 4 - ((data[at + 1] >> 1) & 3)
    rate_index, sample_index, padding = data[at + 2] >> 4, (data[at + 2] >> 2) & 3, (data[at + 2] >> 1) & 1
    if version == 1 or layer == 4 or not 1 <= rate_index <= 14 or sample_index == 3:
        return None
    bits_per_sec = _MPEG_RATES_KBPS[version == 3, layer][rate_index - 1] * 1000
    sample_rate = _MPEG_SAMPLE_RATES[version][sample_index]
    if layer == 1:
        return (12 * bits_per_sec // sample_rate + padding) * 4
    samples = 576 if layer == 3 and version != 3 else 1152
    return samples // 8 * bits_per_sec // sample_rate + padding


def _refuse(head: bytes) -> None:
    if _PLAYLIST.match(head.removeprefix(b"\xef\xbb\xbf")):
        raise MediaRejected(
            "audio_refused_format",
            f"This is a list that names other files, not a recording: send the recording itself as {_ACCEPTED}.",
        )
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        raise MediaRejected("audio_refused_format", f"AVI is not accepted: convert the sound to {_ACCEPTED}.")
    for magic, name in _KNOWN_BUT_REFUSED:
        if head.startswith(magic):
            raise MediaRejected("audio_refused_format", f"{name} is not accepted: convert the sound to {_ACCEPTED}.")
