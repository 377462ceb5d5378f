"""How an order for a redacted copy says what to withhold, and what its proofs may still show."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from archive.canonical import JsonValue, encode
from archive.incidents import AFTER, BEFORE
from archive.merkle import account_key
from archive.redaction import Censor, Redaction, RedactionSource
from archive.summary import moment
from stationd.anchors.points import Sizes, choose
from stationd.anchors.store import read_incidents, read_points, read_sizes
from stationd.bundles.model import Order
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.errors import NotFoundError
from stationd.ledger.store import read_records

__all__ = ["Wish", "redaction_of", "shown_points", "span_around"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a copy is to be redacted: profile, the reason that it gives, and an extract's span."""

    profile: str
    reason: str
    span: tuple[datetime, datetime] | None = None

    def encoded(self) -> str:
        """Return it as canonical text, for the order's row."""
        span = None if self.span is None else [iso(one) for one in self.span]
        value: dict[str, JsonValue] = {
            "profile": self.profile,
            "reason": self.reason,
            "span": span,
        }
        return encode(value).decode()


def redaction_of(order: Order, source: Order) -> Redaction:
    """Return what the copy ``order`` withholds of the whole bundle ``source``."""
    assert order.redaction is not None  # noqa: S101  (it is a copy)
    value: Mapping[str, Any] = json.loads(order.redaction)
    span = value["span"]
    return Redaction(
        order=order.id,
        profile=value["profile"],
        reason=value["reason"],
        span=None if span is None else (span[0], span[1]),
        of=RedactionSource(
            order=source.id,
            kind=source.kind.value,
            base=source.name or "",
            content_id=source.content_id or "",
        ),
    )


def span_around(
    connection: Connection, chain: tuple[str, int], size: int, seq: int
) -> tuple[datetime, datetime]:
    """Return the span of the incident that record ``seq`` is of, as the report shows it.

    It begins ten minutes before the first alarm, duress or medical signal and ends half an hour
    after the last, of signals so close together; a record that is none of these is its own.
    """
    if not 1 <= seq <= size:
        acct, _ = chain
        raise NotFoundError(f"Account {acct} has no record {seq} in this bundle.")
    first = last = _moment(connection, chain, seq)
    incidents = read_incidents(connection, *chain, size)
    if seq in incidents:
        at = incidents.index(seq)
        for earlier in reversed(incidents[:at]):
            before = _moment(connection, chain, earlier)
            if before + AFTER < first:
                break
            first = before
        for later in incidents[at + 1 :]:
            after = _moment(connection, chain, later)
            if after > last + AFTER:
                break
            last = after
    return first - BEFORE, last + AFTER


def _moment(connection: Connection, chain: tuple[str, int], seq: int) -> datetime:
    return datetime.fromisoformat(moment(_fields(connection, chain, seq))).astimezone(UTC)


def _fields(connection: Connection, chain: tuple[str, int], seq: int) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(read_records(connection, *chain, seq, 1)[0])
    return found


def shown_points(
    connection: Connection, station: str, order: Order, redaction: Redaction
) -> frozenset[int]:
    """Return the points that a copy may show; its whole bundle may show more.

    The points before and after an incident tell when it was: those of a withheld one stay away.
    """
    assert order.checkpoint is not None  # noqa: S101  (it is prepared)
    chain = (order.acct, order.epoch)
    sizes = Sizes(read_sizes(connection, account_key(station, *chain)))
    incidents = read_incidents(connection, *chain, sizes.at(order.checkpoint))
    censor = Censor(redaction)
    shown = [seq for seq in incidents if not censor.judge(_fields(connection, chain, seq), seq)]
    return frozenset(choose(read_points(connection, order.checkpoint), sizes, shown))
