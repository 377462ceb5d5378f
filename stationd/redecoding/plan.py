"""What an entry read anew changes: corrections, records that were missing, nothing.  No database.

A record whose meaning is another one now gets a correction.  An event that no chain had, or that
goes to another account because its number reads differently, becomes a new record there; the old
one stays.  Nothing is moved because links have changed since: that is `stationctl account claim`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from archive.canonical import JsonValue
from receivers.signals import Signal, SignalClass
from stationd.follower import fields as make
from stationd.follower.assign import assigned, in_force
from stationd.follower.batch import Batch
from stationd.follower.duplicates import Duplicates
from stationd.follower.model import Owner, Taken
from stationd.follower.watch import Watch
from stationd.ids import CountedIds
from stationd.ledger.model import RecordDraft, is_account, line_chain, unknown_chain
from stationd.redecoding.model import MEANING, Known, ParkedPlace
from stationd.redecoding.reading import Piece, Read
from stationd.signals.model import UNKNOWN, Parked

__all__ = ["Addition", "Correction", "Plan", "plan"]

Owners = Mapping[tuple[str, str], list[Owner]]

# What a record says of how it was received and kept, and not of what the frame means.
_DAMAGED = "not_acknowledged"
_ANEW = "redecoded"
_KINDS = {kind.value: kind for kind in SignalClass}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A record that means something else now; ``reading`` is empty where it means nothing more.

    ``before`` has the old values of what changed, None for what was not there.
    """

    known: Known
    reading: Mapping[str, JsonValue]
    before: Mapping[str, JsonValue]
    entry: Mapping[str, JsonValue]
    options: Mapping[str, str | int | bool] | None

    @property
    def withdrawn(self) -> bool:
        """Whether the frame has no such event at all."""
        return not self.reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A record that a chain gets now, with its marks."""

    draft: RecordDraft
    marks: tuple[str, ...]


@dataclass(slots=True)
class Plan:
    """What one entry changes; ``why`` says why one that was read before cannot be read now."""

    signals: int = 0
    corrections: list[Correction] = field(default_factory=list)
    additions: list[Addition] = field(default_factory=list)
    settled: list[tuple[str, int, int]] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    why: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing is to be written."""
        return not (self.corrections or self.additions or self.settled or self.parked)


def plan(read: Read, known: Sequence[Known], parked: Sequence[ParkedPlace], owners: Owners) -> Plan:
    """Return what ``read`` changes, given what chains and the parking place have of its entry."""
    signals = [one for one in known if one.part > 0]
    made = Plan(signals=len(signals))
    if not read.pieces:
        made.why = read.why if signals else ""
        return made
    if not signals and not parked:
        # Kept for what it is: a refused frame, or one whose signals are counted otherwise.
        return made
    made.corrections = _corrections(read, signals)
    missing = _without_record(read, signals, made.corrections, owners)
    if missing:
        _add(made, read, known, missing, owners)
    _unpark(made, read, parked, missing)
    return made


def _without_record(
    read: Read, known: Sequence[Known], corrections: Sequence[Correction], owners: Owners
) -> set[tuple[str, int]]:
    """Return account and part of every event that goes where it has no record yet."""
    # What reads as it did goes where it went.
    same = {one.part for one in known} - {one.known.part for one in corrections}
    return {
        (acct, part)
        for part, (piece, signal) in enumerate(_events(read), start=1)
        if part not in same
        for acct in _missing(piece.taken, signal, [k for k in known if k.part == part], owners)
    }


def _events(read: Read) -> list[tuple[Piece, Signal]]:
    return [(piece, signal) for piece in read.pieces for signal in piece.decoded.signals]


def _corrections(read: Read, known: Sequence[Known]) -> list[Correction]:
    """Return the corrections of records that mean something else now."""
    readings = [make.signal_fields(signal, piece.decoded.table) for piece, signal in _events(read)]
    made = []
    for one in known:
        reading = readings[one.part - 1] if one.part <= len(readings) else {}
        if changed := _changed(one.reading, reading):
            made.append(_correction(read, one, reading, changed))
    return made


