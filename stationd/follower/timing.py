"""Clocks of receivers and panels, entry by entry: what each transmission shows of them.

The state comes in from rows and goes out to them, so that it does not depend on how entries were
batched.  A sample is taken of a receiver's clock at most once a minute and of a panel's once an
hour: a queue that empties after an outage is a few samples, and a busy panel is no row a signal.

Only what is sent at once tells of a clock.  DC-09 puts the time of sending into each frame, MX8000,
SK9000 and ITI the receiver's; the time of an event (``ti``, ``H``) may be long ago.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, tzinfo
from itertools import combinations
from statistics import median

from receivers.signals import Decoded, Signal
from receivers.times import receiver_moment, sender_moment
from stationd.clock import from_ns
from stationd.follower.meaning import note_of
from stationd.follower.model import Taken
from stationd.timekeeping.model import Clock, state_of

__all__ = ["ClockWatch", "Key", "keys_of"]

Key = tuple[str, str]
"""A listener, and a panel's number or nothing."""

_RECEIVER_EVERY, _PANEL_EVERY = 60, 3600
_RECEIVER_SAMPLES, _PANEL_SAMPLES = 15, 7
_FEW = 5
_DAYS = 14
# With fewer days a second of rounding is taken for a drift.
_LEAST_DAYS = 3
_DAY = 86400
# Here the sender of a frame is the receiver.
_RECEIVERS_SEND = frozenset({"dc07"})


def keys_of(taken: Iterable[Taken]) -> set[Key]:
    """Return the clocks that entries may show."""
    return {
        (one.entry.listener, number)
        for one in taken
        if isinstance(one.meaning, Decoded)
        for signal in one.meaning.signals
        if (number := _number(one, signal)) is not None
    }


def _number(taken: Taken, signal: Signal) -> str | None:
    """Return whose clock a signal shows: empty, the receiver's; None: nobody's."""
    if signal.receiver_time:
        return ""
    if not signal.sender_time or taken.listener is None:
        return None
    return "" if taken.listener.receiver in _RECEIVERS_SEND else signal.number or None


class ClockWatch:
    """The clocks of one node's listeners; ``zones`` are those in which receivers keep time."""

    def __init__(
        self, node: str, *, clocks: Iterable[Clock], zones: Mapping[str, tzinfo] | None = None
    ) -> None:
        self._node = node
        self._clocks = {(clock.listener, clock.number): clock for clock in clocks}
        self._zones = zones or {}
        self._changed: dict[Key, Clock] = {}

    def take(self, taken: Taken) -> None:
        """Note what an entry shows."""
        if not isinstance(taken.meaning, Decoded):
            return
        # The events of a frame share its times.
        signal = taken.meaning.signals[0]
        number = _number(taken, signal)
        if number is None or (taken.entry.note and note_of(taken.entry).get("repeat")):
            return
        key = (taken.entry.listener, number)
        second = taken.entry.received_at // 10**9
        known = self._clocks.get(key)
        every = _PANEL_EVERY if number else _RECEIVER_EVERY
        if known is not None and 0 <= second - known.recent[-1][0] < every:
            return
        offset = self._offset(taken, signal)
        if offset is not None:
            made = self._next(known, key, taken.rx, (second, offset))
            self._clocks[key] = self._changed[key] = made

    def clocks(self) -> list[Clock]:
        """Return the clocks of which there are new samples."""
        return list(self._changed.values())

    def _offset(self, taken: Taken, signal: Signal) -> int | None:
        """Return the sender's clock minus ours, in milliseconds."""
        rx = from_ns(taken.entry.received_at)
        if signal.receiver_time:
            zone = self._zones.get(taken.entry.listener, UTC)
            receiver = taken.listener.receiver if taken.listener else ""
            told = receiver_moment(receiver, signal.receiver_time, zone, rx)
        else:
            told = sender_moment(signal.sender_time)
        return None if told is None else round((told.moment - rx).total_seconds() * 1000)

    def _next(self, known: Clock | None, key: Key, rx: str, sample: tuple[int, int]) -> Clock:
        listener, number = key
        if known is None:
            state = state_of(sample[1])
            return Clock(
                node=self._node,
                listener=listener,
                number=number,
                taken_at=rx,
                last_ms=sample[1],
                offset_ms=sample[1],
                drift_ms=None,
                state=state,
                since=rx,
                recent=(sample,),
                days=(),
            )
        recent = _kept((*known.recent, sample), _PANEL_SAMPLES if number else _RECEIVER_SAMPLES)
        offset = round(median(one for _, one in recent))
        today, before = sample[0] // _DAY, known.recent[-1][0] // _DAY
        days = known.days
        if today != before:
            days = (*days, (before, _middle(known.recent, before)))[-_DAYS:]
        state = state_of(offset)
        return replace(
            known,
            taken_at=rx,
            last_ms=sample[1],
            offset_ms=offset,
            drift_ms=_drift((*days, (today, _middle(recent, today)))),
            state=state,
            since=known.since if state is known.state else rx,
            recent=recent,
            days=days,
        )


def _kept(samples: tuple[tuple[int, int], ...], most: int) -> tuple[tuple[int, int], ...]:
    """Return the last samples: those of a day, and a few older ones where there are few."""
    kept = samples[-most:]
    last = kept[-1][0]
    while len(kept) > _FEW and last - kept[0][0] > _DAY:
        kept = kept[1:]
    return kept


def _middle(samples: tuple[tuple[int, int], ...], day: int) -> int:
    """Return the middle of the samples of one day."""
    return round(median(one for second, one in samples if second // _DAY == day))


def _drift(days: tuple[tuple[int, int], ...]) -> int | None:
    """Return the gain a day: the middle of the slopes between all pairs (Theil and Sen).

    That somebody set the clock in between moves few of the pairs.
    """
    slopes = [
        (other - one) / (later - day)
        for (day, one), (later, other) in combinations(days, 2)
        if later != day
    ]
    return round(median(slopes)) if slopes and len(days) >= _LEAST_DAYS else None
