"""Arithmetic of spans of time: unions, differences, intersections.

A span is a pair of instants, the end not in it.  Lists of spans are in order and lie apart.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

__all__ = ["Span", "common", "joined", "without"]

Span: TypeAlias = tuple[int, int]


def joined(spans: Iterable[Span], within: int = 0) -> list[Span]:
    """Return what any of ``spans`` covers; those no further apart than ``within`` are one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1] + within:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """Return what ``spans`` cover and ``taken`` do not."""
    found: list[Span] = []
    for start, end in spans:
        at = start
        for first, last in taken:
            if last <= at:
                continue
            if first >= end:
                break
            if first > at:
                found.append((at, first))
            at = max(at, last)
        if at < end:
            found.append((at, end))
    return found


def common(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Return what both cover."""
    found: list[Span] = []
    for start, end in spans:
        for first, last in others:
            if first >= end:
                break
            if max(start, first) < min(end, last):
                found.append((max(start, first), min(end, last)))
    return found
