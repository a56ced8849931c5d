"""A turn goes to the worker that registered and to nobody who stands in its place."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from parley.store.workers import Worker, reachable
from tests.functions.api.world import refused
from tests.functions.turn import turn_worker as scripts
from tests.functions.turn.turn_stage import Stage
from tests.functions.turn.turn_worker import TurnWorker, working

TURN = "/api/v1/realtime/turn"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Self-made, as a worker makes it."""
    return made(tmp_path_factory.mktemp("tls"))


def made(folder: Path) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "worker")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(7).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    )
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "worker.pem").write_bytes(pem)
    (folder / "worker.key").write_bytes(private)
    return str(folder / "worker.pem"), str(folder / "worker.key")


@pytest.fixture
def secure(stage: Stage, certificate: tuple[str, str]) -> Iterator[TurnWorker]:
    with working(stage.worker("wrk_tls"), certificate) as running:
        yield running


def test_a_turn_streams_over_tls_from_the_registered_certificate(stage: Stage, secure: TurnWorker) -> None:
    stage.register(secure)
    assert secure.address.startswith("https://")
    assert stage.turn().last["type"] == "end"
    secure.script = scripts.breaks_off
    assert stage.turn().last["code"] == "worker_lost"


def test_another_certificate_gets_neither_token_nor_text(stage: Stage, secure: TurnWorker) -> None:
    secure.fingerprint = "0" * 64
    stage.register(secure)
    body = {"avatar_id": stage.avatar_id, "mode": "speak_text", "text": "Hi."}
    refused(stage.post(TURN, json=body), 503, "worker_unavailable")
    assert (secure.jobs, secure.refused) == ([], [])
    assert stage.used() == 0


@pytest.mark.parametrize(
    ("address", "fingerprint", "good"),
    [
        ("https://198.51.100.7:8443", "ab" * 32, True),
        ("https://198.51.100.7:8443", "AB" * 32, True),
        ("https://198.51.100.7:8443", None, False),
        ("https://198.51.100.7:8443", "ab" * 31, False),
        ("http://198.51.100.7:8443", "ab" * 32, False),
        ("http://127.0.0.1:8443", None, True),
        ("http://[::1]:8443", None, True),
        ("http://127.0.0.1.example.com:80", None, False),
        ("http://localhost:8443", None, False),
        ("http://u:p@127.0.0.1:8443", None, False),
        ("https://host/path", "ab" * 32, False),
        ("https://[::1", "ab" * 32, False),
        ("file:///etc/passwd", None, False),
        ("", None, False),
    ],
)
def test_only_pinned_or_local_workers_are_ever_asked(address: str, fingerprint: str | None, good: bool) -> None:
    worker = Worker(id="w", address=address, fingerprint=fingerprint, slots=1, free=1, lease_expires=1)
    assert reachable(worker) == good
