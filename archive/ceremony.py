"""The key ceremony: a station's root, seal and log keys, made once; what the root signs later.

============== ==== =====================================================================
file           mode what it is
============== ==== =====================================================================
root.key.pem   0600 P-256 key of the root; belongs on a medium in a safe, not on a server
root.pem       0644 the root's certificate, 25 years; published by its fingerprint
seal.key.pem   0600 P-256 key that signs bundles
seal.pem       0644 the seal's certificate under the root, 3 years
log.key.pem    0600 Ed25519 key that signs checkpoint notes
log.pub.pem    0644 its public half; published too
root.crl.pem   0644 the root's list of revoked certificates, 13 months; `renew_list` renews it
ocsp.key.pem   0600 P-256 key that answers from that list when a bundle is sealed
ocsp.pem       0644 its certificate under the root, for that alone, 3 years
============== ==== =====================================================================

Never one key for two purposes.  Nothing is ever overwritten: an old key may be the only one
that proves an old bundle.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from archive.errors import KeyFileError
from archive.revocation import Revoked, new_list, read_lists, renewed_list

__all__ = [
    "Ceremony",
    "fingerprint",
    "key_usage",
    "make_keys",
    "make_log_key",
    "renew_list",
    "renew_seal",
]

_Extend = Callable[[x509.CertificateBuilder], x509.CertificateBuilder]

_ROOT_LASTS = timedelta(days=25 * 365)
_SEAL_LASTS = timedelta(days=3 * 365)
_PRIVATE, _PUBLIC = 0o600, 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """Where the files are, and the fingerprints to publish."""

    root_key: Path
    root: Path
    seal_key: Path
    seal: Path
    log_key: Path
    log_public: Path
    crl: Path
    ocsp_key: Path
    ocsp: Path
    fingerprints: Mapping[str, str]


def make_keys(
    directory: Path,
    *,
    station: str,
    now: datetime,
    serials: Iterable[int],
    crl_url: str | None = None,
) -> Ceremony:
    """Make the files in ``directory``; ``serials`` gives numbers for three certificates.

    ``crl_url``: where the station publishes the root's list; the seal's certificate names it.
    """
    numbers = iter(serials)
    root_key, seal_key, ocsp_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    log_key = ed25519.Ed25519PrivateKey.generate()
    root = _root(root_key, station, now, next(numbers))
    issuer = _Issuer(root, root_key, station, now)
    seal = issuer.issue("evidence seal", seal_key.public_key(), next(numbers), _seals(crl_url))
    ocsp = issuer.issue("evidence responder", ocsp_key.public_key(), next(numbers), _answers)
    crl = new_list(root, root_key, now=now)
    log_pem = log_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    log_der = log_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ceremony = Ceremony(
        root_key=directory / "root.key.pem",
        root=directory / "root.pem",
        seal_key=directory / "seal.key.pem",
        seal=directory / "seal.pem",
        log_key=directory / "log.key.pem",
        log_public=directory / "log.pub.pem",
        crl=directory / "root.crl.pem",
        ocsp_key=directory / "ocsp.key.pem",
        ocsp=directory / "ocsp.pem",
        fingerprints=MappingProxyType(
            {
                "root.pem": fingerprint(root.public_bytes(Encoding.DER)),
                "seal.pem": fingerprint(seal.public_bytes(Encoding.DER)),
                "log.pub.pem": fingerprint(log_der),
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
            ceremony.log_public: (log_pem, _PUBLIC),
            ceremony.crl: (crl.public_bytes(Encoding.PEM), _PUBLIC),
            ceremony.ocsp_key: (_private_pem(ocsp_key), _PRIVATE),
            ceremony.ocsp: (ocsp.public_bytes(Encoding.PEM), _PUBLIC),
        }
    )
    return ceremony


def make_log_key(directory: Path) -> Path:
    """Make another log key in ``directory``, and its public half; return the key's file."""
    key = ed25519.Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    path = directory / "log.key.pem"
    _write({path: (_private_pem(key), _PRIVATE), directory / "log.pub.pem": (public, _PUBLIC)})
    return path


