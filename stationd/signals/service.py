"""Histories, the live tail, what is parked, and claiming it for an account."""

from collections.abc import Collection, Mapping
from datetime import datetime

from archive.canonical import JsonValue, decode
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import LedgerBrokenError
from stationd.ledger.chain import OWN_KEYS
from stationd.ledger.model import Origin, RecordDraft, RecordType, unknown_chain
from stationd.ledger.store import append, find_record
from stationd.signals import store
from stationd.signals.model import UNKNOWN, Parked, ParkedSum, SignalRow, Summary

__all__ = ["claim", "folded_history", "history", "parked", "summary", "tail", "tail_start"]

_AT_ONCE = 500


def history(  # noqa: PLR0913  (the filters of a history)
    desk: Desk,
    acct: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    classes: Collection[str] = (),
    code: str | None = None,
    after: tuple[int, int] | None = None,
    limit: int = 1000,
) -> list[SignalRow]:
    """Return signals of a chain, oldest first; ``after`` the (epoch, seq) of a row goes on.

    ``since`` is inclusive, ``until`` is not; both mean the time received.
    """
    with desk.database.reading() as connection:
        return store.read_history(
            connection,
            acct,
            since=_text(since),
            until=_text(until),
            classes=classes,
            code=code,
            after=after,
            limit=limit,
        )


def folded_history(  # noqa: PLR0913  (the filters of a history)
    desk: Desk,
    acct: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    classes: Collection[str] = (),
    code: str | None = None,
    limit: int = 1000,
) -> list[SignalRow]:
    """Return what `history` does, the signals of a runaway folded to a row for each kind."""
    with desk.database.reading() as connection:
        return store.read_folded(
            connection,
            acct,
            since=_text(since),
            until=_text(until),
            classes=classes,
            code=code,
            limit=limit,
        )


def summary(
    desk: Desk, acct: str, *, since: datetime | None = None, until: datetime | None = None
) -> Summary:
    """Count the signals of a chain in a period, by class."""
    with desk.database.reading() as connection:
        return store.read_summary(connection, acct, since=_text(since), until=_text(until))


def tail_start(desk: Desk, *, back: int = 0) -> dict[str, int]:
    """Return where a tail begins: ``back`` entries before the end of each journal."""
    with desk.database.reading() as connection:
        ends = store.read_ends(connection)
    return {journal: max(0, position - back) for journal, position in ends.items()}


def tail(
    desk: Desk, after: Mapping[str, int], *, limit: int = 1000
) -> tuple[list[SignalRow], dict[str, int]]:
    """Return what came behind ``after``, of every journal, and where the next call goes on."""
    rows: list[SignalRow] = []
    reached = dict(after)
    with desk.database.reading() as connection:
        for journal in sorted(store.read_ends(connection)):
            found = store.read_tail(connection, journal, reached.get(journal, 0), limit)
            # A position cut by the limit is left for the next call, all its events together.
            if len(found) == limit and found[0][0] != found[-1][0]:
                found = [(at, row) for at, row in found if at != found[-1][0]]
            rows += [row for _, row in found]
            if found:
                reached[journal] = found[-1][0]
    return rows, reached


def parked(desk: Desk) -> list[ParkedSum]:
    """Return what is parked: per number and reason its count, first, last and source."""
    with desk.database.reading() as connection:
        return store.read_parked(connection)


def claim(  # noqa: PLR0913  (whose signals, of which number, of which time)
    desk: Desk,
    acct: str,
    *,
    group: str,
    number: str,
    by: str,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Give parked signals of a number to the account that has it now; return how many.

    Each becomes a new record of the account that names the old one, which stays.  Done in
    slices, a transaction each; what was interrupted goes on where it stopped.
    """
    claimed = 0
    while True:
        with desk.database.writing() as connection:
            found = store.read_parked_signals(
                connection,
                group,
                number,
                UNKNOWN,
                since=_text(since),
                until=_text(until),
                limit=_AT_ONCE,
            )
            if found:
                _claim(connection, desk, acct, found, by)
        claimed += len(found)
        if len(found) < _AT_ONCE:
            return claimed


def _claim(connection: Connection, desk: Desk, acct: str, found: list[Parked], by: str) -> None:
    """Append and settle one slice."""
    now = desk.clock.now()
    drafts = [_claimed(connection, acct, one, by) for one in found]
    records = append(connection, drafts, station=desk.station, now=now, ids=desk.ids)
    store.record_signals(
        connection,
        [
            {
                "acct": record.acct,
                "epoch": record.epoch,
                "seq": record.seq,
                **store.signal_values(draft.fields, (*_marks(draft.fields), "claimed")),
            }
            for draft, record in zip(drafts, records, strict=True)
        ],
    )
    store.record_settled(connection, found, iso(now))


def _claimed(connection: Connection, acct: str, one: Parked, by: str) -> RecordDraft:
    """Return the account's record of a signal that stands in the chain of its number."""
    chain = unknown_chain(one.receiver_group, one.number)
    found = find_record(connection, chain, one.journal, one.position, one.part)
    if found is None:
        msg = f"{chain} has no record of entry {one.position} of journal {one.journal}"
        raise LedgerBrokenError(msg)
    epoch, seq, body = found
    record = decode(body)
    if not isinstance(record, Mapping):
        msg = f"{chain} record {seq} is not a JSON object"
        raise LedgerBrokenError(msg)
    fields: dict[str, JsonValue] = {
        key: value for key, value in record.items() if key not in OWN_KEYS
    }
    fields["from"] = {"acct": chain, "epoch": epoch, "seq": seq}
    fields["by"] = by
    part = record.get("part")
    return RecordDraft(
        acct,
        RecordType.SIGNAL,
        Origin.MACHINE,
        fields,
        one.journal,
        one.position,
        (int(str(part[0])), int(str(part[1]))) if isinstance(part, list) else None,
    )


def _marks(fields: Mapping[str, JsonValue]) -> list[str]:
    marks = fields.get("marks")
    return [str(mark) for mark in marks] if isinstance(marks, (list, tuple)) else []


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
