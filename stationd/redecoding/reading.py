"""Kept entries read again: with what their listener was then, or is now.

Bytes that were garbled are framed again too: where the framing is better now, or its options were
wrong, whole frames stand in them.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from receivers.events import Frame
from receivers.session import Conversation, ReceiverSpec
from receivers.signals import Decoded, Undecoded
from stationd.clock import from_ns, iso
from stationd.follower.meaning import listeners_of, meaning, note_of
from stationd.follower.model import AccountsOf, ListenerFacts, Taken
from stationd.journal.model import Entry, Kind
from stationd.redecoding.model import Tools

__all__ = ["Piece", "Read", "Timeline", "read_anew"]

# Why a frame was kept unacknowledged that a key of today may open.  The others were refused for
# what they are: too late, or in clear from a panel that has a key.
_NO_KEY = "undecryptable"
_NOTHING = "no whole frame stands in it"


class Timeline:
    """What each listener of a journal was, from which position on."""

    def __init__(self, started: Iterable[Entry]) -> None:
        self._positions: list[int] = []
        self._facts: list[Mapping[str, ListenerFacts]] = []
        for entry in started:
            facts = listeners_of(entry)
            # Most starts say what the one before said; they need no place of their own.
            if not self._facts or facts != self._facts[-1]:
                self._positions.append(entry.position)
                self._facts.append(facts)

    def at(self, position: int, listener: str) -> ListenerFacts | None:
        """Return what ``listener`` was at an entry; None: it was not there."""
        place = bisect_right(self._positions, position)
        return self._facts[place - 1].get(listener) if place else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A frame with its meaning: an entry's own, or one that was found in garbled bytes."""

    taken: Taken
    decoded: Decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """An entry read anew: its pieces, and ``why`` nothing can be read where there are none.

    ``acknowledged`` is False where it was kept as garbled or refused.  ``options`` are those it was
    read with, where they are other ones than it was received with.
    """

    journal: str
    entry: Entry
    pieces: tuple[Piece, ...]
    why: str = _NOTHING
    acknowledged: bool = True
    options: Mapping[str, str | int | bool] | None = None


def read_anew(journal: str, entry: Entry, then: ListenerFacts | None, tools: Tools) -> Read | None:
    """Return what an entry says today; None where it is none that could say something."""
    fault = note_of(entry).get("fault") if entry.note else None
    garbled = entry.kind is Kind.GARBLED
    readable = entry.kind is Kind.FRAME and fault in (None, _NO_KEY)
    if not entry.raw or not (garbled or readable):
        return None
    facts = _facts(entry.listener, then, tools)
    frames = _framed(entry, facts, tools) if garbled else [_plain(entry)]
    pieces, why = _pieces(frames, facts, tools)
    changed = then is not None and facts != then
    return Read(
        journal=journal,
        entry=entry,
        pieces=tuple(pieces),
        why=why or _NOTHING,
        acknowledged=not garbled and fault is None,
        options=facts.options if changed and facts is not None else None,
    )


def _pieces(
    frames: Iterable[Entry], facts: ListenerFacts | None, tools: Tools
) -> tuple[list[Piece], str]:
    """Return what frames say, and why the last that says nothing does not."""
    pieces, why = [], ""
    for frame in frames:
        said = meaning(
            frame, facts, receivers=tools.receivers, accounts=tools.accounts, own=tools.own
        )
        if isinstance(said, Undecoded):
            why = said.reason
        else:
            pieces.append(Piece(taken=_taken(frame, facts, said), decoded=said))
    return pieces, why


def _facts(listener: str, then: ListenerFacts | None, tools: Tools) -> ListenerFacts | None:
    """Return what the listener is taken to be; its group stays what it was."""
    now = tools.now.get(listener)
    if now is None:
        return then
    return now if then is None else replace(now, group=then.group, mode=then.mode)


def _plain(entry: Entry) -> Entry:
    """Return a frame without the fault it was kept with."""
    note = note_of(entry) if entry.note else {}
    if "fault" not in note:
        return entry
    del note["fault"]
    return replace(entry, note=json.dumps(note, sort_keys=True).encode() if note else b"")


def _taken(frame: Entry, facts: ListenerFacts | None, said: Decoded) -> Taken:
    rx = iso(from_ns(frame.received_at))
    return Taken(entry=frame, body=b"", rx=rx, listener=facts, meaning=said)


def _framed(entry: Entry, facts: ListenerFacts | None, tools: Tools) -> list[Entry]:
    """Return the whole frames that stand in garbled bytes, each as an entry of its bytes."""
    spec = tools.receivers.get(facts.receiver) if facts is not None else None
    if facts is None or spec is None:
        return []
    try:
        frames = _frames(entry, facts, spec, tools.accounts)
    except Exception:  # noqa: BLE001  (a session never raises; if one does, these bytes stay garbled)
        return []
    return [
        replace(
            entry,
            kind=Kind.FRAME,
            raw=frame.raw,
            note=json.dumps({"context": frame.context.hex()}).encode() if frame.context else b"",
        )
        for frame in frames
    ]


def _frames(
    entry: Entry, facts: ListenerFacts, spec: ReceiverSpec, accounts: AccountsOf
) -> list[Frame]:
    conversation = Conversation(
        account=accounts(facts.group), random=bytes, options=facts.options, memory={}
    )
    session = spec.open(conversation)
    events = session.receive(entry.raw, from_ns(entry.received_at))
    events += session.ended()
    return [event for event in events if isinstance(event, Frame) and event.fault is None]
