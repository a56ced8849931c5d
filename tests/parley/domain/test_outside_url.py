"""What is refused from the text of a URL alone, and what is made of the rest."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parley.domain.errors import UrlRejected
from parley.domain.outside_url import follow_location, parse_allowed, read_outside_url

LOCAL = frozenset({("127.0.0.1", 8000), ("localhost", 9000)})
OTHER_SCHEMES = """
ftp://example.com/a file:///etc/passwd gopher://example.com/ data:audio/wav;base64,AA javascript:1 s3://bucket/key
//example.com/a example.com/a http:example.com http:/example.com ws://a.b/ http
"""
PRIVATE_HOSTS = """
127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1 017700000001 0x7f.1 127.0.0.1. 0 0x 10.0.0.1 192.168.0.1 100.64.0.1
169.254.169.254 169.254.170.2 0xa9fea9fe 224.0.0.1 255.255.255.255 [::1] [::] [fd00:ec2::254] [ff02::1] [::1%1]
[::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:a9fe:a9fe] [::7f00:1] [2002:7f00:1::] [2001:0:a9fe:a9fe::]
[64:ff9b::a9fe:a9fe] [64:ff9b:1::a9fe:a9fe] [fe80::1%25eth0] ①②⑦.⓪.⓪.① 127。0。0。1 １２７.0.0.1 localhost LOCALHOST.
a.localhost printer.local metadata.google.internal
"""
BAD_HOSTS = f"""
. a..b ex%61mple.com -a.com a-.com a,b [1.2.3.4] [v1.x] [::1 [::1]x a:b:c example.com:80:80 256.256.256.256 xn--ü
{"a" * 64}.com {"x." * 130}com
"""


def code_of(url: str, allow: frozenset[tuple[str, int]] = frozenset()) -> str:
    with pytest.raises(UrlRejected) as caught:
        read_outside_url(url, allow)
    return caught.value.code


@pytest.mark.parametrize("url", ["", *OTHER_SCHEMES.split()])
def test_a_scheme_other_than_http_is_refused(url: str) -> None:
    assert code_of(url) == "url_scheme"


@pytest.mark.parametrize(
    "url",
    ["http://user:pass@example.com/", "http://user@example.com/", "http://@example.com/", "http://a.com\\@b.com/"],
)
def test_a_user_name_or_password_is_refused(url: str) -> None:
    assert code_of(url) == "url_credentials"


@pytest.mark.parametrize("port", [1, 22, 81, 8080, 6379, 65535, 99999, 0])
def test_a_port_other_than_80_and_443_is_refused(port: int) -> None:
    assert code_of(f"https://example.com:{port}/") == "url_port"


@pytest.mark.parametrize("host", ["loc\u00adalhost", *PRIVATE_HOSTS.split()])
@pytest.mark.parametrize("port", ["", ":443", ":8000"])
def test_a_private_host_is_refused_in_each_spelling(host: str, port: str) -> None:
    assert code_of(f"http://{host}{port}/x") == "url_private_address"


@pytest.mark.parametrize("host", ["", "exa mple.com", "exa\u200dmple.com", *BAD_HOSTS.split()])
def test_a_host_that_is_no_host_is_refused(host: str) -> None:
    assert code_of(f"http://{host}/") == "url_unresolvable"


@pytest.mark.parametrize(
    "url", ["http://a.com/\r\nX: y", "http://a\t.com/", "http://a.com/\x00", "http://a.com/\ud800"]
)
def test_control_characters_and_half_characters_are_refused(url: str) -> None:
    assert code_of(url) == "url_failed"


def test_an_overlong_url_is_refused() -> None:
    assert code_of("http://a.com/" + "x" * 5000) == "url_failed"


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("HTTPS://Example.COM", "https://example.com/"),
        ("https://example.com:443/a?b=%20c#d", "https://example.com/a?b=%20c"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("http://example.com./", "http://example.com/"),
        ("http://bücher.example/ü b?q=ß", "http://xn--bcher-kva.example/%C3%BC%20b?q=%C3%9F"),
        ("http://0x08080808/", "http://8.8.8.8/"),
        ("http://[2606:4700:0::1111]:80/", "http://[2606:4700::1111]/"),
        ("http://example.com?x", "http://example.com/?x"),
        (" https://my_bucket.s3.amazonaws.com/k?X-Amz-Signature=a%2Fb+c ", "https://my_bucket.s3.amazonaws.com/k?X-Amz-Signature=a%2Fb+c"),
    ],
)  # fmt: skip
def test_a_good_url_is_read_to_its_one_spelling(url: str, read: str) -> None:
    assert str(read_outside_url(url)) == read


@given(st.one_of(st.text(), st.text(alphabet="htp:/@[]%.?#\\0x17af: ü。").map("http://".__add__)))
@example("http://[::ffff:8.8.8.8]/")
def test_any_text_is_refused_or_read_to_a_spelling_that_reads_as_itself(text: str) -> None:
    try:
        found = read_outside_url(text)
    except UrlRejected:
        return
    assert str(found).isascii()
    assert read_outside_url(str(found)) == found


def test_only_the_very_host_and_port_that_was_opened_is_let_through() -> None:
    assert read_outside_url("http://127.0.0.1:8000/a", LOCAL).port == 8000
    assert read_outside_url("http://LOCALHOST:9000/a", LOCAL).host == "localhost"
    for url in ["http://127.0.0.1:8001/", "http://127.0.0.2:8000/", "http://localhost:8000/", "http://127.0.0.1/"]:
        assert code_of(url, LOCAL) == "url_private_address"


def test_metadata_stays_closed_even_when_opened() -> None:
    assert code_of("http://169.254.169.254/", frozenset({("169.254.169.254", 80)})) == "url_private_address"


def test_a_location_is_joined_and_judged_like_a_first_url() -> None:
    base = read_outside_url("https://example.com/a/b?c")
    assert str(follow_location(base, "../d?e")) == "https://example.com/d?e"
    assert str(follow_location(base, "//other.example/x")) == "https://other.example/x"
    for location, code in [
        ("//127.0.0.1/", "url_private_address"), ("file:///etc/passwd", "url_scheme"), ("http://[::1", "url_failed"),
        ("http://u:p@example.com/", "url_credentials"), ("http://example.com:22/", "url_port"),
    ]:  # fmt: skip
        with pytest.raises(UrlRejected) as caught:
            follow_location(base, location)
        assert caught.value.code == code


def test_the_settings_list_is_read_in_the_spelling_urls_are_judged_in() -> None:
    assert parse_allowed(["LocalHost:8000", "[0:0::1]:80", "127.1:9"]) == {
        ("localhost", 8000),
        ("::1", 80),
        ("127.0.0.1", 9),
    }


@pytest.mark.parametrize("item", ["localhost", "localhost:", ":80", "a:b", "a:0", "a:70000", "http://a:80", "::1:80"])
def test_a_setting_that_is_not_host_and_port_is_an_error(item: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        parse_allowed([item])
