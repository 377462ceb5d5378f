"""The key ceremony: a station's root, seal and log keys, made once.

============== ==== =====================================================================
file           mode what it is
============== ==== =====================================================================
root.key.pem   0600 P-256 key of the root; belongs on a medium in a safe, not on a server
root.pem       0644 the root's certificate, 25 years; published by its fingerprint
seal.key.pem   0600 P-256 key that signs bundles
seal.pem       0644 the seal's certificate under the root, 3 years
log.key.pem    0600 Ed25519 key that signs checkpoint notes
log.pub.pem    0644 its public half; published too
============== ==== =====================================================================

Never one key for two purposes.  Nothing is ever overwritten: an old key may be the only one
that proves an old bundle.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from archive.errors import KeyFileError

__all__ = ["Ceremony", "fingerprint", "key_usage", "make_keys"]

_ROOT_LASTS = timedelta(days=25 * 365)
_SEAL_LASTS = timedelta(days=3 * 365)
_PRIVATE, _PUBLIC = 0o600, 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """Where the six files are, and the fingerprints to publish."""

    root_key: Path
    root: Path
    seal_key: Path
    seal: Path
    log_key: Path
    log_public: Path
    fingerprints: Mapping[str, str]


def make_keys(directory: Path, *, station: str, now: datetime, serials: Iterable[int]) -> Ceremony:
    """Make the six files in ``directory``; ``serials`` gives numbers for two certificates."""
    numbers = iter(serials)
    root_key, seal_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    log_key = ed25519.Ed25519PrivateKey.generate()
    root = _root(root_key, station, now, next(numbers))
    seal = _seal(seal_key, station, now, next(numbers), root, root_key)
    ceremony = Ceremony(
        root_key=directory / "root.key.pem",
        root=directory / "root.pem",
        seal_key=directory / "seal.key.pem",
        seal=directory / "seal.pem",
        log_key=directory / "log.key.pem",
        log_public=directory / "log.pub.pem",
        fingerprints=MappingProxyType(
            {
                "root.pem": fingerprint(root.public_bytes(Encoding.DER)),
                "seal.pem": fingerprint(seal.public_bytes(Encoding.DER)),
                "log.pub.pem": fingerprint(
                    log_key.public_key().public_bytes(
                        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
                    )
                ),
            }
        ),
    )
    _write(
        {
            ceremony.root_key: (_private_pem(root_key), _PRIVATE),
            ceremony.root: (root.public_bytes(Encoding.PEM), _PUBLIC),
            ceremony.seal_key: (_private_pem(seal_key), _PRIVATE),
            ceremony.seal: (seal.public_bytes(Encoding.PEM), _PUBLIC),
            ceremony.log_key: (_private_pem(log_key), _PRIVATE),
            ceremony.log_public: (
                log_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
                _PUBLIC,
            ),
        }
    )
    return ceremony


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 of a certificate or public key, written as OpenSSL writes it."""
    return sha256(der).digest().hex(":").upper()


def _root(
    key: ec.EllipticCurvePrivateKey, station: str, now: datetime, serial: int
) -> x509.Certificate:
    name = _name(station, "evidence root")
    return (
        _builder(name, name, key.public_key(), serial)
        .not_valid_before(now)
        .not_valid_after(now + _ROOT_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _seal(
    key: ec.EllipticCurvePrivateKey,
    station: str,
    now: datetime,
    serial: int,
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    return (
        _builder(_name(station, "evidence seal"), root.subject, key.public_key(), serial)
        .not_valid_before(now)
        .not_valid_after(now + _SEAL_LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=False), critical=True)
        .add_extension(issuer, critical=False)
        .sign(root_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, serial: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(station: str, role: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, station),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{station} {role}"),
        ]
    )


def key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """Return what a key may do: sign certificates, or seal (digitalSignature, nonRepudiation)."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _private_pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(files: Mapping[Path, tuple[bytes, int]]) -> None:
    """Write all the files, each for the first time, or none."""
    there = [path for path in files if path.exists() or path.is_symlink()]
    if there:
        names = ", ".join(path.name for path in there)
        raise KeyFileError(
            f"{there[0].parent} has {names} already, and keys are never overwritten; "
            "name an empty folder"
        )
    try:
        for path, (data, mode) in files.items():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_new(path, data, mode)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}; no keys were made there") from None


def _write_new(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        # The mode given above is narrowed by the umask; a public file is meant to be readable.
        os.fchmod(file.fileno(), mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
