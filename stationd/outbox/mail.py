"""A letter as an e-mail: made once, when it is ordered, and kept to the byte."""

import re
import textwrap
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from stationd.errors import MistakeError
from stationd.letters.fields import LETTERS
from stationd.outbox.model import Letter
from stationd.posting import LetterSettings

__all__ = ["compose", "message_id"]

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_WIDTH = 76


def message_id(key: str, sender: str) -> str:
    """Return the Message-ID of an act of sending; it is fixed before the first try."""
    return f"<{key}@{sender.rpartition('@')[2]}>"


def compose(  # noqa: PLR0913  (what a message is made of)
    letter: Letter,
    *,
    key: str,
    address: str,
    text: str,
    pdf: bytes,
    settings: LetterSettings,
    now: datetime,
) -> bytes:
    """Return the message that brings a letter: its text, and the PDF as it was approved."""
    assert settings.smtp is not None  # noqa: S101  (asked before)
    if not _ADDRESS.fullmatch(address):
        raise MistakeError(f"{address!r} is no e-mail address such as name@example.com.")
    user, _, domain = settings.smtp.sender.rpartition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(
        display_name=" ".join(settings.sender.name.split()), username=user, domain=domain
    )
    message["To"] = address
    message["Subject"] = f"{LETTERS[letter.kind].title} ({letter.id[:8].upper()})"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(key, settings.smtp.sender)
    message.set_content(_wrapped(text), cte="quoted-printable")
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=letter.file)
    message.set_boundary(f"=_{key}")
    return message.as_bytes()


def _wrapped(text: str) -> str:
    """Return a text in lines that any mail program shows."""
    lines: list[str] = []
    for line in text.splitlines():
        indent = "    " if line.startswith("  ") else ""
        lines += textwrap.wrap(
            line,
            _WIDTH,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
            replace_whitespace=False,
            drop_whitespace=True,
        ) or [""]
    return "\n".join(lines) + "\n"
