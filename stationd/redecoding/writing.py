"""Writing what reading anew has changed: records, the index over them, what is parked."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from archive.canonical import JsonValue
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.ledger.model import STATION, Head, Origin, Record, RecordDraft, RecordType
from stationd.ledger.store import append, read_current_heads
from stationd.redecoding import store
from stationd.redecoding.model import MEANING, Tools
from stationd.redecoding.plan import Correction, Plan
from stationd.signals import store as signal_store
from stationd.signals.model import Parked

__all__ = ["write"]

_COLUMNS = ("signal_class", "code", "name", "zone", "user", "area", "text", "number")


def write(
    connection: Connection, desk: Desk, plans: Sequence[Plan], *, tools: Tools, by: str
) -> None:
    """Append corrections and new records; the caller's transaction commits all or nothing.

    What concerns a closed epoch goes to the `station` chain, naming account and epoch.
    """
    now = desk.clock.now()
    corrections = [one for plan in plans for one in plan.corrections]
    additions = [one for plan in plans for one in plan.additions]
    chains = {one.known.acct for one in corrections} | {one.draft.acct for one in additions}
    # All of them at once and before anything is decided by them: whether an epoch is closed.
    heads = read_current_heads(connection, [*chains, STATION])
    drafts = [_draft(one, heads, tools, by) for one in corrections]
    drafts += [_named(one.draft, by) for one in additions]
    records = append(connection, drafts, station=desk.station, now=now, ids=desk.ids)
    corrected = records[: len(corrections)]
    store.record_corrected(
        connection,
        [_row(one, record) for one, record in zip(corrections, corrected, strict=True)],
        [_shown(one) for one in corrections],
    )
    signal_store.record_signals(
        connection,
        [
            {
                "acct": record.acct,
                "epoch": record.epoch,
                "seq": record.seq,
                **signal_store.signal_values(one.draft.fields, one.marks),
            }
            for one, record in zip(additions, records[len(corrections) :], strict=True)
        ],
    )
    _park(connection, plans, now)


def _draft(one: Correction, heads: dict[str, Head], tools: Tools, by: str) -> RecordDraft:
    """Return the record of a correction: the whole reading, and the old values of what changed."""
    known = one.known
    fields: dict[str, JsonValue] = {
        **one.reading,
        "before": dict(one.before),
        "by": by,
        "corrects": known.seq,
        "entry": dict(one.entry),
        "kind": "redecoded",
        "software": tools.software,
    }
    if one.withdrawn:
        fields |= {"table": tools.table, "withdrawn": True}
    if one.options is not None:
        fields["options"] = dict(one.options)
    head = heads[known.acct]
    closed = head.closed or head.epoch != known.epoch
    if closed:
        fields["of"] = {"acct": known.acct, "epoch": known.epoch}
    part = known.record.get("part")
    return RecordDraft(
        STATION if closed else known.acct,
        RecordType.CORRECTION,
        Origin.MACHINE,
        fields,
        part=(part[0], part[1]) if isinstance(part, list) else None,
    )


def _named(draft: RecordDraft, by: str) -> RecordDraft:
    """Return a draft that says who had it read anew."""
    return RecordDraft(
        draft.acct,
        draft.type,
        draft.origin,
        {**draft.fields, "by": by},
        draft.journal,
        draft.position,
        draft.part,
    )


def _row(one: Correction, record: Record) -> dict[str, Any]:
    known = one.known
    values = signal_store.signal_values(known.record, ())
    return {
        "acct": known.acct,
        "epoch": known.epoch,
        "seq": known.seq,
        "by_acct": record.acct,
        "by_epoch": record.epoch,
        "by_seq": record.seq,
        "count": known.corrections + 1,
        "original": {name: values[name] for name in _COLUMNS},
    }


def _shown(one: Correction) -> dict[str, Any]:
    """Return the row of the index as the correction reads it; a withdrawn event keeps its words."""
    known = one.known
    said = {key: value for key, value in known.record.items() if key not in MEANING}
    marks = [mark for mark in known.marks.split(",") if mark]
    news = ("corrected", "withdrawn") if one.withdrawn else ("corrected",)
    kept = [mark for mark in marks if mark not in {"corrected", "withdrawn"}]
    reading = known.reading if one.withdrawn else one.reading
    return {
        "acct": known.acct,
        "epoch": known.epoch,
        "seq": known.seq,
        **signal_store.signal_values({**said, **reading}, (*kept, *news)),
    }


def _park(connection: Connection, plans: Sequence[Plan], now: datetime) -> None:
    settled = [place for plan in plans for place in plan.settled]
    signal_store.record_settled(
        connection,
        [
            Parked(
                journal=journal,
                position=position,
                part=part,
                reason="",
                detail="",
                receiver_group="",
                number="",
                listener="",
                peer="",
                received_at="",
            )
            for journal, position, part in settled
        ],
        iso(now),
    )
    store.record_parked(connection, [asdict(one) for plan in plans for one in plan.parked])
