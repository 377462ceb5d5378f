"""The keys in use: the seal that signs bundles, the log key that signs checkpoint notes."""

import stat
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from archive import cms, xades
from archive.ceremony import fingerprint
from archive.errors import KeyFileError
from archive.revocation import NOTHING_KNOWN, Revocation

__all__ = ["LogKey", "Seal"]

_SMALLEST_RSA = 3072
_HALF = 32
# Anything for others, or writing for the group.  Reading by the group is how a service manager
# hands a credential to a unit.
_UNSAFE = stat.S_IRWXO | stat.S_IWGRP


class Seal:
    """The seal key with its certificate and the chain up to the station's root."""

    def __init__(
        self,
        *,
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
        certificates: Sequence[x509.Certificate],
        root: x509.Certificate,
        revocation: Revocation = NOTHING_KNOWN,
    ) -> None:
        self._key = key
        self._certificate, *self._between = certificates
        self._root = root
        self.revocation = revocation

    @classmethod
    def load(
        cls,
        key_path: Path,
        certificate_path: Path,
        root_path: Path,
        revocation: Revocation = NOTHING_KNOWN,
    ) -> "Seal":
        """Load the three files, or raise `KeyFileError` where they do not belong together.

        The certificate's file may go on with the certificates between it and the root.
        ``revocation`` is what is known of revoked certificates, authorities' among them.
        """
        key = _seal_key(key_path)
        certificates = _certificates(certificate_path)
        (root, *_) = _certificates(root_path)
        if key.public_key() != certificates[0].public_key():
            raise KeyFileError(
                f"{key_path} is not the key of the certificate in {certificate_path}; "
                "name the two files of one ceremony"
            )
        _check_usage(certificates[0], certificate_path)
        _check_chain([*certificates, root], certificate_path, root_path)
        return cls(key=key, certificates=certificates, root=root, revocation=revocation)

    @property
    def certificate_pem(self) -> bytes:
        """The seal's certificate."""
        return self._certificate.public_bytes(Encoding.PEM)

    @property
    def chain_pem(self) -> bytes:
        """The certificates between the seal's and the root's; empty if there are none."""
        return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in self._between)

    @property
    def root_pem(self) -> bytes:
        """The root's certificate."""
        return self._root.public_bytes(Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the seal's certificate."""
        return fingerprint(self._certificate.public_bytes(Encoding.DER))

    @property
    def root_fingerprint(self) -> str:
        """SHA-256 of the root's certificate, which the station publishes."""
        return fingerprint(self._root.public_bytes(Encoding.DER))

    @property
    def valid_until(self) -> datetime:
        """When the seal's certificate ends."""
        return self._certificate.not_valid_after_utc

    @property
    def chain(self) -> list[bytes]:
        """The certificates from the seal's to the root's, in DER."""
        chain = (self._certificate, *self._between, self._root)
        return [one.public_bytes(Encoding.DER) for one in chain]

    @property
    def algorithm(self) -> str:
        """What `signature_of` makes, by its name in XML signatures (RFC 9231)."""
        elliptic = isinstance(self._key, ec.EllipticCurvePrivateKey)
        return xades.ECDSA_SHA256 if elliptic else xades.RSA_SHA256

    def sign(
        self, data: bytes, *, now: datetime, stamp: Callable[[bytes], bytes] | None = None
    ) -> bytes:
        """Return a detached CAdES signature over ``data`` (DER), stamped if ``stamp`` is given.

        ``stamp`` takes the bytes to be stamped and gives an authority's reply (TimeStampResp).
        """
        self._check_valid(now)
        signature = cms.sign(data, key=self._private, chain=self.chain, now=now)
        if stamp is None:
            return signature
        return cms.add_stamp(signature, stamp(cms.signature_value(signature)))

    def sign_pdf(
        self,
        path: Path,
        *,
        now: datetime,
        stamp_hash: Callable[[bytes], bytes],
        trusted_pem: bytes,
    ) -> None:
        """Sign the PDF at ``path`` in its place (PAdES B-LTA).

        ``stamp_hash`` takes a SHA-256 and gives an authority's reply; ``trusted_pem`` are the
        certificates that the authority is checked against.
        """
        # Like the library it stands on, loaded by whoever signs a report.
        from archive import pades  # noqa: PLC0415

        self._check_valid(now)
        pades.sign_pdf(
            path,
            key=self._private,
            chain=self.chain,
            now=now,
            stamp_hash=stamp_hash,
            trusted_pem=trusted_pem,
            crls=self.revocation.der,
        )

    def answer(self, at: datetime) -> bytes | None:
        """Return an OCSP answer on the seal's certificate, made at ``at``; None: there is none."""
        return self.revocation.answer(self._certificate, self._issuer, at)

    def signature_of(self, data: bytes, *, now: datetime) -> bytes:
        """Return the bare signature of ``data``: r and s of 32 bytes each, or a PKCS#1 block."""
        self._check_valid(now)
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self._key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_HALF) + s.to_bytes(_HALF)

    @property
    def _private(self) -> bytes:
        return self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    @property
    def _issuer(self) -> x509.Certificate:
        return (*self._between, self._root)[0]

    def _check_valid(self, now: datetime) -> None:
        self.revocation.check(self._certificate, self._issuer)
        certificate = self._certificate
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise KeyFileError(
                f"the seal certificate is good from {certificate.not_valid_before_utc:%Y-%m-%d} "
                f"to {certificate.not_valid_after_utc:%Y-%m-%d}, and it is {now:%Y-%m-%d}; "
                "make a new one under the root"
            )


