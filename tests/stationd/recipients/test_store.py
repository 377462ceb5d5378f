from dataclasses import replace
from datetime import UTC, datetime, timedelta

from stationd.recipients.model import Holder
from stationd.recipients.store import end_recipient, read_recipients, record_recipient

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ADLER = Holder(
    fingerprint="ab" * 32,
    name="Adler",
    pem=b"-----BEGIN CERTIFICATE-----\n",
    subject="CN=Adler",
    key="RSA 2048",
    until=NOW + timedelta(days=30),
    added_by="maria",
    added_at=NOW,
)


def test_recipients_come_back_by_name_and_the_newest_first(desk) -> None:
    later = replace(ADLER, fingerprint="cd" * 32, added_at=NOW + timedelta(days=1))
    berg = replace(ADLER, fingerprint="ef" * 32, name="Berg")
    with desk.database.writing() as connection:
        for one in (berg, ADLER, later):
            record_recipient(connection, one)
        end_recipient(connection, ADLER.fingerprint, NOW)

    with desk.database.reading() as connection:
        assert read_recipients(connection) == [later, replace(ADLER, ended_at=NOW), berg]
