"""What a chain still has, what was taken out of it, and what stays in the place."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["START", "Cursor", "Extent", "Taken", "Tombstone"]

Cursor = tuple[int, int]
"""Epoch and number of the last record that has gone."""

START: Cursor = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """One epoch of an account: its size and head, and whether any record has its bytes."""

    epoch: int
    size: int
    head: bytes
    left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one batch took, by kind; ``over``: nothing is left to take."""

    counts: Mapping[str, int] = field(default_factory=dict)
    cursor: Cursor = START
    over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """A purged record's place: its number, its hashes, and when it was appended."""

    epoch: int
    seq: int
    t: str
    type: str
    leaf: bytes
    head: bytes
