"""What an account's chain is told of its timer tests."""

from archive.canonical import JsonValue
from stationd.clock import iso
from stationd.ledger.model import Origin, RecordDraft, RecordType
from stationd.supervision.model import News

__all__ = ["test_record"]


def test_record(news: News) -> RecordDraft:
    """Return the record of tests that were missed, or that came again."""
    fields: dict[str, JsonValue] = {
        "at": iso(news.at),
        "cause": news.cause.value,
        "counts": news.counts.value,
        "grace_s": news.grace,
        "interval_s": news.interval,
        "kind": "tests",
        "last": None if news.heard_at is None else iso(news.heard_at),
    }
    return RecordDraft(news.acct, RecordType.LINE, Origin.MACHINE, fields)
