"""What a batch of entries becomes: records, index rows, parked events.  No database.

A frame gives one record an event and account.  A frame stands whole in a chain only where all its
events go to that chain; else each record has its own part and the frame's hash.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from archive.canonical import JsonValue
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from stationd.follower import fields as make
from stationd.follower.assign import assigned, in_force
from stationd.follower.duplicates import Duplicates
from stationd.follower.meaning import note_of
from stationd.follower.model import Owner, Taken, Tally
from stationd.follower.polled import is_watched, poll_news
from stationd.follower.watch import Watch
from stationd.journal.model import Kind
from stationd.ledger.model import (
    Origin,
    RecordDraft,
    RecordType,
    line_chain,
    node_chain,
    unknown_chain,
)
from stationd.runaways.detecting import Runaways, nobody_runs_away
from stationd.runaways.model import FOLDED
from stationd.signals.model import UNKNOWN, Parked
from stationd.supervision.account_polls import PollNews

__all__ = ["Batch", "heartbeats", "numbers_of", "polled_number"]

_Owners = Mapping[tuple[str, str], list[Owner]]

# What a column and a chain's name can hold.
_NUMBER = re.compile(r"[ -~]{1,40}")

# What an account's state says of a signal that comes all the same.
_SERVICE_MARKS = {"suspended": "log_only", "ended": "post_end"}
_NOTE_MARKS = ("repeat", "poll", "suspect")
_RECORD_MARKS = {"closed": "post_close", "purged": "post_close"}


@dataclass(frozen=True, slots=True)
class _Goal:
    """A chain that one event goes to, with the marks it gets there."""

    acct: str
    marks: tuple[str, ...] = ()
    unknown: bool = False


@dataclass(slots=True)
class Batch:
    """Gathers what entries become, in order.

    ``marks`` stands beside ``drafts``: the marks of a signal, None where a draft is not one.
    """

    journal: str
    node: str
    watch: Watch
    owners: _Owners
    duplicates: Duplicates
    runaways: Runaways = field(default_factory=nobody_runs_away)
    drafts: list[RecordDraft] = field(default_factory=list)
    marks: list[tuple[str, ...] | None] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    polls: list[PollNews] = field(default_factory=list)

    def take(self, taken: Taken) -> None:
        """Take the next entry."""
        for tally in self.watch.take(taken):
            self._append(heartbeats(tally, self.journal), None)
        for draft in self.runaways.over(taken.rx):
            self._append(draft, None)
        kind = taken.entry.kind
        if kind is Kind.FRAME:
            self._frame(taken)
        elif kind is Kind.GARBLED:
            self._park(taken, "garbled", str(note_of(taken.entry).get("fault", "")))
        elif kind is not Kind.HEARTBEAT:
            self._event(taken)

    def _event(self, taken: Taken) -> None:
        """Record what happened to a line or to the node, or to an account's polls."""
        name = taken.entry.listener
        if (number := polled_number(taken)) is not None:
            self._polls(taken, number)
            return
        chain = line_chain(name) if name else node_chain(self.node)
        self._line_record(taken, chain, make.line_fields(taken))

    def _polls(self, taken: Taken, number: str) -> None:
        """Record in the chain of each account whose number it is how its polls went."""
        group = taken.listener.group if taken.listener else ""
        owners = in_force(self.owners.get((group, number), ()), taken.rx)
        chains = dict.fromkeys(owner.acct for owner in owners) or [unknown_chain(group, number)]
        for chain in chains:
            self._line_record(taken, chain, make.line_fields(taken))
        watched = {owner.acct for owner in owners if is_watched(owner)}
        self.polls += [poll_news(taken, acct, number) for acct in sorted(watched)]

    def heard(self) -> set[str]:
        """Return the chains that signals went to."""
        pairs = zip(self.drafts, self.marks, strict=True)
        return {draft.acct for draft, marks in pairs if marks is not None}

    def _frame(self, taken: Taken) -> None:
        meaning = taken.meaning
        fault = note_of(taken.entry).get("fault") if taken.entry.note else None
        if isinstance(meaning, Decoded) and fault is None:
            self._signals(taken, meaning)
        elif fault is not None:
            self._park(taken, "not_acknowledged", str(fault), _number(meaning))
        elif isinstance(meaning, Undecoded):
            self._park(taken, "undecoded", meaning.reason, meaning.number)

    def _signals(self, taken: Taken, decoded: Decoded) -> None:
        """Record every event of a frame in every chain that it goes to."""
        note = note_of(taken.entry) if taken.entry.note else {}
        marks = tuple(mark for mark in _NOTE_MARKS if note.get(mark))
        goals = [self._goals(taken, signal) for signal in decoded.signals]
        # Only a chain that every event goes to may hold the frame as a whole.
        whole = set.intersection(*({goal.acct for goal in event} for event in goals))
        frame = make.whole_fields(taken.entry, decoded) if whole else {}
        base = make.entry_fields(taken, self.journal)
        count = len(goals)
        for number, (signal, event) in enumerate(zip(decoded.signals, goals, strict=True), start=1):
            said = {**base, **make.signal_fields(signal, decoded.table)}
            for goal in event:
                shown = (
                    frame if goal.acct in whole else make.part_fields(taken.entry, decoded, signal)
                )
                fields = {**said, **shown}
                self._mark_duplicate(taken, goal, signal, number, fields)
                self._signal(taken, goal, fields, marks, (number, count))
                if goal.unknown:
                    self._set_aside(taken, number, UNKNOWN, "", signal.number)

    def _mark_duplicate(
        self, taken: Taken, goal: _Goal, signal: Signal, number: int, fields: dict[str, JsonValue]
    ) -> None:
        first = self.duplicates.find(goal.acct, signal, taken, self.journal, number)
        if first is not None:
            fields["duplicate_of"] = make.place_fields(first)

    def _signal(
        self,
        taken: Taken,
        goal: _Goal,
        fields: dict[str, JsonValue],
        noted: tuple[str, ...],
        part: tuple[int, int],
    ) -> None:
        for draft in self.runaways.signal(goal.acct, taken.rx):
            self._append(draft, None)
        same = ("duplicate_of",) if "duplicate_of" in fields else ()
        folded = (FOLDED,) if self.runaways.folds(goal.acct) else ()
        marks = (*noted, *same, *goal.marks, *folded)
        if marks:
            fields["marks"] = marks
        if "unresolved" in marks:
            fields["scope"] = "unresolved"
        position = taken.entry.position
        self._append(
            RecordDraft(
                goal.acct,
                RecordType.SIGNAL,
                Origin.MACHINE,
                fields,
                self.journal,
                position,
                part,
            ),
            marks,
        )

    def _goals(self, taken: Taken, signal: Signal) -> list[_Goal]:
        """Return where an event goes; one of an unknown number is parked too."""
        if signal.signal_class is SignalClass.SELF:
            return [_Goal(line_chain(taken.entry.listener))]
        group = taken.listener.group if taken.listener else ""
        owners = in_force(self.owners.get((group, signal.number), ()), taken.rx)
        if not owners:
            return [_Goal(unknown_chain(group, signal.number), unknown=True)]
        takers, resolved = assigned(signal, owners)
        more = () if resolved else ("unresolved",)
        # By account: two links of one account take an event once.
        goals = {owner.acct: _Goal(owner.acct, (*_state_marks(owner), *more)) for owner in takers}
        return list(goals.values())

    def _park(self, taken: Taken, reason: str, detail: str, number: str = "") -> None:
        """Keep a frame that gave no signal: in the line's chain by its hash, and parked."""
        entry = taken.entry
        chain = line_chain(entry.listener) if entry.listener else node_chain(self.node)
        self._line_record(taken, chain, make.park_fields(taken, detail or reason))
        self._set_aside(taken, 0, reason, detail, number)

    def _set_aside(self, taken: Taken, part: int, reason: str, detail: str, number: str) -> None:
        entry = taken.entry
        self.parked.append(
            Parked(
                journal=self.journal,
                position=entry.position,
                part=part,
                reason=reason,
                detail=detail,
                receiver_group=taken.listener.group if taken.listener else "",
                number=number[:40].replace("\0", ""),
                listener=entry.listener,
                peer=entry.peer[:100],
                received_at=taken.rx,
            )
        )

    def _line_record(self, taken: Taken, chain: str, fields: dict[str, JsonValue]) -> None:
        self._append(
            RecordDraft(
                chain,
                RecordType.LINE,
                Origin.MACHINE,
                {**make.entry_fields(taken, self.journal), **fields},
                self.journal,
                taken.entry.position,
            ),
            None,
        )

    def _append(self, draft: RecordDraft, marks: tuple[str, ...] | None) -> None:
        self.drafts.append(draft)
        self.marks.append(marks)


