"""What a worker shows that is reached over a network: a certificate, given or made for its life."""

from __future__ import annotations

import datetime
import hashlib
import ssl
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

_DAYS: Final = 397
_ADVICE: Final = "Name TURN_TLS_CERT and TURN_TLS_KEY, or install `cryptography`."


@dataclass(frozen=True)
class Certificate:
    """PEM files; `fingerprint` is the SHA-256 of the certificate's DER, in hex: what the relay pins."""

    cert: Path
    key: Path
    fingerprint: str


def given_certificate(cert: Path, key: Path) -> Certificate:
    """Raises ValueError when `cert` holds none."""
    text = cert.read_text()
    begin = text.find("-----BEGIN CERTIFICATE-----")
    end = text.find("-----END CERTIFICATE-----", begin)
    if begin < 0 or end < 0:
        raise ValueError(f"{cert} holds no certificate in PEM form")
    der = ssl.PEM_cert_to_DER_cert(text[begin : end + len("-----END CERTIFICATE-----")])
    return Certificate(cert, key, hashlib.sha256(der).hexdigest())


def made_certificate(folder: Path, name: str) -> Certificate:
    """A new key and a certificate signed by itself, in `folder`. Raises ValueError where it cannot be made."""
    try:
        x509: Any = import_module("cryptography.x509")
        ec: Any = import_module("cryptography.hazmat.primitives.asymmetric.ec")
        forms: Any = import_module("cryptography.hazmat.primitives.serialization")
        hashes: Any = import_module("cryptography.hazmat.primitives.hashes")
        oid: Any = import_module("cryptography.x509.oid")
    except ImportError as error:
        raise ValueError(f"a worker that is reached over a network needs a certificate. {_ADVICE}") from error
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, name[:64])])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(minutes=5))
    made = builder.not_valid_after(now + datetime.timedelta(days=_DAYS)).sign(key, hashes.SHA256())
    cert_path, key_path = folder / "turn.crt", folder / "turn.key"
    cert_path.write_bytes(made.public_bytes(forms.Encoding.PEM))
    key_path.touch(mode=0o600)
    key_path.write_bytes(key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()))
    return given_certificate(cert_path, key_path)
