"""What a TLS listener shows and asks for, read again when a file of it changes.

A certificate is renewed while panels are connected: who is connected stays so, and who calls next
sees the new one.  Files that cannot be read, or do not belong together because only one of them has
been written so far, change nothing: the last good ones stay in force.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from stationd.errors import UnavailableError
from stationd.net.thread import InThread
from stationd.settings import TlsSettings, secret

__all__ = ["CertificateError", "Certificates", "read_context", "valid_until"]

LOOKS_UNTIL_AGAIN = 30
"""Looks after which files that could not be read are tried again, though they did not change."""

_OPTIONS = SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET


class CertificateError(UnavailableError):
    """Certificate, key or client_ca of a listener cannot be used."""


def read_context(settings: TlsSettings) -> SSL.Context:
    """Return what connections are made with, or raise `CertificateError` saying what is wrong."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(_OPTIONS)
    # Who comes again is checked again: its certificate may have been withdrawn.
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    certificate, key = _file(settings.certificate), _file(settings.key)
    with _Reading(certificate, "no certificate in PEM"):
        context.use_certificate_chain_file(str(certificate))
    with _Reading(key, "no private key in PEM without a passphrase, or not that of certificate"):
        context.use_privatekey(_private_key(key))
        context.check_privatekey()
    if settings.client_ca is not None:
        client_ca = _file(settings.client_ca)
        with _Reading(client_ca, "no certificates in PEM"):
            context.load_verify_locations(str(client_ca))
            context.load_client_ca(str(client_ca).encode())
        required = settings.client_certificates == "required"
        context.set_verify(
            SSL.VERIFY_PEER | (SSL.VERIFY_FAIL_IF_NO_PEER_CERT if required else SSL.VERIFY_NONE)
        )
    return context


def valid_until(settings: TlsSettings) -> datetime:
    """Return when our certificate ends; it has been read."""
    return load_pem_x509_certificate(secret(settings.certificate).read_bytes()).not_valid_after_utc


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """The context in force for new connections.  The files are read in a thread."""

    _log = Logger()

    def __init__(self, settings: TlsSettings, *, listener: str, in_thread: InThread) -> None:
        self._settings = settings
        self._listener = listener
        self._in_thread = in_thread
        self._context: SSL.Context | None = None
        self._seen: list[tuple[int, int, int] | None] = []
        self._busy = False
        self._waits = 0
        self._why = ""

    def load_now(self) -> str:
        """Read the files here, before anybody is heard; return what is wrong, or nothing."""
        self._seen = self._stamps()
        try:
            self._context = read_context(self._settings)
        except CertificateError as error:
            return str(error)
        return ""

    def look(self) -> None:
        """Read the files where one is another than at the last look."""
        if self._busy or self._context is None:
            return
        stamps = self._stamps()
        self._waits -= 1
        if stamps == self._seen and not (self._why and self._waits <= 0):
            return
        self._seen = stamps
        self._busy = True
        reading = self._in_thread(lambda: read_context(self._settings))
        reading.addCallbacks(self._loaded, self._not_loaded)

    def serverConnectionForTLS(self, protocol: object) -> SSL.Connection:
        """Return a connection's TLS, with what is in force now; called by Twisted."""
        assert self._context is not None  # noqa: S101 - nobody is heard before it is read
        return SSL.Connection(self._context, None)

    def _stamps(self) -> list[tuple[int, int, int] | None]:
        names = [self._settings.certificate, self._settings.key, self._settings.client_ca]
        return [_stamp(secret(name)) for name in names if name is not None]

    def _loaded(self, context: SSL.Context) -> None:
        self._busy = False
        self._why = ""
        self._context = context
        self._log.info("certificate_loaded", listener=self._listener)

    def _not_loaded(self, failure: Failure) -> None:
        self._busy = False
        self._waits = LOOKS_UNTIL_AGAIN
        before, self._why = self._why, failure.getErrorMessage() or "unknown"
        if self._why != before:
            self._log.error("certificate_not_loaded", listener=self._listener, why=self._why)


class _Reading:
    """Says of which file it was that OpenSSL could not use it."""

    def __init__(self, path: Path, what: str) -> None:
        self._path = path
        self._what = what

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Name the file."""
        if isinstance(error, SSL.Error | ValueError | TypeError | UnsupportedAlgorithm):
            msg = f"{self._path}: {self._what}"
            raise CertificateError(msg) from None


def _private_key(path: Path) -> Any:  # noqa: ANN401  (one of many kinds)
    # OpenSSL, reading the file itself, would ask the terminal for a passphrase.
    return load_pem_private_key(path.read_bytes(), password=None)


def _file(name: str) -> Path:
    """Return the file of a secret that can be read, or raise `CertificateError`."""
    path = secret(name)
    try:
        path.open("rb").close()
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise CertificateError(msg) from None
    return path


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