class LogKey:
    """The Ed25519 key of the checkpoint log; it signs notes and nothing else."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def load(cls, path: Path) -> "LogKey":
        """Load the key, or raise `KeyFileError`."""
        key = _private_key(path)
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError(f"{path} holds no Ed25519 key, which the checkpoint log needs")
        return cls(key)

    @property
    def public(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    @property
    def public_pem(self) -> bytes:
        """The public key as PEM, as it is published."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key."""
        return fingerprint(
            self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        )

    def sign(self, text: bytes) -> bytes:
        """Return the signature of ``text``; the same text gives the same signature."""
        return self._key.sign(text)


def _seal_key(path: Path) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    """Load a key that signatures on bundles may be made with."""
    key = _private_key(path)
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _SMALLEST_RSA:
        return key
    # OpenSSL 3.0 cms and common PDF readers cannot verify Ed25519.
    raise KeyFileError(
        f"{path} holds a key that cannot seal; it must be ECDSA P-256 or RSA of at least "
        f"{_SMALLEST_RSA} bits"
    )


def _private_key(path: Path) -> PrivateKeyTypes:
    data = _read(path)
    if path.stat().st_mode & _UNSAFE:
        raise KeyFileError(f"{path} can be reached by other users of this machine; chmod 600 it")
    try:
        return load_pem_private_key(data, password=None)
    except TypeError:
        raise KeyFileError(
            f"{path} is locked with a password; keep it without one, as a credential"
        ) from None
    except ValueError:
        raise KeyFileError(f"{path} holds no private key in PEM") from None


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError:
        raise KeyFileError(f"{path} holds no certificate in PEM") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileError(
            f"{path}: {error.strerror}; stationctl keys init makes the station's keys"
        ) from None


def _check_usage(certificate: x509.Certificate, path: Path) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    if usage is None or not (usage.digital_signature and usage.content_commitment):
        raise KeyFileError(
            f"the certificate in {path} is not for sealing: its key usage must be "
            "digitalSignature and nonRepudiation"
        )


def _check_chain(chain: Sequence[x509.Certificate], path: Path, root_path: Path) -> None:
    """Each certificate must be issued by the next, the last by itself."""
    for certificate, issuer in zip(chain, [*chain[1:], chain[-1]], strict=True):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, TypeError, ValueError):
            raise KeyFileError(
                f"the certificate in {path} does not lead to the root in {root_path}: "
                f"{certificate.subject.rfc4514_string()} is not issued by "
                f"{issuer.subject.rfc4514_string()}"
            ) from None