def heartbeats(tally: Tally, journal: str) -> RecordDraft:
    """Return the record of a listener's heartbeats of an hour that is over."""
    fields = make.heartbeat_fields(tally, journal)
    return RecordDraft(line_chain(tally.listener), RecordType.LINE, Origin.MACHINE, fields)


def numbers_of(taken: Iterable[Taken]) -> dict[str, set[str]]:
    """Return the numbers that frames name, by receiver group."""
    found: dict[str, set[str]] = {}
    for one in taken:
        if isinstance(one.meaning, Decoded) and one.listener is not None:
            found.setdefault(one.listener.group, set()).update(
                signal.number for signal in one.meaning.signals
            )
        elif (number := polled_number(one)) is not None and one.listener is not None:
            found.setdefault(one.listener.group, set()).add(number)
    return found


def polled_number(taken: Taken) -> str | None:
    """Return the number whose polls an entry tells of; None: no entry of the kind."""
    if taken.entry.kind is not Kind.POLLS:
        return None
    number = note_of(taken.entry).get("number")
    storable = isinstance(number, str) and _NUMBER.fullmatch(number)
    return str(number) if storable else None


def _number(meaning: Decoded | Undecoded | None) -> str:
    if isinstance(meaning, Decoded):
        return meaning.signals[0].number
    return "" if meaning is None else meaning.number


def _state_marks(owner: Owner) -> tuple[str, ...]:
    marks = (_SERVICE_MARKS.get(owner.service), _RECORD_MARKS.get(owner.record))
    return tuple(mark for mark in marks if mark)
