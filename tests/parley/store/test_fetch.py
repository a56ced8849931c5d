"""The guarded fetcher against what servers answer, friendly and hostile."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fetching import SHORT, fetched, fetcher_for, on_loopback, refusal, refusal_of
from loopback_web import Web, answer, endless, raw, silence, trickle

from parley.domain.errors import UrlRejected
from parley.store.fetch import Fetched, GuardedFetcher

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        yield server


def test_a_file_arrives_whole_with_its_type_size_and_hash(web: Web) -> None:
    body = bytes(range(256)) * 1000
    web.routes["/a.wav?x=%20"] = answer(200, body, content_type="Audio/WAV; rate=1")
    result, data = fetched(fetcher_for(web), web.url("/a.wav?x=%20#part"))
    assert data == body
    assert result == Fetched("audio/wav", len(body), web.url("/a.wav?x=%20"), hashlib.sha256(body).hexdigest())


def test_a_chunked_file_and_one_without_a_length_arrive_whole(web: Web) -> None:
    web.routes["/chunked"] = raw(CHUNKED + b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
    web.routes["/to-the-end"] = raw(b"HTTP/1.0 200 OK\r\n\r\nabcdefg")
    for path in ("/chunked", "/to-the-end"):
        assert fetched(fetcher_for(web), web.url(path))[1] == b"abcdefg"


def test_the_request_names_the_host_and_asks_for_no_compression(web: Web) -> None:
    web.routes["/a"] = answer(200, b"x")
    fetched(fetcher_for(web), web.url("/a", host="media.test"))
    head = web.heads[0].lower()
    assert f"\r\nhost: media.test:{web.port}\r\n" in head
    assert "\r\naccept-encoding: identity\r\n" in head
    assert "\r\naccept: audio/*, " in head


def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_refused(web: Web) -> None:
    web.routes["/a"] = answer(200, b"x" * 1000)
    assert fetched(fetcher_for(web), web.url("/a"), max_bytes=1000)[0].size == 1000
    assert refusal(fetcher_for(web), web.url("/a"), max_bytes=999).code == "url_too_large"


def test_an_announced_length_over_the_limit_is_refused_before_any_body(web: Web) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n"
    assert refusal_of(web, lambda own, to: (to.sendall(head), silence(own, to))[0]).code == "url_too_large"


@pytest.mark.parametrize(
    ("head", "piece"),
    [(CHUNKED, b"400\r\n" + b"x" * 1024 + b"\r\n"), (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1024)],
    ids=["chunked", "without length"],
)
def test_an_endless_body_is_cut_off_at_the_limit(web: Web, head: bytes, piece: bytes) -> None:
    assert refusal_of(web, endless(head, piece), max_bytes=200_000).code == "url_too_large"


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (CHUNKED, b"1;" + b"x" * 200 + b"\r\nx\r\n"),
        (CHUNKED + b"0\r\n", b"X-Trailer: more\r\n"),
    ],
    ids=["headers", "one header", "100 Continue", "chunk extensions", "trailers"],
)
def test_endless_framing_is_cut_off_too(web: Web, head: bytes, piece: bytes) -> None:
    assert refusal_of(web, endless(head, piece), max_bytes=50_000).code == "url_failed"


@pytest.mark.parametrize(
    ("head", "piece"),
    [(CHUNKED, b"1\r\nx\r\n"), (b"HTTP/1.1 200 OK\r\n", b"X"), (b"", b"HTTP/1.1 102 Processing\r\n\r\n")],
    ids=["body", "head", "1xx"],
)
def test_an_answer_that_trickles_is_ended_by_the_deadline(web: Web, head: bytes, piece: bytes) -> None:
    assert refusal_of(web, trickle(head, piece), replace(SHORT, read_seconds=30.0)).code == "url_timeout"


def test_the_deadline_is_one_for_all_redirects_together(web: Web) -> None:
    now = [0.0]

    def slow_redirect(_web: Web, connection: socket.socket) -> None:
        now[0] += 25.0
        answer(302, location="/a")(web, connection)

    web.routes["/a"] = slow_redirect
    assert refusal(fetcher_for(web, clock=lambda: now[0]), web.url("/a")).code == "url_timeout"
    assert len(web.heads) == 3  # 25, 50, 75 s of 60


def test_a_silent_server_is_left(web: Web) -> None:
    assert refusal_of(web, silence, replace(SHORT, total_seconds=30.0)).code == "url_timeout"


def test_a_resolver_that_hangs_is_left() -> None:
    over = threading.Event()
    fetcher = GuardedFetcher(resolve=lambda *_: [str(over.wait())], limits=SHORT)
    assert refusal(fetcher, "http://media.test/a").code == "url_timeout"
    over.set()


@pytest.mark.parametrize("status", [404, 410, 204, 206, 304, 400, 401, 403, 429, 500, 503])
def test_a_status_other_than_200_is_refused_and_named(web: Web, status: int) -> None:
    error = refusal_of(web, answer(status, content_type="audio/wav"))
    assert error.code == ("url_not_found" if status in (404, 410) else "url_failed")
    assert str(status) in error.message


OTHER_TYPES = """
text/html;charset=utf-8 TEXT/PLAIN application/json application/xhtml+xml image/png application/pdf multipart/byteranges
audio/mpegurl application/vnd.apple.mpegurl application/dash+xml
"""
POSSIBLE_TYPES = "audio/mpeg application/octet-stream binary/octet-stream application/ogg video/mp4 nonsense"


@pytest.mark.parametrize("content_type", OTHER_TYPES.split())
def test_a_clearly_wrong_type_is_refused(web: Web, content_type: str) -> None:
    assert refusal_of(web, answer(200, b"RIFF", content_type=content_type)).code == "url_wrong_type"


def test_a_drawing_in_xml_is_no_picture(web: Web) -> None:
    web.routes["/a"] = answer(200, b"<svg/>", content_type="image/svg+xml")
    assert refusal(fetcher_for(web), web.url("/a"), accept=("image",)).code == "url_wrong_type"


@pytest.mark.parametrize("content_type", ["", *POSSIBLE_TYPES.split()])
def test_a_type_that_says_nothing_else_is_left_to_the_decoder(web: Web, content_type: str) -> None:
    web.routes["/a"] = answer(200, b"RIFF", content_type=content_type)
    assert fetched(fetcher_for(web), web.url("/a"))[1] == b"RIFF"


@pytest.mark.parametrize("header", ["content_encoding", "transfer_encoding"])
@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "deflate"])
def test_a_compressed_body_is_refused(web: Web, header: str, coding: str) -> None:
    assert refusal_of(web, answer(200, b"\x1f\x8b", **{header: coding})).code == "url_failed"


BROKEN = [
    b"",
    b"SSH-2.0-x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    b"HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n",
    CHUNKED + b"5\r\nab",
    CHUNKED + b"zz\r\n",
]


@pytest.mark.parametrize("data", BROKEN)
def test_an_answer_that_breaks_off_or_breaks_the_rules_is_refused(web: Web, data: bytes) -> None:
    assert refusal_of(web, raw(data)).code == "url_failed"


def test_a_server_that_is_not_there_is_reported_without_its_address() -> None:
    with socket.socket() as taken:  # bound but not listening: nobody else gets the port, nobody answers
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        fetcher = GuardedFetcher(frozenset({("media.test", port)}), resolve=on_loopback)
        error = refusal(fetcher, f"http://media.test:{port}/a")
    assert error.code == "url_failed"
    assert "127.0.0.1" not in error.message


def test_a_file_on_disk_is_cut_back_when_its_body_breaks_off(web: Web, tmp_path: Path) -> None:
    web.routes["/a"] = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b"x" * 500_000)
    with (tmp_path / "speech").open("w+b") as into, pytest.raises(UrlRejected):
        fetcher_for(web).fetch(web.url("/a"), into, max_bytes=1_000_000, accept=("audio",))
    assert (tmp_path / "speech").stat().st_size == 0
