"""A mail server as hook: a short text; the message's id is the same for every try."""

import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from stationd.clock import iso
from stationd.errors import UnavailableError
from stationd.hooks.model import Letter
from stationd.paging import SmtpHook
from stationd.settings import secret

__all__ = ["message", "send_mail"]


def message(hook: SmtpHook, letter: Letter, now: datetime) -> EmailMessage:
    """Return the message: what is so, since when, and how to acknowledge it."""
    page = letter.page
    made = EmailMessage()
    made["Subject"] = f"[{letter.station}] {letter.title}: {page.subject}"
    made["From"] = hook.sender
    made["To"] = ", ".join(hook.to)
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{letter.id}@{letter.station}.stationd.invalid>"
    made["Auto-Submitted"] = "auto-generated"
    lines = [page.said, "", f"Since {iso(page.began_at)}. Told {page.turn} time(s)."]
    if not letter.files:
        lines.append(f"To stop it: stationctl pages ack {page.id}")
    made.set_content("\n".join(lines) + "\n")
    for name, content in letter.files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made


def send_mail(hook: SmtpHook, letter: Letter, now: datetime) -> None:
    """Give the message to the server; raise `UnavailableError` unless it takes it for everybody."""
    made = message(hook, letter, now)
    try:
        with _connected(hook) as server:
            if hook.user is not None and hook.password is not None:
                server.login(hook.user, _password(hook.password))
            refused = server.send_message(made)
    except smtplib.SMTPResponseException as error:
        # What the server says may repeat what it was told, so only its number is kept.
        raise UnavailableError(f"{hook.host}: the server answers {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError, ssl.SSLError) as error:
        raise UnavailableError(f"{hook.host}: {type(error).__name__}") from None
    if refused:
        raise UnavailableError(f"{hook.host}: {len(refused)} of {len(hook.to)} addresses refused")


def _connected(hook: SmtpHook) -> smtplib.SMTP:
    seconds = hook.timeout.total_seconds()
    cafile = None if hook.ca_bundle is None else str(hook.ca_bundle)
    if hook.security == "none":
        return smtplib.SMTP(hook.host, hook.port, timeout=seconds)
    context = ssl.create_default_context(cafile=cafile)
    if hook.security == "tls":
        return smtplib.SMTP_SSL(hook.host, hook.port, timeout=seconds, context=context)
    server = smtplib.SMTP(hook.host, hook.port, timeout=seconds)
    try:
        server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _password(name: str) -> str:
    path = secret(name)
    try:
        return path.read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        raise UnavailableError(f"{path}: {error.strerror}; it must hold the password") from None