def _changed(before: Mapping[str, Any], after: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the old value of every key that means something else."""
    return {key: before.get(key) for key in MEANING if before.get(key) != after.get(key)}


def _correction(
    read: Read, known: Known, reading: Mapping[str, JsonValue], changed: Mapping[str, JsonValue]
) -> Correction:
    before = {**changed, "table": known.reading.get("table")} if reading else changed
    return Correction(
        known=known,
        reading=reading,
        before={key: value for key, value in before.items() if value != reading.get(key)},
        entry=known.record["entry"],
        options=read.options,
    )


def _missing(taken: Taken, signal: Signal, known: Sequence[Known], owners: Owners) -> Iterable[str]:
    """Return the chains that an event goes to and that have no record of it.

    Where it was recorded, only what reads differently counts: a chain that the old reading goes
    to as well was not left out by a misreading.
    """
    now = _accts(taken, signal, owners)
    if not known:
        return now
    before = {acct for one in known for acct in _accts(taken, _as_read(one), owners)}
    return now - before - {one.acct for one in known}


def _as_read(known: Known) -> Signal:
    """Return as much of a recorded signal as decides whose it is."""
    reading = known.reading
    return Signal(
        number=str(reading.get("number", "")),
        token="",
        signal_class=_KINDS.get(str(reading.get("class")), SignalClass.STATUS),
        zone=str(reading.get("zone", "")),
        area=str(reading.get("area", "")),
    )


def _accts(taken: Taken, signal: Signal, owners: Owners) -> set[str]:
    """Return the chains that a signal goes to, as the follower decides it."""
    if signal.signal_class is SignalClass.SELF:
        return {line_chain(taken.entry.listener)}
    group = taken.listener.group if taken.listener else ""
    found = in_force(owners.get((group, signal.number), ()), taken.rx)
    takers, _ = assigned(signal, found)
    return {owner.acct for owner in takers} or {unknown_chain(group, signal.number)}


def _add(
    made: Plan, read: Read, known: Sequence[Known], missing: set[tuple[str, int]], owners: Owners
) -> None:
    """Make the missing records the way the follower makes them."""
    batch = _batch(read, owners)
    offset, drafts = 0, list[RecordDraft]()
    parked: list[Parked] = []
    total = sum(len(piece.decoded.signals) for piece in read.pieces)
    for piece in read.pieces:
        before, parked_before = len(batch.drafts), len(batch.parked)
        batch.take(piece.taken)
        drafts += [_moved(draft, offset, total) for draft in batch.drafts[before:]]
        parked += [replace(one, part=one.part + offset) for one in batch.parked[parked_before:]]
        offset += len(piece.decoded.signals)
    anew = (_ANEW,) if read.acknowledged else (_ANEW, _DAMAGED)
    for draft, marks in zip(drafts, batch.marks, strict=True):
        part = _part(draft)
        if (draft.acct, part) in missing:
            marked = (*(marks or ()), *anew)
            fields = {**draft.fields, "marks": list(marked), **_from(draft.acct, part, known)}
            made.additions.append(Addition(draft=replace(draft, fields=fields), marks=marked))
    chains = {(unknown_chain(one.receiver_group, one.number), one.part): one for one in parked}
    made.parked = [one for place, one in chains.items() if place in missing]


def _moved(draft: RecordDraft, offset: int, total: int) -> RecordDraft:
    """Return a draft whose part counts the events of all frames of its entry."""
    return replace(draft, part=(_part(draft) + offset, total))


def _part(draft: RecordDraft) -> int:
    return draft.part[0] if draft.part else 0


def _batch(read: Read, owners: Owners) -> Batch:
    """Return what makes records of frames; nobody watches lines by old entries."""
    watch = Watch("", lines=(), tallies=(), gaps=(), last=None, ids=CountedIds())
    return Batch(
        journal=read.journal,
        node="",
        watch=watch,
        owners=owners,
        duplicates=Duplicates((), ()),
    )


def _from(acct: str, part: int, known: Sequence[Known]) -> dict[str, JsonValue]:
    """Return where an event stood before; another account's chain is not named."""
    for one in known:
        if one.part in (part, 0) and (one.acct == acct or not is_account(one.acct)):
            return {"from": {"acct": one.acct, "epoch": one.epoch, "seq": one.seq}}
    return {}


def _unpark(
    made: Plan, read: Read, parked: Sequence[ParkedPlace], missing: set[tuple[str, int]]
) -> None:
    """Settle what is parked: a frame that is read now, an event that has an account now."""
    unknown = {one.part for one in made.parked}
    position = read.entry.position
    for place in parked:
        elsewhere = any(part == place.part and is_account(acct) for acct, part in missing)
        read_now = place.part == 0
        found = place.reason == UNKNOWN and elsewhere
        if (read_now or found) and place.part not in unknown:
            made.settled.append((read.journal, position, place.part))
