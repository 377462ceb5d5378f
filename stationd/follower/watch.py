"""What entries say of listeners and of the node: lines, heartbeats, minutes heard, gaps.

The state comes in from the rows of the last batch and goes out to them, so that it does not
depend on how entries were batched, or on who took them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from receivers.signals import Decoded
from stationd.clock import from_ns, iso, parse_iso, to_ns
from stationd.follower.meaning import listeners_of, note_of
from stationd.follower.model import HeardHour, Line, Taken, Tally
from stationd.follower.starts import Start, before_start, boot_of
from stationd.gaps.faults import receiver_fault
from stationd.gaps.model import Cause, Gap
from stationd.ids import Ids
from stationd.journal.model import Entry, Kind

__all__ = ["Watch"]

_MINUTE_NS = 60 * 10**9
_HOUR_NS = 60 * _MINUTE_NS

# A sum of polls says that somebody was heard since the one before, which is a minute ago.
_LONGEST_SUM = 3

# A smaller step is within what an unsynchronised clock may drift between two looks.
_STEP_NS = 2 * 10**9

# No time of ours; such a number in a note must not hold up what follows.
_LATEST_NS = 1 << 63

_TAPS = frozenset({"tap", "proxy"})

_Key = tuple[str, Cause, str]

_HEARD = frozenset({Kind.FRAME, Kind.HEARTBEAT, Kind.GARBLED, Kind.POLLS})


def _tells_of_silence(entry: Entry) -> bool:
    """Tell whether it is polls that were counted and not heard."""
    if entry.kind is not Kind.POLLS:
        return False
    note = note_of(entry)
    return not (note.get("heard") or note.get("cause") == "returned")


class Watch:
    """Lines, running heartbeat sums and open gaps of one node, entry by entry."""

    def __init__(  # noqa: PLR0913  (what a batch before left)
        self,
        node: str,
        *,
        lines: Iterable[Line],
        tallies: Iterable[Tally],
        gaps: Iterable[Gap],
        last: Entry | None,
        ids: Ids,
        boot: str = "",
    ) -> None:
        self._node = node
        self._boot = boot
        self.start: Start | None = None
        self._minutes: dict[tuple[str, int], int] = {}
        self._ids = ids
        self._last = last
        self._lines = {line.listener: line for line in lines}
        self._lines_before = dict(self._lines)
        self._heard: dict[str, str] = {}
        self._tallies = {tally.listener: tally for tally in tallies}
        self._open = {_key(gap.listener, gap.cause, gap.detail): gap for gap in gaps}
        self._changed_gaps: dict[str, Gap] = {}
        self._hour = min((tally.hour for tally in self._tallies.values()), default=1 << 62)

    def take(self, taken: Taken) -> list[Tally]:
        """Note what an entry says; return the sums of hours that are over before it."""
        entry = taken.entry
        over = self._over(entry)
        if entry.kind is Kind.HEARTBEAT:
            over += self._count(entry)
        if entry.listener and entry.kind in _HEARD and not _tells_of_silence(entry):
            self._hear(taken)
            self._fault(taken)
        elif entry.kind in (Kind.LINK_UP, Kind.LINK_DOWN):
            self._link(taken, note_of(entry))
        elif entry.kind is Kind.STARTED:
            self._started(taken)
        elif entry.kind is Kind.STOPPED:
            cause = _cause(note_of(entry))
            self._begin("", Cause.DAEMON_DOWN, taken.rx, f"stopped: {cause}")
        elif entry.kind is Kind.CLOCK:
            self._clock(taken, note_of(entry))
        elif entry.kind is Kind.HOLE:
            self._hole(taken, note_of(entry))
        self._last = entry
        return over

    def lines(self) -> list[Line]:
        """Return the lines that changed."""
        now = [
            replace(line, heard_at=self._heard.get(name, line.heard_at))
            for name, line in self._lines.items()
        ]
        return [line for line in now if self._lines_before.get(line.listener) != line]

    def tallies(self) -> list[Tally]:
        """Return the sums of the running hour."""
        return list(self._tallies.values())

    def gaps(self) -> list[Gap]:
        """Return the gaps that began or ended."""
        return list(self._changed_gaps.values())

    def heard(self) -> list[HeardHour]:
        """Return in which minutes listeners were heard, by hour."""
        return [
            HeardHour(listener=listener, hour=hour, minutes=minutes)
            for (listener, hour), minutes in sorted(self._minutes.items())
        ]

    def _over(self, entry: Entry) -> list[Tally]:
        """Take out the sums of hours before the entry's; all of them at a start or stop."""
        hour = entry.received_at // _HOUR_NS
        ends = entry.kind in (Kind.STARTED, Kind.STOPPED)
        if not self._tallies or (hour <= self._hour and not ends):
            return []
        over = [tally for _, tally in sorted(self._tallies.items()) if ends or tally.hour < hour]
        for tally in over:
            del self._tallies[tally.listener]
        self._hour = min((tally.hour for tally in self._tallies.values()), default=1 << 62)
        return over

    def _count(self, entry: Entry) -> list[Tally]:
        """Add a heartbeat to its sum; return the sum before where the clock went back."""
        hour = entry.received_at // _HOUR_NS
        tally = self._tallies.get(entry.listener)
        if tally is not None and tally.hour == hour:
            self._tallies[entry.listener] = replace(
                tally,
                count=tally.count + 1,
                last_ns=entry.received_at,
                last_position=entry.position,
            )
            return []
        self._tallies[entry.listener] = Tally(
            listener=entry.listener,
            hour=hour,
            count=1,
            first_ns=entry.received_at,
            last_ns=entry.received_at,
            first_position=entry.position,
            last_position=entry.position,
        )
        self._hour = min(self._hour, hour)
        return [] if tally is None else [tally]

    def _hear(self, taken: Taken) -> None:
        entry = taken.entry
        name = entry.listener
        if name not in self._lines:
            self._lines[name] = self._line(name, taken.rx, up=True, why="heard")
        self._heard[name] = taken.rx
        minute = entry.received_at // _MINUTE_NS
        self._mark(name, minute)
        if entry.kind is Kind.POLLS:
            since = _at_ns(note_of(entry).get("since"), entry.received_at) // _MINUTE_NS
            for before in range(max(since, minute - _LONGEST_SUM), minute):
                self._mark(name, before)

    def _mark(self, listener: str, minute: int) -> None:
        key = (listener, minute // 60)
        self._minutes[key] = self._minutes.get(key, 0) | 1 << minute % 60

    def _fault(self, taken: Taken) -> None:
        """Follow what a receiver says of its own faults; each of its parts is a gap of its own."""
        if not isinstance(taken.meaning, Decoded) or "fault" in note_of(taken.entry):
            return
        name = taken.entry.listener
        for signal in taken.meaning.signals:
            found = receiver_fault(signal)
            if found is None:
                continue
            part, begins = found
            if begins:
                self._begin(name, Cause.RECEIVER_FAULT, taken.rx, part)
            else:
                self._end(name, Cause.RECEIVER_FAULT, taken.rx, part)

    def _line(self, name: str, rx: str, *, up: bool, why: str) -> Line:
        return Line(
            listener=name,
            node=self._node,
            up=up,
            since=rx,
            why=why,
            heard_at=None,
        )

    def _link(self, taken: Taken, note: Mapping[str, Any]) -> None:
        """Follow a listener's link; one connection of many says nothing of the listener."""
        name, up = taken.entry.listener, taken.entry.kind is Kind.LINK_UP
        if not name or note.get("scope") == "connection":
            return
        line = self._lines.get(name)
        why = _cause(note)
        heard = self._heard.get(name, None if line is None else line.heard_at)
        if line is None or line.up != up or line.why != why:
            self._lines[name] = replace(self._line(name, taken.rx, up=up, why=why), heard_at=heard)
        if up:
            self._end(name, Cause.RECEIVER_LINK, taken.rx)
            self._end(name, Cause.TAP_LOSS, taken.rx)
            return
        self._begin(name, _lost(taken), _since(taken, note, line, heard), why)

    def _started(self, taken: Taken) -> None:
        """Close the time in which nobody was there to receive."""
        self.start = Start(at=taken.rx, boot=boot_of(taken.entry))
        before, self._boot = self._boot, self.start.boot
        if self._last is None:
            return
        if ("", Cause.DAEMON_DOWN, "") not in self._open:
            last = iso(from_ns(self._last.received_at))
            self._begin("", Cause.DAEMON_DOWN, min(last, taken.rx), "ended without a stop")
        cause = before_start(self._last, taken.entry, before)
        self._end("", Cause.DAEMON_DOWN, taken.rx, turned_out=cause)
        served = listeners_of(taken.entry)
        for name, line in self._lines.items():
            why = "the daemon started" if name in served else "not in the settings any more"
            self._lines[name] = replace(line, up=False, since=taken.rx, why=why)
        for key in [key for key in self._open if key[0] and key[0] not in served]:
            self._end(*key[:2], taken.rx, key[2])

    def _clock(self, taken: Taken, note: Mapping[str, Any]) -> None:
        state, step = note.get("state"), note.get("step_ns")
        if state == "synced":
            self._end("", Cause.CLOCK, taken.rx)
        elif state == "unsynced":
            self._begin("", Cause.CLOCK, taken.rx, "the clock is not synchronised")
        if isinstance(step, int) and abs(step) >= _STEP_NS:
            at = taken.entry.received_at
            before = iso(from_ns(_at_ns(at - step, at)))
            self._span(
                "",
                Cause.CLOCK_STEP,
                (min(before, taken.rx), max(before, taken.rx)),
                f"the clock stepped by {step / 10**9:+.3f} s, from {before} to {taken.rx}",
            )

    def _hole(self, taken: Taken, note: Mapping[str, Any]) -> None:
        """Add a time of which something could not be kept: the journal's, or a relay's.

        Its ends are in the note; else it began at the entry before, and ended at this one.
        """
        entry = taken.entry
        before = self._last.received_at if self._last else entry.received_at
        first = min(_at_ns(note.get("first"), before), entry.received_at)
        last = min(_at_ns(note.get("last"), entry.received_at), entry.received_at)
        detail = _cause(note)
        if entry.listener:
            detail += f"; {note.get('count')} copies, {note.get('bytes')} bytes lost"
        cause = Cause.TAP_LOSS if entry.listener else Cause.DISK_REFUSED
        span = (iso(from_ns(first)), iso(from_ns(max(first, last))))
        self._span(entry.listener, cause, span, detail)

    def _begin(self, listener: str, cause: Cause, at: str, detail: str) -> None:
        """Begin a gap, unless one of its cause is open already."""
        key = _key(listener, cause, detail)
        if key in self._open:
            return
        gap = self._gap(listener, cause, at, detail)
        self._open[key] = gap
        self._changed_gaps[gap.id] = gap

    def _end(
        self,
        listener: str,
        cause: Cause,
        at: str,
        detail: str = "",
        *,
        turned_out: Cause | None = None,
    ) -> None:
        """End a gap if one is open; ``turned_out`` is its cause where more is known now."""
        gap = self._open.pop(_key(listener, cause, detail), None)
        if gap is not None:
            self._changed_gaps[gap.id] = replace(
                gap, ended_at=max(at, gap.began_at), cause=turned_out or cause
            )

    def _span(self, listener: str, cause: Cause, span: tuple[str, str], detail: str) -> None:
        """Add a gap that is over."""
        gap = replace(self._gap(listener, cause, span[0], detail), ended_at=span[1])
        self._changed_gaps[gap.id] = gap

    def _gap(self, listener: str, cause: Cause, at: str, detail: str) -> Gap:
        return Gap(
            id=self._ids.identifier(),
            listener=listener,
            node=self._node,
            cause=cause,
            began_at=at,
            ended_at=None,
            detail=detail,
        )


def _cause(note: Mapping[str, Any]) -> str:
    """Return what a note gives as the cause, as a database takes it."""
    return str(note.get("cause", "")).replace("\0", "").encode("utf-8", "replace").decode()


def _lost(taken: Taken) -> Cause:
    """Return what is lost with a line: copies on a tap, else the receiver."""
    taps = taken.listener is not None and taken.listener.mode in _TAPS
    return Cause.TAP_LOSS if taps else Cause.RECEIVER_LINK


def _since(taken: Taken, note: Mapping[str, Any], line: Line | None, heard: str | None) -> str:
    """Return since when nobody can vouch for a line that is down, as it was before.

    A missed heartbeat: since the last sign of life.  A line that has not been up since the daemon
    started: since then.
    """
    began = taken.rx
    if note.get("scope") == "heartbeat" and heard:
        began = heard
    elif line is not None and not line.up:
        began = line.since
    return min(began, taken.rx)


def _key(listener: str, cause: str, detail: str) -> _Key:
    """Return what an open gap is known by: of a receiver's faults there may be several."""
    kind = Cause(cause)
    return listener, kind, detail if kind is Cause.RECEIVER_FAULT else ""


def _at_ns(told: object, otherwise: int) -> int:
    """Return a time that a note tells, in nanoseconds or as a text."""
    if isinstance(told, str):
        try:
            return to_ns(parse_iso(told))
        except ValueError:
            return otherwise
    return told if isinstance(told, int) and 0 <= told < _LATEST_NS else otherwise