def renew_seal(  # noqa: PLR0913  (what two certificates are made of)
    directory: Path,
    *,
    root_key: Path,
    root: Path,
    now: datetime,
    serials: Iterable[int],
    crl_url: str | None = None,
    public: ec.EllipticCurvePublicKey | None = None,
) -> Mapping[str, str]:
    """Issue new certificates for seal and responder in ``directory``; return fingerprints.

    Both have new keys, but that of the seal is left where it is if its ``public`` half is given: it
    lies on a token.  The log's key is no matter of certificates and stays.
    """
    certificate, key = _root_pair(root_key, root)
    if certificate.not_valid_after_utc < now + _SEAL_LASTS:
        raise KeyFileError(
            f"the root in {root} ends {certificate.not_valid_after_utc:%Y-%m-%d}, before a seal "
            "certificate of 3 years would; make a new root (stationctl keys init)"
        )
    numbers = iter(serials)
    seal_key, ocsp_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _Issuer(certificate, key, _station(certificate), now)
    seal = issuer.issue(
        "evidence seal", public or seal_key.public_key(), next(numbers), _seals(crl_url)
    )
    ocsp = issuer.issue("evidence responder", ocsp_key.public_key(), next(numbers), _answers)
    files = {
        directory / "seal.pem": (seal.public_bytes(Encoding.PEM), _PUBLIC),
        directory / "ocsp.key.pem": (_private_pem(ocsp_key), _PRIVATE),
        directory / "ocsp.pem": (ocsp.public_bytes(Encoding.PEM), _PUBLIC),
    }
    if public is None:
        files[directory / "seal.key.pem"] = (_private_pem(seal_key), _PRIVATE)
    _write(files)
    return {"seal.pem": fingerprint(seal.public_bytes(Encoding.DER))}


def _station(root: x509.Certificate) -> str:
    """Return the station's name, as the ceremony wrote it into the root."""
    (named,) = root.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[:1] or (None,)
    if named is None:
        raise KeyFileError("the root's certificate names no station; it is not of a ceremony here")
    return str(named.value)


def renew_list(
    path: Path, *, root_key: Path, root: Path, now: datetime, revoked: Sequence[Revoked] = ()
) -> x509.CertificateRevocationList:
    """Replace the root's list at ``path`` by the next one, in one step, and return it.

    What is not there yet begins: a root of before had no list.
    """
    certificate, key = _root_pair(root_key, root)
    if path.exists():
        (before,) = read_lists([path])
        made = renewed_list(before, certificate, key, now=now, revoked=revoked)
    else:
        made = new_list(certificate, key, now=now, revoked=revoked)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    _write_new(fresh, made.public_bytes(Encoding.PEM), _PUBLIC)
    fresh.replace(path)
    return made


def _root_pair(
    key_path: Path, certificate_path: Path
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Load the root's certificate and key, or raise `KeyFileError`."""
    try:
        key = load_pem_private_key(key_path.read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
    except OSError as error:
        raise KeyFileError(
            f"{error.filename}: {error.strerror}; the root's key lies on the medium in the safe"
        ) from None
    except (ValueError, TypeError):
        raise KeyFileError(
            f"{key_path} and {certificate_path} are not a key and a certificate"
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or (
        key.public_key() != certificate.public_key()
    ):
        raise KeyFileError(f"{key_path} is not the key of the root in {certificate_path}")
    return certificate, key


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


@dataclass(frozen=True, slots=True)
class _Issuer:
    """The root, while its key is at hand."""

    root: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    station: str
    now: datetime

    def issue(
        self, role: str, public: ec.EllipticCurvePublicKey, serial: int, extend: _Extend
    ) -> x509.Certificate:
        """Return a certificate of 3 years for ``public``, with the extensions of its use."""
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = (
            _builder(_name(self.station, role), self.root.subject, public, serial)
            .not_valid_before(self.now)
            .not_valid_after(self.now + _SEAL_LASTS)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(issuer, critical=False)
        )
        return extend(builder).sign(self.key, hashes.SHA256())


def _seals(crl_url: str | None) -> _Extend:
    """Return what makes a certificate one of a seal."""

    def extend(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
        builder = builder.add_extension(key_usage(signs_certificates=False), critical=True)
        if crl_url is None:
            return builder
        place = x509.DistributionPoint([x509.UniformResourceIdentifier(crl_url)], None, None, None)
        return builder.add_extension(x509.CRLDistributionPoints([place]), critical=False)

    return extend


def _answers(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    """Make a certificate one of a responder, whose own state is not asked for (RFC 6960)."""
    return (
        builder.add_extension(key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        .add_extension(x509.OCSPNoCheck(), critical=False)
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
