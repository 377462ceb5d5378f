"""Keys and certificates of recipients, and the real openssl that opens what is for them."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_LONG = datetime(2060, 1, 1, tzinfo=UTC)


def make_certificate(
    folder: Path, name: str = "adler", *, until: datetime = _LONG
) -> tuple[bytes, str]:
    """Write NAME.key and NAME.pem; return the certificate and its fingerprint."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.key").write_bytes(secret)
    (folder / f"{name}.pem").write_bytes(made.public_bytes(Encoding.PEM))
    return made.public_bytes(Encoding.PEM), made.fingerprint(hashes.SHA256()).hex()


def opened(envelope: Path, key: Path) -> bytes:
    """Open an envelope with the real openssl."""
    command = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", str(envelope)]
    done = subprocess.run([*command, "-inkey", str(key)], check=True, capture_output=True)
    return done.stdout
