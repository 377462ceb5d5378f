"""Files of keys and certificates: read, and refused where they are unsafe or of another kind."""

import stat
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from archive.errors import KeyFileError

__all__ = ["certificates", "check_chain", "check_usage", "private_key"]

# Anything for others, or writing for the group.  Reading by the group is how a service manager
# hands a credential to a unit.
_UNSAFE = stat.S_IRWXO | stat.S_IWGRP


def private_key(path: Path) -> PrivateKeyTypes:
    """Return the private key in a file that nobody else can reach, or raise `KeyFileError`."""
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


def certificates(path: Path) -> list[x509.Certificate]:
    """Return the certificates in a file, or raise `KeyFileError`."""
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


def check_usage(certificate: x509.Certificate, path: Path) -> None:
    """Raise `KeyFileError` where a certificate is not for sealing."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    if usage is None or not (usage.digital_signature and usage.content_commitment):
        raise KeyFileError(
            f"the certificate in {path} is not for sealing: its key usage must be "
            "digitalSignature and nonRepudiation"
        )


def check_chain(chain: Sequence[x509.Certificate], path: Path, root_path: Path) -> None:
    """Raise `KeyFileError` unless each is issued by the next, and the last by itself."""
    for certificate, issuer in zip(chain, [*chain[1:], chain[-1]], strict=True):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, TypeError, ValueError):
            raise KeyFileError(
                f"the certificate in {path} does not lead to the root in {root_path}: "
                f"{certificate.subject.rfc4514_string()} is not issued by "
                f"{issuer.subject.rfc4514_string()}"
            ) from None
