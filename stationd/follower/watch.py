"""What entries say of listeners and of the node: lines, heartbeats of an hour, gaps.

The state comes in from the rows of the last batch and goes out to them, so that it does not
depend on how entries were batched, or on who took them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from stationd.clock import from_ns, iso
from stationd.follower.meaning import note_of
from stationd.follower.model import Line, Taken, Tally
from stationd.gaps.model import Cause, Gap
from stationd.ids import Ids
from stationd.journal.model import Entry, Kind

__all__ = ["Watch"]

_HOUR_NS = 3600 * 10**9

# A smaller step is within what an unsynchronised clock may drift between two looks.
_STEP_NS = 2 * 10**9

_HEARD = frozenset({Kind.FRAME, Kind.HEARTBEAT, Kind.GARBLED, Kind.POLLS})


def _tells_of_silence(entry: Entry) -> bool:
    """Tell whether it is polls that were counted and not heard."""
    if entry.kind is not Kind.POLLS:
        return False
    note = note_of(entry)
    return not (note.get("heard") or note.get("cause") == "returned")


class Watch:
    """Lines, running heartbeat sums and open gaps of one node, entry by entry."""

    def __init__(
        self,
        node: str,
        *,
        lines: Iterable[Line],
        tallies: Iterable[Tally],
        gaps: Iterable[Gap],
        last: Entry | None,
        ids: Ids,
    ) -> None:
        self._node = node
        self._ids = ids
        self._last = last
        self._lines = {line.listener: line for line in lines}
        self._lines_before = dict(self._lines)
        self._heard: dict[str, str] = {}
        self._tallies = {tally.listener: tally for tally in tallies}
        self._open = {(gap.listener, gap.cause): gap for gap in gaps}
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
        elif entry.kind in (Kind.LINK_UP, Kind.LINK_DOWN):
            self._link(taken, note_of(entry))
        elif entry.kind is Kind.STARTED:
            self._started(taken)
        elif entry.kind is Kind.STOPPED:
            cause = note_of(entry).get("cause", "")
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
        name = taken.entry.listener
        if name not in self._lines:
            self._lines[name] = self._line(name, taken.rx, up=True, why="heard")
        self._heard[name] = taken.rx

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
        why = str(note.get("cause", ""))
        heard = self._heard.get(name, None if line is None else line.heard_at)
        if line is None or line.up != up or line.why != why:
            self._lines[name] = replace(self._line(name, taken.rx, up=up, why=why), heard_at=heard)
        if up:
            self._end(name, Cause.RECEIVER_LINK, taken.rx)
        else:
            # After a missed heartbeat nobody can vouch for what came since the last sign of life.
            began = heard if note.get("scope") == "heartbeat" and heard else taken.rx
            self._begin(name, Cause.RECEIVER_LINK, min(began, taken.rx), why)

    def _started(self, taken: Taken) -> None:
        """Close the time in which nobody was there to receive."""
        if self._last is None:
            return
        if ("", Cause.DAEMON_DOWN) not in self._open:
            last = iso(from_ns(self._last.received_at))
            self._begin("", Cause.DAEMON_DOWN, min(last, taken.rx), "ended without a stop")
        self._end("", Cause.DAEMON_DOWN, taken.rx)
        for name, line in self._lines.items():
            self._lines[name] = replace(line, up=False, since=taken.rx, why="the daemon started")

    def _clock(self, taken: Taken, note: Mapping[str, Any]) -> None:
        state, step = note.get("state"), note.get("step_ns")
        if state == "synced":
            self._end("", Cause.CLOCK, taken.rx)
        elif state == "unsynced":
            self._begin("", Cause.CLOCK, taken.rx, "the clock is not synchronised")
        if isinstance(step, int) and abs(step) >= _STEP_NS:
            before = iso(from_ns(taken.entry.received_at - step))
            self._begin(
                "",
                Cause.CLOCK_STEP,
                min(before, taken.rx),
                f"the clock stepped by {step / 10**9:+.3f} s, from {before} to {taken.rx}",
            )
            self._end("", Cause.CLOCK_STEP, max(before, taken.rx))

    def _hole(self, taken: Taken, note: Mapping[str, Any]) -> None:
        """A time in which the journal took nothing; its beginning is in the note or before."""
        first = note.get("first")
        if not isinstance(first, int):
            first = self._last.received_at if self._last else taken.entry.received_at
        began = iso(from_ns(first))
        cause = str(note.get("cause", ""))
        self._begin("", Cause.DISK_REFUSED, min(began, taken.rx), cause)
        self._end("", Cause.DISK_REFUSED, taken.rx)

    def _begin(self, listener: str, cause: Cause, at: str, detail: str) -> None:
        """Begin a gap, unless one of its cause is open already."""
        if (listener, cause) in self._open:
            return
        gap = Gap(
            id=self._ids.identifier(),
            listener=listener,
            node=self._node,
            cause=cause,
            began_at=at,
            ended_at=None,
            detail=detail,
        )
        self._open[listener, cause] = gap
        self._changed_gaps[gap.id] = gap

    def _end(self, listener: str, cause: Cause, at: str) -> None:
        gap = self._open.pop((listener, cause), None)
        if gap is not None:
            self._changed_gaps[gap.id] = replace(gap, ended_at=max(at, gap.began_at))
