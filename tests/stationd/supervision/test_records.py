"""What an account's chain is told of its timer tests."""

from datetime import UTC, datetime

import pytest

from stationd.supervision.model import Counts, News, State
from stationd.supervision.records import test_record as record_of


@pytest.mark.parametrize(
    ("heard_at", "last"),
    [(None, None), (datetime(2026, 3, 1, tzinfo=UTC), "2026-03-01T00:00:00.000000Z")],
)
def test_a_record_says_what_was_expected_and_what_came(
    heard_at: datetime | None, last: str | None
) -> None:
    news = News(
        acct="1234",
        cause=State.MISSED,
        at=datetime(2026, 3, 2, tzinfo=UTC),
        heard_at=heard_at,
        interval=86400,
        grace=7200,
        counts=Counts.TEST,
    )
    draft = record_of(news)
    assert (draft.acct, draft.type, draft.origin) == ("1234", "line", "machine")
    assert draft.fields == {
        "at": "2026-03-02T00:00:00.000000Z",
        "cause": "missed",
        "counts": "test",
        "grace_s": 7200,
        "interval_s": 86400,
        "kind": "tests",
        "last": last,
    }
