"""Hashing a chain again, row by row: a pure function."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from archive import merkle
from stationd.audit.model import Fault, Row

__all__ = ["Rehash"]

_COLUMNS = ("t", "type", "origin")


class Rehash:
    """Hash rows of one chain on from a row whose head is ``head``; ``seq`` 0: from the beginning.

    After a fault it goes on from the head that stands in the row, so that each changed row is
    named and what follows it is not.
    """

    def __init__(self, acct: str, epoch: int, seq: int, head: bytes) -> None:
        self._acct = acct
        self._epoch = epoch
        self.seq = seq
        self.head = head

    def faults(self, rows: Iterable[Row]) -> Iterator[Fault]:
        """Yield what does not hold of ``rows``, the next of the chain in order."""
        for row in rows:
            while self.seq + 1 < row.seq:
                self.seq += 1
                yield self._fault(self.seq, "missing", "is not there")
            self.seq = row.seq
            yield from self._row(row)
            self.head = row.head

    def _row(self, row: Row) -> Iterator[Fault]:
        if row.body is not None and merkle.leaf(row.body) != row.leaf:
            yield self._fault(
                row.seq, "leaf", "does not hash to the leaf beside it: it was changed"
            )
        if row.body is not None and not self._told(row):
            text = "says another account, number, time or type than its columns"
            yield self._fault(row.seq, "columns", text)
        if merkle.head(self.head, row.seq, row.leaf) != row.head:
            text = "does not continue the chain: it, or the one before, was changed"
            yield self._fault(row.seq, "head", text)

    def _told(self, row: Row) -> bool:
        """Tell whether the columns, an index only, say what the record says."""
        try:
            said: Any = json.loads(row.body or b"")
            own = (said["acct"], said["epoch"], said["seq"])
            return own == (self._acct, self._epoch, row.seq) and all(
                said[name] == getattr(row, name) for name in _COLUMNS
            )
        except (ValueError, KeyError, TypeError):
            return False

    def _fault(self, seq: int, what: str, text: str) -> Fault:
        return Fault(
            self._acct,
            self._epoch,
            seq,
            what,
            f"{self._acct}, epoch {self._epoch}: record {seq} {text}",
        )
