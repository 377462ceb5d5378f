"""What a seal signs with: a key in a file here, a key on a token in `archive.token_keys`."""

from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from archive.errors import KeyFileError
from archive.key_files import private_key

__all__ = ["SMALLEST_RSA", "FileKey", "PublicKey", "SealKey", "can_seal"]

SMALLEST_RSA = 3072

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class SealKey(Protocol):
    """A private key that signs, wherever it lies."""

    @property
    def public(self) -> PublicKey:
        """Its public half."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature of ``data`` with SHA-256: in DER for ECDSA, PKCS#1 v1.5 for RSA."""


def can_seal(public: object) -> bool:
    """Tell whether a key is of a kind that everybody in the field can verify."""
    if isinstance(public, ec.EllipticCurvePublicKey):
        return isinstance(public.curve, ec.SECP256R1)
    return isinstance(public, rsa.RSAPublicKey) and public.key_size >= SMALLEST_RSA


class FileKey:
    """A key in a PEM file."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
        self._key = key

    @classmethod
    def load(cls, path: Path) -> "FileKey":
        """Load a key that signatures on bundles may be made with, or raise `KeyFileError`."""
        key = private_key(path)
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) or not can_seal(
            key.public_key()
        ):
            # OpenSSL 3.0 cms and common PDF readers cannot verify Ed25519.
            raise KeyFileError(
                f"{path} holds a key that cannot seal; it must be ECDSA P-256 or RSA of at least "
                f"{SMALLEST_RSA} bits"
            )
        return cls(key)

    @property
    def public(self) -> PublicKey:
        """Its public half."""
        return self._key.public_key()

    def sign(self, data: bytes) -> bytes:
        """Return the signature of ``data``."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))
