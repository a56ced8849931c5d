"""The guarded fetcher against names, addresses and redirects that lead inside."""

import logging
import socket
from collections.abc import Iterator

import pytest
from fetching import fetched, fetcher_for, refusal, refusal_of
from loopback_web import Web, answer, endless

from parley.domain.errors import UrlRejected
from parley.store.fetch import GuardedFetcher, resolve_by_system


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        yield server


def test_redirects_are_followed_and_the_last_url_told(web: Web) -> None:
    for number, status in enumerate([301, 302, 303, 307]):
        web.routes[f"/{number}"] = answer(status, location=f"/{number + 1}")
    web.routes["/0"] = answer(308, location=web.url("/1", host="media.test"))
    web.routes["/4"] = answer(200, b"end")
    result, data = fetched(fetcher_for(web), web.url("/0"))
    assert (data, result.final_url) == (b"end", web.url("/4", host="media.test"))


def test_a_fifth_redirect_is_refused(web: Web) -> None:
    web.routes["/a"] = answer(302, location="/a")
    assert refusal(fetcher_for(web), web.url("/a")).code == "url_too_many_redirects"
    assert len(web.heads) == 5


def test_a_redirects_own_body_is_not_read(web: Web) -> None:
    web.routes["/a"] = endless(b"HTTP/1.1 302 X\r\nLocation: /b\r\n\r\n", b"x" * 1024)
    web.routes["/b"] = answer(200, b"b")
    assert fetched(fetcher_for(web), web.url("/a"))[1] == b"b"


BAD_LOCATIONS = {
    "http://169.254.169.254/latest/meta-data/": "url_private_address",
    "//[::ffff:10.0.0.1]/": "url_private_address",
    "http://0x7f000001/": "url_private_address",
    "http://inside.test/": "url_private_address",
    "file:///etc/passwd": "url_scheme",
    "http://u:p@media.test/": "url_credentials",
    "http://a.test:22/": "url_port",
}


@pytest.mark.parametrize(("location", "code"), BAD_LOCATIONS.items())
def test_a_redirect_is_judged_like_a_first_url(web: Web, location: str, code: str) -> None:
    web.routes["/a"] = answer(302, location=location)
    fetcher = fetcher_for(web, resolve=lambda host, _: ["10.1.2.3"] if host == "inside.test" else ["127.0.0.1"])
    error = refusal(fetcher, web.url("/a"))
    assert error.code == code
    assert "10.1.2.3" not in error.message


def test_a_redirect_without_a_location_is_refused(web: Web) -> None:
    assert refusal_of(web, answer(302)).code == "url_failed"


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Where TCP connections are tried; none succeeds, so that no test reaches the internet."""
    tried: list[tuple[str, int]] = []

    def refuse(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    return tried


def test_a_name_that_means_another_address_a_moment_later_is_connected_to_the_judged_one(
    connections: list[tuple[str, int]],
) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    fetcher = GuardedFetcher(resolve=lambda *_: next(answers))
    assert refusal(fetcher, "http://rebind.test/a").code == "url_failed"
    assert connections == [("93.184.216.34", 80)]
    assert next(answers) == ["127.0.0.1"]  # the resolver was asked once


INSIDE = """
127.0.0.1 10.0.0.1 169.254.169.254 169.254.170.2 100.64.0.1 0.0.0.0 224.0.0.1 192.168.1.1 172.16.0.1 255.255.255.255
::1 :: fe80::1%eth0 fd00:ec2::254 fc00::1 ff02::1 ::ffff:127.0.0.1 ::127.0.0.1 2002:7f00:1:: 2001:0:a9fe:a9fe::
64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe
"""


@pytest.mark.parametrize("inside", INSIDE.split())
def test_a_name_is_refused_when_any_one_of_its_addresses_is_private(
    inside: str, connections: list[tuple[str, int]]
) -> None:
    for addresses in ([inside], ["93.184.216.34", inside], [inside, "2606:4700::1111"]):
        error = refusal(GuardedFetcher(resolve=lambda *_, found=addresses: found), "https://mixed.test/a")
        assert error.code == "url_private_address"
        assert inside not in error.message
    assert connections == []


def test_the_addresses_of_a_name_are_tried_in_turn_ipv4_first(connections: list[tuple[str, int]]) -> None:
    found = ["2606:4700::1111", "93.184.216.34", "8.8.8.8", "93.184.216.34", "1.1.1.1"]
    assert refusal(GuardedFetcher(resolve=lambda *_: found), "https://many.test/").code == "url_failed"
    assert connections == [("93.184.216.34", 443), ("8.8.8.8", 443), ("1.1.1.1", 443)]


def test_a_second_address_serves_when_the_first_does_not_answer(web: Web) -> None:
    web.routes["/a"] = answer(200, b"x")
    fetcher = fetcher_for(web, resolve=lambda *_: ["127.99.99.99", "127.0.0.1"])
    assert fetched(fetcher, web.url("/a", host="media.test"))[1] == b"x"


def test_an_unknown_name_is_refused() -> None:
    def unknown(*_: object) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no")

    assert refusal(GuardedFetcher(resolve=unknown), "http://nowhere.test/").code == "url_unresolvable"
    assert refusal(GuardedFetcher(resolve=lambda *_: []), "http://nowhere.test/").code == "url_unresolvable"


def test_the_systems_resolver_is_asked_by_default(web: Web) -> None:
    web.routes["/a"] = answer(200, b"x")
    assert set(resolve_by_system("localhost", 80)) <= {"127.0.0.1", "::1"}
    assert fetched(GuardedFetcher(frozenset({("localhost", web.port)})), web.url("/a", host="localhost"))[1] == b"x"


def test_a_check_looks_nothing_up(web: Web) -> None:
    def never(*_: object) -> list[str]:
        raise AssertionError("looked up")

    fetcher = fetcher_for(web, resolve=never)
    fetcher.check("https://example.com/a.wav")
    fetcher.check(web.url("/a"))
    with pytest.raises(UrlRejected) as caught:
        fetcher.check("http://169.254.169.254/")
    assert caught.value.code == "url_private_address"
    assert web.heads == []


def test_opening_a_private_address_is_loud_in_the_log(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        GuardedFetcher()
        assert caplog.records == []
        fetcher_for(web)
    assert f"127.0.0.1:{web.port}" in caplog.text


def test_an_opened_name_still_never_leads_to_metadata(connections: list[tuple[str, int]]) -> None:
    fetcher = GuardedFetcher(frozenset({("dev.test", 80)}), resolve=lambda *_: ["127.0.0.1", "169.254.169.254"])
    assert refusal(fetcher, "http://dev.test/").code == "url_private_address"
    assert connections == []


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_not_used(web: Web, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    web.routes["/a"] = answer(200, b"x")
    assert fetched(fetcher_for(web), web.url("/a"))[1] == b"x"
