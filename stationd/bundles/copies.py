"""Ordering redacted copies of whole bundles: for the other side, the customer, or one incident."""

from dataclasses import dataclass
from datetime import datetime

from archive.canonical import JsonValue, encode
from archive.redaction import PROFILES
from stationd.bundles import store
from stationd.bundles.model import Kind, Order, OrderState
from stationd.bundles.redacting import Wish, span_around
from stationd.bundles.service import place
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, RefusedError
from stationd.ledger.store import append, store_document
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["LONGEST_REASON", "Asked", "order_copy"]

LONGEST_REASON = 500
"""Letters of a reason; it is printed in the copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person asks for: a profile, the reason, and of an extract the span or a record.

    ``around`` is the number of a record: its incident is the span.
    """

    profile: str
    reason: str
    since: datetime | None = None
    until: datetime | None = None
    around: int | None = None


def order_copy(desk: Desk, source_id: str, asked: Asked, by: Person) -> str:
    """Order a redacted copy of a verified whole bundle; return the order's id.

    The whole bundle stays where it is.  The reason goes into the copy, for whoever gets it to read.
    """
    require(by, Right.MAKE_BUNDLES)
    reason = _reason(asked)
    with desk.database.writing() as connection:
        source = _whole(connection, source_id)
        wish = Wish(profile=asked.profile, reason=reason, span=_span(connection, source, asked))
        now = desk.clock.now()
        doc = store_document(
            connection,
            content=encode({"reason": reason}),
            media_type="application/json",
            name="redacted-copy.json",
            compartment="internal",
            now=now,
            ids=desk.ids,
        )
        told: dict[str, JsonValue] = {
            "doc": doc.hex(),
            "profile": wish.profile,
            "source": source.id,
        }
        if wish.span is not None:
            told["span"] = [iso(one) for one in wish.span]
        order_id, draft = place(
            connection,
            desk,
            acct=source.acct,
            epoch=source.epoch,
            kind=Kind.REDACTED,
            by=by,
            case_id=None,
            source_id=source.id,
            redaction=wish.encoded(),
            told=told,
        )
        append(connection, [draft], station=desk.station, now=now, ids=desk.ids)
        return order_id


def _reason(asked: Asked) -> str:
    if asked.profile not in PROFILES:
        msg = f"There is no profile {asked.profile}; there are: {', '.join(sorted(PROFILES))}."
        raise MistakeError(msg)
    reason = " ".join(asked.reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        msg = (
            f"A copy gives its reason, in 1 to {LONGEST_REASON} letters; it is printed in the copy."
        )
        raise MistakeError(msg)
    return reason


def _whole(connection: Connection, source_id: str) -> Order:
    source = store.read_order(connection, source_id)
    if source.kind is Kind.REDACTED:
        msg = f"Bundle {source.name or source.id} is a copy itself; name the whole bundle."
        raise MistakeError(msg)
    if source.state is not OrderState.VERIFIED:
        trouble = f" Last trouble: {source.why}" if source.why else ""
        msg = f"Bundle {source.name or source.id} is {source.state}, not verified.{trouble}"
        raise RefusedError(msg)
    return source


def _span(connection: Connection, source: Order, asked: Asked) -> tuple[datetime, datetime] | None:
    """Return the span of an extract; None: the profile shows the whole time."""
    given = [one for one in (asked.since, asked.until, asked.around) if one is not None]
    if not PROFILES[asked.profile].spanned:
        if given:
            raise MistakeError(f"The profile {asked.profile} shows the whole time; it has no span.")
        return None
    if asked.around is not None and len(given) == 1:
        assert source.records is not None  # noqa: S101  (it is verified)
        chain = (source.acct, source.epoch)
        return span_around(connection, chain, source.records, asked.around)
    if asked.since is None or asked.until is None or asked.around is not None:
        raise MistakeError("An extract needs its first and last moment, or the number of a record.")
    if asked.until <= asked.since:
        raise MistakeError("The last moment of an extract lies after its first.")
    return asked.since, asked.until
