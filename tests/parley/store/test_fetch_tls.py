"""TLS in the guarded fetcher: pinned to an address, yet verified against the name."""

import datetime
import io
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from loopback_web import Script, Web, answer, silence, trickle

from parley.domain.errors import UrlRejected
from parley.store.fetch import FetchLimits, GuardedFetcher


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for media.test with its key, as one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "media.test")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("media.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "media.pem"
    path.write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def names() -> list[str | None]:
    """The SNI names the server was asked for."""
    return []


@pytest.fixture
def web(certificate: Path, names: list[str | None]) -> Iterator[Web]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with Web(tls=context) as server:
        server.routes["/a"] = answer(200, b"secret sound", content_type="audio/wav")
        yield server


def fetch(web: Web, host: str, trust: ssl.SSLContext | None, limits: FetchLimits | None = None) -> bytes:
    fetcher = GuardedFetcher(frozenset({(host, web.port)}), resolve=lambda *_: ["127.0.0.1"], tls=trust, limits=limits)
    into = io.BytesIO()
    fetcher.fetch(web.url("/a", host=host, scheme="https"), into, max_bytes=1000, accept=("audio",))
    return into.getvalue()


def test_the_certificate_is_checked_against_the_name_not_the_address(
    web: Web, certificate: Path, names: list[str | None]
) -> None:
    assert fetch(web, "media.test", ssl.create_default_context(cafile=str(certificate))) == b"secret sound"
    assert names == ["media.test"]
    assert f"Host: media.test:{web.port}\r\n" in web.heads[0]


@pytest.mark.parametrize("host", ["other.test", "127.0.0.1"])
def test_a_certificate_for_another_name_is_refused(web: Web, certificate: Path, host: str) -> None:
    with pytest.raises(UrlRejected, match="certificate") as caught:
        fetch(web, host, ssl.create_default_context(cafile=str(certificate)))
    assert caught.value.code == "url_failed"
    assert web.heads == []


def test_a_certificate_nobody_vouches_for_is_refused_by_default(web: Web) -> None:
    with pytest.raises(UrlRejected, match="certificate"):
        fetch(web, "media.test", None)
    assert web.heads == []


@pytest.mark.parametrize("script", [silence, trickle(b"\x16\x03\x03\x40\x00", b"\0")], ids=["silent", "trickling"])
def test_a_server_that_stalls_in_the_handshake_is_left(script: Script) -> None:
    with Web(before_tls=script) as web, pytest.raises(UrlRejected) as caught:
        fetch(web, "media.test", None, FetchLimits(connect_seconds=0.2))
    # Without a bound of ours the server would stall for ever, or be a failure and no timeout.
    assert caught.value.code == "url_timeout"


def test_a_server_that_speaks_no_tls_is_refused() -> None:
    def greet(_web: Web, connection: socket.socket) -> None:
        connection.sendall(b"220 mail.test ESMTP\r\n")

    with Web(before_tls=greet) as web, pytest.raises(UrlRejected, match="TLS") as caught:
        fetch(web, "media.test", None)
    assert caught.value.code == "url_failed"
