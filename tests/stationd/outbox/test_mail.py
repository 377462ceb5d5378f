from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from stationd.errors import MistakeError
from stationd.outbox.mail import compose, message_id
from stationd.outbox.model import Letter
from stationd.posting import LetterSettings, SenderSettings, SmtpSettings

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
LETTER = Letter(
    id="ab" * 16,
    case_id="c",
    kind="termination",
    form_id="f",
    channel="email",
    recipient="Acme",
    address="a@example.com",
    file="letter.pdf",
    doc=b"",
    sha256="",
    text_doc=b"",
    data_doc=b"",
    fact_id="",
    drafted_by="maria",
    drafted_at=NOW,
)
SETTINGS = LetterSettings(
    sender=SenderSettings(name="Maple Ålarm, Inc."),
    smtp=SmtpSettings(host="localhost", sender="l@maple.example"),
)
TEXT = (
    "A line that is longer than any mail program shows at once, " * 3 + "\n\n  Line  Amount\n.dot\n"
)


def made(**more):
    told = {"key": "k1", "address": "a@example.com", "text": TEXT, "pdf": b"%PDF\r\n\x00"}
    return compose(LETTER, settings=SETTINGS, now=NOW, **told | more)


def test_a_message_has_the_text_and_the_pdf_to_the_byte():
    read = message_from_bytes(made(), policy=default)
    assert read["Message-ID"] == "<k1@maple.example>" == message_id("k1", "l@maple.example")
    assert read["To"] == "a@example.com"
    assert read["Subject"] == "Notice of termination (ABABABAB)"
    assert "Maple Ålarm" in read["From"]
    (pdf,) = read.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content()) == ("letter.pdf", b"%PDF\r\n\x00")
    body = read.get_body(("plain",)).get_content()
    assert max(map(len, body.splitlines())) <= 76
    assert "  Line  Amount" in body


def test_the_same_letter_is_the_same_message():
    assert made() == made()
    assert b"\n" not in made().replace(b"\r\n", b"")


@pytest.mark.parametrize("address", ["", "a", "a@b", "a@b.example\r\nBcc: x@y.example", "a b@c.de"])
def test_what_is_no_address_gets_no_message(address):
    with pytest.raises(MistakeError, match="no e-mail address"):
        made(address=address)
