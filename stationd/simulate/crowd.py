"""Very many DC-09 panels, without their connections: each a few numbers in arrays.

Every panel keeps its rules: one event in flight, under its next sequence number; the same bytes
again when `Patience.wait` is over without its acknowledgement; after `Patience.repeats` a pause,
then the same event again.  An acknowledgement counts where check value, length, sequence and
account are right, and the panel waits for it.

A panel with something to send is *wanting*.  Whoever carries its bytes asks for its `frame` when
a connection is there, and only then is it sent.  Times are nanoseconds that only grow.
"""

import re
from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from stationd.simulate import dc09
from stationd.simulate.measures import Measures, Strange

__all__ = ["Crowd", "Patience", "text_of"]

_SECOND = 1_000_000_000
_LAST_SEQUENCE = 9999
_MOST = 255  # counts kept in a byte stop there
_IDLE, _WANTING, _FLYING, _PAUSED = range(4)
_ANSWER = re.compile(
    rb'\n([0-9A-F]{4})([0-9A-F]{4})("([A-Z]+)"([0-9]{4})L0#([0-9A-F]{1,16})\[\]'
    rb"(?:_[0-9:,-]{19})?)\r"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a panel waits for an acknowledgement and how often it repeats, in seconds."""

    wait: float = 5.0
    repeats: int = 3
    pause: float = 10.0


def text_of(number: str, code: str, count: int) -> str:
    """Return what stands in the frame of an account's ``count``-th event, whoever carries it."""
    return f"#{number}|Nri1/{code}{count % 1000:03d}^{count}^"


class Crowd:
    """All panels.  ``ways`` has, for each, the place of its `Measures` in ``measures``.

    Panels' numbers are counted from ``first`` in hexadecimal; a panel is named by its place.
    """

    def __init__(
        self,
        first: int,
        ways: bytes,
        measures: Sequence[Measures],
        strange: Strange,
        *,
        patience: Patience,
        codes: Sequence[str],
    ) -> None:
        count = len(ways)
        self._first = first
        self._ways = ways
        self._measures = measures
        self._strange = strange
        self._patience = patience
        self._codes = codes
        self._state = bytearray(count)
        self._tries = bytearray(count)
        self._unsettled = array("L", bytes(8 * count))
        self._settled = array("L", bytes(8 * count))
        self._since = array("q", bytes(8 * count))
        # How often a panel sent anything: a deadline counts only for the copy it was set for.
        self._copies = array("L", bytes(8 * count))
        # Copies of the event at hand, and acknowledgements that copies of the last may still bring.
        self._sends = bytearray(count)
        self._spare = bytearray(count)
        # All waits are equally long, so whatever was sent first falls due first.
        self._deadlines: deque[tuple[int, int, int]] = deque()
        self._pauses: deque[tuple[int, int, int]] = deque()
        self._busy = 0

    @property
    def idle(self) -> bool:
        """Every event is acknowledged."""
        return not self._busy

    def settled(self, panel: int) -> int:
        """Return how many events of ``panel`` are acknowledged."""
        return self._settled[panel]

    def wants(self, panel: int) -> bool:
        """Tell whether ``panel`` would send something now."""
        return self._state[panel] == _WANTING

    def take(self, panel: int, now: int) -> bool:
        """Give ``panel`` an event; return whether it wants to send now."""
        self._measures[self._ways[panel]].events += 1
        self._unsettled[panel] += 1
        if self._state[panel] != _IDLE:
            return False
        self._busy += 1
        self._begin(panel, now)
        return True

    def frame(self, panel: int, now: int) -> bytes:
        """Return the bytes that ``panel`` sends; they are on their way from now on."""
        measures = self._measures[self._ways[panel]]
        measures.sent += not self._sends[panel]
        measures.repeats += self._sends[panel] > 0
        self._sends[panel] = min(_MOST, self._sends[panel] + 1)
        self._tries[panel] = min(_MOST, self._tries[panel] + 1)
        self._copies[panel] += 1
        self._state[panel] = _FLYING
        due = now + int(self._patience.wait * _SECOND)
        self._deadlines.append((due, panel, self._copies[panel]))
        count = self._settled[panel]
        number = f"{self._first + panel:X}"
        text = text_of(number, self._codes[count % len(self._codes)], count + 1)
        return dc09.frame(f'"SIA-DCS"{count % _LAST_SEQUENCE + 1:04d}L0#{number}[{text}]'.encode())

    def link_test(self, panel: int) -> bytes:
        """Return a link test of ``panel``, which it does not wait for."""
        return dc09.frame(f'"NULL"0000L0#{self._first + panel:X}[]'.encode())

    def receive(self, answer: bytes, now: int) -> int | None:
        """Take one answer; return whose event it settled."""
        match = _ANSWER.fullmatch(answer)
        if match is None:
            self._wrong(None, f"an answer of no known layout: {answer[:60]!r}")
            return None
        check, length, body, token, sequence, number = match.groups()
        panel = int(number, 16) - self._first
        if not 0 <= panel < len(self._ways):
            self._wrong(None, f"an answer to {number.decode()}, which is nobody here")
            return None
        if int(length, 16) != len(body) or int(check, 16) != dc09.crc16(body):
            self._wrong(panel, f"{number.decode()}: check value or length do not agree")
            return None
        if token != b"ACK":
            self._measures[self._ways[panel]].refused += 1
            self._wrong(panel, f"{number.decode()}: {token.decode()}")
            return None
        return self._acknowledged(panel, int(sequence), now)

    def tick(self, now: int) -> list[int]:
        """Return the panels that fell due and want to send again."""
        wanting: list[int] = []
        while self._pauses and self._pauses[0][0] <= now:
            _, panel, copy = self._pauses.popleft()
            if self._state[panel] == _PAUSED and self._copies[panel] == copy:
                self._state[panel] = _WANTING
                wanting.append(panel)
        while self._deadlines and self._deadlines[0][0] <= now:
            _, panel, copy = self._deadlines.popleft()
            if self._state[panel] == _FLYING and self._copies[panel] == copy:
                self._silence(panel, now, wanting)
        return wanting

    def cut(self, panel: int) -> None:
        """Take note that the connection is gone: what was on its way goes out on the next."""
        if self._state[panel] == _FLYING:
            self._state[panel] = _WANTING

    def _begin(self, panel: int, now: int) -> None:
        self._state[panel] = _WANTING
        self._since[panel] = now
        self._tries[panel] = self._sends[panel] = 0

    def _silence(self, panel: int, now: int, wanting: list[int]) -> None:
        self._measures[self._ways[panel]].silences += 1
        if self._tries[panel] <= self._patience.repeats:
            self._state[panel] = _WANTING
            wanting.append(panel)
            return
        self._tries[panel] = 0
        self._state[panel] = _PAUSED
        due = now + int(self._patience.pause * _SECOND)
        self._pauses.append((due, panel, self._copies[panel]))

    def _acknowledged(self, panel: int, sequence: int, now: int) -> int | None:
        measures = self._measures[self._ways[panel]]
        count = self._settled[panel]
        if not self._sends[panel] or sequence != count % _LAST_SEQUENCE + 1:
            if self._spare[panel] and sequence == (count - 1) % _LAST_SEQUENCE + 1:
                self._spare[panel] -= 1
                measures.spare += 1
                return None
            self._wrong(panel, f"{self._first + panel:X}: {sequence:04d} was not sent")
            return None
        measures.acknowledged += 1
        measures.latencies.append((now - self._since[panel]) // 1000)
        self._settled[panel] = count + 1
        self._spare[panel] = self._sends[panel] - 1
        self._unsettled[panel] -= 1
        if self._unsettled[panel]:
            self._begin(panel, now)
        else:
            self._busy -= 1
            self._state[panel] = _IDLE
            self._sends[panel] = 0
        return panel

    def _wrong(self, panel: int | None, text: str) -> None:
        # What names nobody is counted with the first panel's way.
        self._measures[self._ways[panel or 0]].wrong += 1
        self._strange.complain(text)
