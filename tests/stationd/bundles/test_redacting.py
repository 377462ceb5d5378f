import json
from datetime import UTC, datetime, timedelta

import pytest

from stationd.bundles import redacting
from stationd.bundles.model import Kind, Order, OrderState
from stationd.bundles.redacting import Wish, redaction_of, shown_points, span_around
from stationd.clock import iso
from stationd.errors import NotFoundError

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def ordered(**more):
    known = {
        "id": "c1",
        "kind": Kind.REDACTED,
        "acct": "1234",
        "epoch": 1,
        "case_id": None,
        "ordered_by": "maria",
        "ordered_at": NOON,
        "state": OrderState.ORDERED,
        "legal_hold": False,
        "retry_at": NOON,
    }
    return Order(**known | more)


def test_a_wish_comes_back_from_the_orders_row_as_what_the_copy_withholds() -> None:
    wish = Wish(profile="incident", reason="claim", span=(NOON, NOON + timedelta(hours=1)))
    source = ordered(id="o1", kind=Kind.CLOSING, name="base", content_id="ab" * 32)

    found = redaction_of(ordered(redaction=wish.encoded(), source_id="o1"), source)

    assert (found.order, found.profile, found.reason) == ("c1", "incident", "claim")
    assert found.span == (iso(NOON), iso(NOON + timedelta(hours=1)))
    assert (found.of.order, found.of.kind, found.of.base) == ("o1", "closing", "base")


def test_a_wish_without_a_span_has_none() -> None:
    wish = Wish(profile="customer", reason="asked")

    assert redaction_of(ordered(redaction=wish.encoded()), ordered()).span is None


@pytest.fixture
def chain_of(monkeypatch):
    """Put records at so many minutes from noon before the functions, incidents among them."""

    def put(minutes, incidents, **more):
        bodies = [
            json.dumps(
                {"seq": seq, "t": iso(NOON + timedelta(minutes=one)), **more.get(f"r{seq}", {})}
            )
            for seq, one in enumerate(minutes, 1)
        ]
        monkeypatch.setattr(
            redacting, "read_records", lambda _c, _a, _e, seq, _n: [bodies[seq - 1].encode()]
        )
        monkeypatch.setattr(redacting, "read_incidents", lambda *_: list(incidents))

    return put


@pytest.mark.parametrize(
    ("seq", "first", "last"),
    [(1, -10, 30), (2, 90, 175), (3, 90, 175), (4, 90, 175), (5, 190, 230), (6, 390, 430)],
)
def test_a_span_reaches_around_signals_that_are_close_together(seq, first, last, chain_of) -> None:
    chain_of([0, 100, 120, 145, 200, 400], [2, 3, 4, 6])

    span = span_around(None, ("1234", 1), 6, seq)

    assert span == (NOON + timedelta(minutes=first), NOON + timedelta(minutes=last))


@pytest.mark.parametrize("seq", [0, 7])
def test_a_record_that_is_not_there_has_no_span(seq, chain_of) -> None:
    chain_of([0], [])

    with pytest.raises(NotFoundError, match=f"no record {seq} in this bundle"):
        span_around(None, ("1234", 1), 6, seq)


def test_the_points_around_a_withheld_incident_stay_away(chain_of, monkeypatch) -> None:
    chain_of([0, 1, 2, 3, 4], [2, 4], r2={"class": "medical"}, r4={"class": "alarm"})
    monkeypatch.setattr(redacting, "read_sizes", lambda *_: [(n, n) for n in range(1, 7)])
    points = [(n, NOON + timedelta(minutes=n)) for n in range(1, 7)]
    monkeypatch.setattr(redacting, "read_points", lambda *_: points)
    source = ordered(id="o1", name="b", content_id="ab")

    def points_of(profile):
        wish = Wish(profile=profile, reason="x")
        order = ordered(redaction=wish.encoded(), checkpoint=6)
        return sorted(shown_points(None, "s", order, redaction_of(order, source)))

    assert points_of("customer") == [1, 2, 3, 4, 6]
    assert points_of("producible") == [1, 3, 4, 6]
