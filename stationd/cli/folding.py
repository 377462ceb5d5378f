"""Signals of a runaway folded in a live view: one line a kind and span, not one a signal."""

from dataclasses import replace
from datetime import timedelta

from stationd.clock import iso, parse_iso
from stationd.runaways.model import FOLDED
from stationd.signals.model import SignalRow

__all__ = ["Folding"]

_SPAN = timedelta(seconds=10)

_Kind = tuple[str, str, str, str, str, str]


class Folding:
    """Holds back signals that are marked as a runaway's; the first of a kind stands for them.

    ``unfolded``: nothing is held back.  What is held is shown once the view has gone on by ten
    seconds of received time, so it is never more than a row a kind.
    """

    def __init__(self, *, unfolded: bool) -> None:
        self._unfolded = unfolded
        self._held: dict[_Kind, SignalRow] = {}

    def take(self, row: SignalRow) -> list[SignalRow]:
        """Take the next signal; return the rows to be shown now."""
        if self._unfolded:
            return [row]
        due = [kind for kind, one in self._held.items() if _over(one, row.received_at)]
        shown = [self._held.pop(kind) for kind in due]
        if FOLDED not in row.marks.split(","):
            return [*shown, row]
        kind = _kind(row)
        held = self._held.get(kind)
        self._held[kind] = (
            row
            if held is None
            else replace(held, count=held.count + 1, last_at=max(held.last_at, row.received_at))
        )
        return shown

    def rest(self) -> list[SignalRow]:
        """Return what is still held back."""
        rows = list(self._held.values())
        self._held.clear()
        return rows


def _kind(row: SignalRow) -> _Kind:
    return (row.acct, row.signal_class, row.code, row.zone, row.user, row.area)


def _over(held: SignalRow, at: str) -> bool:
    return at > iso(parse_iso(held.received_at) + _SPAN)
