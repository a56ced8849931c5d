"""What files look like by their first bytes."""

import pytest

from parley.domain.file_kinds import content_type_of, guess_kind, sniff

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


@pytest.mark.parametrize(
    ("head", "kind", "content_type"),
    [
        (PNG, "image", "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio", "audio/wav"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", "audio", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio", "audio/aac"),
        (b"OggS\x00\x02", "audio", "audio/ogg"),
        (b"fLaC\x00\x00", "audio", "audio/flac"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio", "audio/mp4"),
        (b"\x00\x00\x00\x20ftypisom", "video", "video/mp4"),
        (b"\x1a\x45\xdf\xa3\x01\x00", "video", "video/webm"),
    ],
)
def test_a_file_is_known_by_its_first_bytes(head: bytes, kind: str, content_type: str) -> None:
    found = sniff(head)
    assert found is not None
    assert (found.kind, found.content_type) == (kind, content_type)


@pytest.mark.parametrize("head", [b"", b"\xff", b"hello", b"#EXTM3U\n", b"\x00" * 16])
def test_anything_else_looks_like_nothing(head: bytes) -> None:
    assert sniff(head) is None


def test_bytes_speak_louder_than_types_and_types_than_names() -> None:
    assert guess_kind(PNG, "audio/wav", "x.mp3") == "image"
    assert guess_kind(b"", "audio/opus", "x.png") == "audio"
    assert guess_kind(b"", "application/octet-stream", "x.MOV") == "video"
    assert guess_kind(b"", None, "rin.jpeg") == "image"
    assert guess_kind(b"", None, "png") is None
    assert guess_kind(b"", "text/plain", "notes.txt") is None


@pytest.mark.parametrize(
    ("content_type", "filename", "kind"),
    [
        ("audio/webm;codecs=opus", "blob", "audio"),
        ("application/octet-stream", "voice.m4a", "audio"),
        (None, "clip.mp4", "video"),
        ("image/png", "clip.png", "video"),
        (None, None, "video"),
    ],
)
def test_a_container_of_sound_or_video_is_what_its_type_or_name_says(
    content_type: str | None, filename: str | None, kind: str
) -> None:
    for head in (b"\x00\x00\x00\x20ftypisom", b"\x1a\x45\xdf\xa3\x01\x00"):
        assert guess_kind(head, content_type, filename) == kind


def test_nothing_that_a_browser_runs_is_served() -> None:
    assert content_type_of(b"<svg onload=", "image", "image/svg+xml") == "application/octet-stream"
    assert content_type_of(b"<html>", "image", "text/html") == "application/octet-stream"
    assert content_type_of(b"??", "audio", "Audio/Opus; rate=48000") == "audio/opus"
    assert content_type_of(PNG, "image", "text/html") == "image/png"
