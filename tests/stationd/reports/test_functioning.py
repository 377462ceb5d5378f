from datetime import timedelta

import pytest
from pypdf import PdfReader

from stationd.clock import iso
from stationd.errors import MistakeError
from stationd.ledger.model import Origin, RecordDraft, RecordType
from stationd.ledger.store import append
from stationd.reports import functioning as service

HOUR = timedelta(hours=1)


@pytest.fixture
def received(desk, roll, clock):
    """An account with a signal each hour for three hours."""
    roll.account("1234")
    for code in ("130", "401", "602"):
        fields = {"class": "alarm", "code": code, "rx": iso(clock.now())}
        draft = RecordDraft("1234", RecordType.SIGNAL, Origin.MACHINE, fields)
        with desk.database.writing() as connection:
            append(connection, [draft], station=desk.station, now=clock.now(), ids=desk.ids)
        clock.advance(HOUR)
    return clock.now()


def words(content, tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(content)
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def test_only_what_was_received_in_the_span_is_counted(desk, received, tmp_path):
    made = service.functioning_report(
        desk, "1234", since=received - 2.5 * HOUR, until=received - 1.5 * HOUR
    )

    assert made.records == 1
    assert "Of the 1 records" in words(made.content, tmp_path)


def test_the_whole_span_is_read_page_by_page(desk, received, monkeypatch, tmp_path):
    monkeypatch.setattr(service, "_PAGE", 1)

    made = service.functioning_report(desk, "1234", since=received - 9 * HOUR, until=received)

    assert made.records >= 3


def test_a_span_that_is_none_or_too_much_is_refused(desk, received, monkeypatch):
    with pytest.raises(MistakeError, match="ends before it begins"):
        service.functioning_report(desk, "1234", since=received, until=received)
    monkeypatch.setattr(service, "_MOST", 1)
    monkeypatch.setattr(service, "_PAGE", 1)
    with pytest.raises(MistakeError, match="shorter"):
        service.functioning_report(desk, "1234", since=received - 9 * HOUR, until=received)
