"""E-mail over a mail server that is known by its certificate; never without TLS.

Everything up to the answer to DATA can be done again.  Then ``handing`` is called, and the message
goes out in one piece with its final dot.  From that moment on only the server knows: where its
reply does not come, the answer is `Unsure`, whatever the reason.
"""

import smtplib
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from stationd.letters.channels.channel import Later, Outcome, Parcel, Refused, Sent, Unsure

__all__ = ["SmtpChannel", "SmtpServer"]

_LONGEST_REPLY = 500
_GO_ON, _TAKEN = 354, 250
_FOR_NOW, _FOR_GOOD = 400, 500
# A talk has some ten answers; one that takes longer than so many waits is dripped.
_WAITS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """The mail server, and how it is spoken to; ``implicit``: TLS from the first byte."""

    host: str
    port: int
    sender: str
    implicit: bool = False
    ca: Path | None = None
    user: str = ""
    password: str = ""
    timeout: float = 60.0


class _RefusedError(Exception):
    """The server said no, with its code and words."""

    def __init__(self, code: int, said: bytes | str) -> None:
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        self.code = code
        self.said = f"{code} {' '.join(words.split())}"[:_LONGEST_REPLY]
        super().__init__(self.said)


class _Bounded(smtplib.SMTP):
    """A talk that is cut off when it lasts too long as a whole.

    A server that sends a byte now and then answers each read in time, and would never end.
    """

    _cut: threading.Timer | None = None

    def connect(
        self,
        host: str = "localhost",
        port: int = 0,
        source_address: Any = None,  # noqa: ANN401  (as the library has it)
    ) -> tuple[int, bytes]:
        """Connect, and begin to count."""
        self._cut = threading.Timer(self.timeout * _WAITS, self._shut)
        self._cut.daemon = True
        self._cut.start()
        return super().connect(host, port, source_address)

    def close(self) -> None:
        """Close, and count no longer."""
        if self._cut is not None:
            self._cut.cancel()
        super().close()

    def _shut(self) -> None:
        if self.sock is None:
            return
        with suppress(OSError):
            # Not the method of TLS, which would take the protection off and leave the line open.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _BoundedOverTls(_Bounded, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""


class SmtpChannel:
    """A mail server as a way out."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    def send(self, parcel: Parcel, handing: Callable[[], None]) -> Outcome:
        """Send the message of a parcel, whole, to its one address."""
        try:
            client = self._connected()
        except _RefusedError as error:
            # That is about us, such as a wrong password, and not about this letter.
            return Later(f"{self._server.host} does not talk to us: {error.said}")
        except (OSError, smtplib.SMTPException) as error:
            return Later(f"{self._server.host} cannot be reached: {_words(error)}.")
        try:
            return self._handed(client, parcel, handing)
        finally:
            client.close()

    def recover(self, parcel: Parcel, since: datetime) -> Outcome:
        """Say that nobody knows: a mail server is not asked what it took."""
        return Unsure(
            "The program was cut off while the server took the message; whether it did, its log "
            f"tells ({parcel.message_id})."
        )

    def call_back(self, key: str) -> None:
        """Do nothing: what a server took is not taken back."""

    def _connected(self) -> smtplib.SMTP:
        """Return a connection under TLS, logged in, or raise."""
        server = self._server
        context = ssl.create_default_context(cafile=server.ca)
        client: smtplib.SMTP
        if server.implicit:
            client = _BoundedOverTls(
                server.host, server.port, timeout=server.timeout, context=context
            )
        else:
            client = _Bounded(server.host, server.port, timeout=server.timeout)
        try:
            client.ehlo_or_helo_if_needed()
            if not server.implicit:
                # Raises where the server offers none: there is no way back to plain text.
                client.starttls(context=context)
                client.ehlo()
            if server.user:
                client.login(server.user, server.password)
        except smtplib.SMTPResponseException as error:
            client.close()
            raise _RefusedError(error.smtp_code, error.smtp_error) from None
        except BaseException:
            client.close()
            raise
        return client

    def _handed(self, client: smtplib.SMTP, parcel: Parcel, handing: Callable[[], None]) -> Outcome:
        try:
            _asked(client.mail(self._server.sender))
            _asked(client.rcpt(parcel.address))
            _asked(client.docmd("DATA"), _GO_ON)
        except _RefusedError as error:
            return _said(error)
        except (OSError, smtplib.SMTPException) as error:
            return Later(f"{self._server.host} broke off: {_words(error)}.")
        handing()
        try:
            client.send(_dotted(parcel.message))
            code, said = client.getreply()
        except (OSError, smtplib.SMTPException) as error:
            why = f"{self._server.host} did not say whether it took the message: {_words(error)}."
            return Unsure(why)
        reply = _RefusedError(code, said)
        if code != _TAKEN:
            return _said(reply)
        return Sent(
            {
                "server": self._server.host,
                "reply": reply.said,
                "message_id": parcel.message_id,
                "to": parcel.address,
            }
        )


def _asked(answer: tuple[int, bytes], wanted: int = _TAKEN) -> None:
    """Raise unless a server answered what was hoped for; 251 says it forwards, and takes it."""
    code, said = answer
    if code not in (wanted, wanted + 1):
        raise _RefusedError(code, said)


def _said(error: _RefusedError) -> Outcome:
    """Return what a server's no means: 5xx is final, everything else may be tried again."""
    if error.code >= _FOR_GOOD:
        return Refused(f"The mail server refused it: {error.said}")
    return Later(f"The mail server did not take it for now: {error.said}")


def _dotted(message: bytes) -> bytes:
    """Return a message as it goes over the wire: dots at line beginnings doubled, and the end."""
    lines = message.replace(b"\r\n", b"\n").split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    return b"".join((b"." if one.startswith(b".") else b"") + one + b"\r\n" for one in lines) + (
        b".\r\n"
    )


def _words(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(said).split())[:_LONGEST_REPLY]
