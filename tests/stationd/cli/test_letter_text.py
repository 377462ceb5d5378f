from datetime import UTC, datetime

from stationd.cli.letter_text import letter_value, sending_row, sending_value
from stationd.outbox.model import Letter, Sending, State

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
    sha256="00",
    text_doc=b"",
    data_doc=b"",
    fact_id="x",
    drafted_by="maria",
    drafted_at=NOW,
    stated_at=NOW,
)
SENDING = Sending(
    id="cd" * 16,
    letter_id=LETTER.id,
    case_id="c",
    channel="email",
    address="a@example.com",
    state=State.SENT,
    ordered_by="maria",
    ordered_at=NOW,
)


def test_a_letter_and_its_sending_are_plain_values():
    assert letter_value(LETTER)["stated_at"] == "2026-03-02T15:00:00.000000Z"
    assert (letter_value(LETTER)["send_by"], sending_value(SENDING)["state"]) == (None, "sent")


def test_a_row_says_whether_a_sending_is_declared_and_what_stands_in_its_way():
    row = sending_row(SENDING, LETTER)
    assert row == [
        "cdcdcdcd",
        "abababab",
        "email",
        "a@example.com",
        "sent",
        "0",
        "no",
        "termination",
    ]
