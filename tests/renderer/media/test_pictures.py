"""Pictures in, as people send them: every accepted form decodes right, every other is refused with its code."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.media.errors import MediaRejected
from renderer.media.pictures import MAX_SIDE, STUDIO_GREY, decode_picture
from tests.renderer.media.handmade_jpeg import jpeg_of_blocks, segment
from tests.renderer.media.picture_files import Pixels, encoded, jpeg, photo, png, png_chunk, tiff_with_orientation


def code_of(data: bytes) -> str:
    with pytest.raises(MediaRejected) as refused:
        decode_picture(data)
    assert len(refused.value.message) > 20
    return refused.value.code


def close_to(got: Pixels, wanted: Pixels, tolerance: float = 3.0) -> bool:
    return got.shape == wanted.shape and float(np.abs(got.astype(int) - wanted.astype(int)).mean()) < tolerance


@pytest.mark.parametrize(
    "data",
    [
        jpeg(photo()),
        jpeg(photo(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        jpeg(photo(), cv2.IMWRITE_JPEG_RST_INTERVAL, 4),
        encoded(".png", photo()),
        encoded(".webp", photo(), cv2.IMWRITE_WEBP_QUALITY, 95),
        encoded(".webp", photo(), cv2.IMWRITE_WEBP_QUALITY, 101),
    ],
    ids=["jpeg", "progressive jpeg", "jpeg with restarts", "png", "webp", "lossless webp"],
)
def test_each_accepted_format_decodes_to_rgb_pixels(data: bytes) -> None:
    got = decode_picture(data)
    assert got.dtype == np.uint8 and got.flags.c_contiguous
    assert close_to(got, photo())


def test_bytes_after_the_end_of_a_jpeg_are_ignored() -> None:
    assert close_to(decode_picture(jpeg(photo()) + b"thumbnail" * 1000), photo())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("container", ["jpeg", "jpeg big-endian", "png", "webp"])
def test_a_rotated_photo_stands_upright(container: str, orientation: int) -> None:
    upright = photo()
    # How a camera that is held in each of the eight ways stores the upright picture.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    tiff = tiff_with_orientation(orientation, ">" if "big" in container else "<")
    if container.startswith("jpeg"):
        plain = jpeg(stored)
        data = plain[:2] + segment(0xE1, b"Exif\0\0" + tiff) + plain[2:]
    elif container == "png":
        plain = encoded(".png", stored)
        data = plain[:33] + png_chunk(b"eXIf", tiff) + plain[33:]
    else:
        plain = encoded(".webp", stored, cv2.IMWRITE_WEBP_QUALITY, 101)
        height, width = stored.shape[:2]
        extended = bytes([0x08, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks = b"VP8X" + struct.pack("<I", 10) + extended + plain[12:] + b"EXIF" + struct.pack("<I", len(tiff)) + tiff
        data = b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks
    assert close_to(decode_picture(data), upright)


def test_cmyk_and_ycck_jpegs_have_the_right_colours() -> None:
    inks = np.array([[0, 0, 0, 0], [255, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0], [0, 0, 0, 255], [60, 120, 200, 30]])
    blocks = np.repeat(np.repeat(inks[np.newaxis], 20, 0), 4, 1)  # 24 x 20 blocks of 8 x 8 pixels
    expected = ((255 - inks[:, :3]) * (255 - inks[:, 3:]) / 255).astype(np.uint8)
    # Photoshop stores inks inverted; in YCCK the first three are moved to YCbCr besides.
    cmyk = (255 - blocks).astype(np.uint8)
    ycck = cmyk.copy()
    ycck[..., :3] = cv2.cvtColor(blocks[..., :3].astype(np.uint8), cv2.COLOR_RGB2YCrCb)[..., [0, 2, 1]]
    for stored, transform in ((cmyk, 0), (ycck, 2)):
        got = decode_picture(jpeg_of_blocks(stored, adobe_transform=transform))
        assert got.shape == (160, 192, 3)
        assert np.abs(got[4, 4::32].astype(int) - expected).max() <= 8


def test_greyscale_jpeg_and_png_become_rgb() -> None:
    grey = photo()[..., 1]
    for extension in (".jpg", ".png"):
        got = decode_picture(cv2.imencode(extension, grey)[1].tobytes())
        assert close_to(got, np.repeat(grey[..., np.newaxis], 3, -1), 2)


def test_sixteen_bit_png_keeps_its_brightness() -> None:
    rgb = photo()
    deep = (rgb.astype(np.uint16) * 257).byteswap().tobytes()
    assert close_to(decode_picture(png(200, 160, 16, 2, deep)), rgb, 1)


def test_palette_png_with_and_without_transparency() -> None:
    rows = (np.arange(160 * 200) // 200 % 2).astype(np.uint8).tobytes()
    palette = png_chunk(b"PLTE", bytes([200, 30, 40, 10, 180, 60]))
    got = decode_picture(png(200, 160, 8, 3, rows, palette))
    assert got[0, 0].tolist() == [200, 30, 40] and got[1, 0].tolist() == [10, 180, 60]
    got = decode_picture(png(200, 160, 8, 3, rows, palette, png_chunk(b"tRNS", b"\0")))
    assert got[0, 0].tolist() == [STUDIO_GREY] * 3 and got[1, 0].tolist() == [10, 180, 60]


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("colour", [4, 6], ids=["grey and alpha", "colour and alpha"])
def test_transparent_png_stands_before_studio_grey(depth: int, colour: int) -> None:
    opaque, half = [255, 128]
    channels = 2 if colour == 4 else 4
    pixels = np.zeros((160, 200, channels), np.uint8)
    pixels[:, :100, :-1], pixels[:, :50, -1], pixels[:, 50:100, -1] = 40, opaque, half
    raw = pixels.tobytes() if depth == 8 else (pixels.astype(np.uint16) * 257).byteswap().tobytes()
    got = decode_picture(png(200, 160, depth, colour, raw))
    assert got[80, 25].tolist() == [40] * 3
    assert np.abs(got[80, 75].astype(int) - (40 * half + STUDIO_GREY * (255 - half)) / 255).max() <= 1
    assert got[80, 150].tolist() == [STUDIO_GREY] * 3


def test_transparent_webp_stands_before_studio_grey() -> None:
    bgra = np.zeros((160, 200, 4), np.uint8)
    bgra[:, :100] = (10, 20, 200, 255)
    got = decode_picture(cv2.imencode(".webp", bgra, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes())
    assert got[80, 50].tolist() == [200, 20, 10] and got[80, 150].tolist() == [STUDIO_GREY] * 3


def test_a_very_large_picture_is_scaled_down() -> None:
    got = decode_picture(encoded(".png", np.full((1000, 6000, 3), 90, np.uint8)))
    assert got.shape == (round(1000 * MAX_SIDE / 6000), MAX_SIDE, 3) and (got == 90).all()


def test_one_pixel_is_too_small() -> None:
    for extension in (".png", ".jpg", ".webp"):
        assert code_of(encoded(extension, photo(1, 1))) == "image_too_small"


def test_a_hundred_megapixel_bomb_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = png(10_000, 10_000, 1, 0, bytes(1250 * 10_000))
    assert len(bomb) < 20_000
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    assert code_of(bomb) == "image_too_large"


@pytest.mark.parametrize("sides", [(65_000, 65_000), (0xFFFFFFFF, 0xFFFFFFFF)])
def test_a_header_that_claims_too_much_is_refused(sides: tuple[int, int]) -> None:
    lying = bytearray(encoded(".png", photo()))
    struct.pack_into(">II", lying, 16, *sides)
    struct.pack_into(">I", lying, 29, zlib.crc32(lying[12:29]))
    assert code_of(bytes(lying)) == "image_too_large"
    big_jpeg = bytearray(jpeg(photo()))
    struct.pack_into(">HH", big_jpeg, big_jpeg.index(b"\xff\xc0") + 5, 65_000, 65_000)
    assert code_of(bytes(big_jpeg)) == "image_too_large"


def test_a_jpeg_with_thousands_of_scans_is_refused() -> None:
    data = jpeg(photo(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    last_scan = data.rindex(b"\xff\xda")
    assert code_of(data[:-2] + data[last_scan:-2] * 2000 + data[-2:]) == "image_unreadable"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("extension", [".jpg", ".png", ".webp"])
def test_a_truncated_picture_is_refused_not_half_grey(extension: str, kept: float) -> None:
    data = encoded(extension, photo())
    assert code_of(data[: int(len(data) * kept)]) == "image_unreadable"


def test_a_jpeg_that_ends_early_with_an_end_marker_is_refused() -> None:
    data = jpeg(photo())
    assert code_of(data[: len(data) // 2] + b"\xff\xd9") == "image_unreadable"


@pytest.mark.parametrize("extension", [".jpg", ".png", ".webp"])
def test_a_picture_whose_download_stopped_is_refused(extension: str) -> None:
    data = encoded(extension, photo(400, 500))
    assert code_of(data[: len(data) // 2] + bytes(len(data) // 2)) == "image_unreadable"


def test_a_damaged_png_is_refused() -> None:
    data = bytearray(encoded(".png", photo()))
    data[len(data) // 2] ^= 0xFF
    assert code_of(bytes(data)) == "image_unreadable"


def test_animations_are_refused() -> None:
    control = png_chunk(b"acTL", struct.pack(">II", 3, 0))
    assert code_of(png(200, 160, 8, 0, bytes(200 * 160), control)) == "image_animated"
    still = encoded(".webp", photo())[12:]
    moving = b"WEBPVP8X" + struct.pack("<I", 10) + bytes([0x02, 0, 0, 0, 199, 0, 0, 159, 0, 0]) + still
    assert code_of(b"RIFF" + struct.pack("<I", len(moving)) + moving) == "image_animated"
    assert code_of(b"GIF89a" + bytes(100)) == "image_animated"


def test_a_png_that_only_declares_one_frame_is_a_still() -> None:
    control = png_chunk(b"acTL", struct.pack(">II", 1, 0))
    assert decode_picture(png(200, 160, 8, 0, bytes(200 * 160), control)).shape == (160, 200, 3)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("SVG", b'<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512"></svg>'),
        ("SVG", b'\xef\xbb\xbf<?xml version="1.0"?>\n<svg></svg>'),
        ("PDF", b"%PDF-1.7\n"),
        ("BMP", b"BM" + bytes(100)),
        ("TIFF", b"II*\0" + bytes(100)),
        ("HEIC", b"\0\0\0\x18ftypheic" + bytes(100)),
    ],
)
def test_other_formats_are_refused_by_name(name: str, data: bytes) -> None:
    with pytest.raises(MediaRejected, match=name) as refused:
        decode_picture(data)
    assert refused.value.code == "image_unreadable"


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", bytes(5000)]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert code_of(data) == "image_unreadable"


def test_a_file_of_more_than_64_megabytes_is_refused() -> None:
    assert code_of(jpeg(photo()) + bytes(64 * 1024 * 1024)) == "media_too_large"


SAMPLES = [
    jpeg(photo()),
    jpeg(photo(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    encoded(".png", photo()),
    encoded(".webp", photo()),
]


@settings(max_examples=150)
@given(
    sample=st.sampled_from(SAMPLES),
    start=st.integers(0, 20_000),
    noise=st.binary(max_size=40),
    cut=st.integers(0, 20_000) | st.none(),
)
def test_damaged_bytes_are_refused_or_decoded_but_never_crash(
    sample: bytes, start: int, noise: bytes, cut: int | None
) -> None:
    start %= len(sample)
    damaged = (sample[:start] + noise + sample[start + len(noise) :])[:cut]
    try:
        assert decode_picture(damaged).shape[2] == 3
    except MediaRejected as refused:
        assert refused.code.startswith("image_")
