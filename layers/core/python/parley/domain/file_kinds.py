"""What a file says it is, by its first bytes: a guess that chooses a kind and a size limit, never a verdict."""

from dataclasses import dataclass

from parley.domain.assets import AssetKind

HEAD_BYTES = 16


@dataclass(frozen=True, slots=True)
class FileKind:
    kind: AssetKind
    content_type: str


# (offset, bytes, what it is); the first that fits wins.
_MAGIC: tuple[tuple[int, bytes, FileKind], ...] = (
    (0, b"\xff\xd8\xff", FileKind("image", "image/jpeg")),
    (0, b"\x89PNG\r\n\x1a\n", FileKind("image", "image/png")),
    (8, b"WEBP", FileKind("image", "image/webp")),
    (0, b"GIF8", FileKind("image", "image/gif")),
    (0, b"BM", FileKind("image", "image/bmp")),
    (0, b"II*\x00", FileKind("image", "image/tiff")),
    (0, b"MM\x00*", FileKind("image", "image/tiff")),
    (0, b"<svg", FileKind("image", "image/svg+xml")),
    (8, b"WAVE", FileKind("audio", "audio/wav")),
    (0, b"RF64", FileKind("audio", "audio/wav")),
    (0, b"fLaC", FileKind("audio", "audio/flac")),
    (0, b"OggS", FileKind("audio", "audio/ogg")),
    (0, b"ID3", FileKind("audio", "audio/mpeg")),
    (0, b"FORM", FileKind("audio", "audio/aiff")),
    (0, b"caff", FileKind("audio", "audio/x-caf")),
    (4, b"ftypavif", FileKind("image", "image/avif")),
    (4, b"ftyphei", FileKind("image", "image/heic")),
    (4, b"ftypM4A", FileKind("audio", "audio/mp4")),
    (4, b"ftypM4B", FileKind("audio", "audio/mp4")),
    (4, b"ftypqt", FileKind("video", "video/quicktime")),
    (4, b"ftyp", FileKind("video", "video/mp4")),
    (0, b"\x1aE\xdf\xa3", FileKind("video", "video/webm")),
)
_EXTENSIONS: dict[AssetKind, tuple[str, ...]] = {
    "image": ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "svg", "avif", "heic"),
    "audio": ("wav", "mp3", "m4a", "aac", "ogg", "opus", "oga", "flac", "aif", "aiff", "caf"),
    "video": ("mp4", "mov", "webm", "mkv", "m4v"),
}


def sniff(head: bytes) -> FileKind | None:
    """What the first `HEAD_BYTES` bytes look like; None when they look like nothing we know."""
    for offset, magic, found in _MAGIC:
        if head.startswith(magic, offset):
            return found
    # An MPEG audio frame or ADTS: eleven or twelve set bits lead, so this comes last.
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return FileKind("audio", "audio/aac" if head[1] & 0xF6 == 0xF0 else "audio/mpeg")
    return None


def guess_kind(head: bytes, content_type: str | None, filename: str | None) -> AssetKind | None:
    """The kind of a file that came without one: by its bytes, else its declared type, else its name's ending.

    MP4 and WebM hold sound alone as well as video, and their first bytes do not tell: type and name do, else video.
    """
    found = sniff(head)
    if found is not None and found.kind != "video":
        return found.kind
    told = _told_kind(content_type, filename)
    return told if found is None or told == "audio" else found.kind


def _told_kind(content_type: str | None, filename: str | None) -> AssetKind | None:
    """The declared type's family, else what the name's ending says."""
    family = (content_type or "").partition("/")[0].lower()
    _, dot, ending = (filename or "").rpartition(".")
    for kind in _EXTENSIONS:
        if kind == family:
            return kind
    for kind, endings in _EXTENSIONS.items():
        if dot and ending.lower() in endings:
            return kind
    return None


def content_type_of(head: bytes, kind: AssetKind, declared: str | None) -> str:
    """What to store and serve the file as: what its bytes are, else what was declared if it is of that kind.

    Nothing a browser would run is ever given back: an undeclared or foreign type becomes octet-stream.
    """
    if (found := sniff(head)) is not None and found.content_type != "image/svg+xml":
        return found.content_type
    plain = (declared or "").partition(";")[0].strip().lower()
    if plain.startswith(f"{kind}/") and plain != "image/svg+xml" and plain.isascii() and len(plain) <= 100:
        return plain
    return "application/octet-stream"
