"""What a pass found, counted in bounded memory."""

from collections.abc import Mapping
from typing import Protocol

from stationd.redecoding.model import Change, Report
from stationd.redecoding.plan import Correction, Plan
from stationd.redecoding.reading import Read

__all__ = ["Counting"]

_MOST_CHANGES = 500
_MOST_ACCOUNTS = 10_000
_MOST_REASONS = 50
_EXAMPLES = 3

# What these say is told; of the others it is told that they change.
_SHOWN = ("class", "code", "name", "vendor")


class _Passed(Protocol):
    """A page as far as it is counted."""

    @property
    def entries(self) -> int:
        """How many entries it has."""

    @property
    def purged(self) -> int:
        """How many of them have no bytes any more."""


class Counting:
    """Counts what entries change, beginning from the ``counts`` of a pass that was cut short."""

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        self.report = Report(counts=dict(counts or {}))

    def pass_over(self, page: _Passed) -> None:
        """Count the entries of a page."""
        self._count("entries", page.entries)
        self._count("purged", page.purged)

    def add(self, read: Read, plan: Plan) -> None:
        """Count what one entry changes."""
        self._count("signals", plan.signals)
        self._count("settled", len(plan.settled))
        if plan.why:
            self._count("unreadable", plan.signals)
            reasons = self.report.unreadable
            if plan.why in reasons or len(reasons) < _MOST_REASONS:
                reasons[plan.why] = reasons.get(plan.why, 0) + 1
        for correction in plan.corrections:
            self._count("withdrawn" if correction.withdrawn else "corrected", 1)
            known = correction.known
            self._change(*_words(correction), (known.acct, known.epoch, known.seq))
            self._account(known.acct)
        for addition in plan.additions:
            self._count("added", 1)
            fields = addition.draft.fields
            after = _said({key: fields.get(key) for key in _SHOWN})
            self._change("", after, (addition.draft.acct, 0, read.entry.position))
            self._account(addition.draft.acct)

    def _count(self, name: str, by: int) -> None:
        self.report.counts[name] = self.report.counts.get(name, 0) + by

    def _change(self, before: str, after: str, where: tuple[str, int, int]) -> None:
        changes = self.report.changes
        found = changes.get((before, after))
        if found is None:
            if len(changes) >= _MOST_CHANGES:
                self.report.more_changes += 1
                return
            found = changes[before, after] = Change(before, after)
        found.count += 1
        if len(found.examples) < _EXAMPLES:
            found.examples.append(where)

    def _account(self, acct: str) -> None:
        accounts = self.report.accounts
        if acct in accounts or len(accounts) < _MOST_ACCOUNTS:
            accounts[acct] = accounts.get(acct, 0) + 1
        else:
            self.report.more_accounts += 1


def _words(correction: Correction) -> tuple[str, str]:
    """Return what a record said and says: class, code and words, and what else is different."""
    before = {key: correction.known.reading.get(key) for key in _SHOWN}
    if correction.withdrawn:
        return _said(before), "no event at all"
    after = {key: correction.reading.get(key) for key in _SHOWN}
    others = sorted(key for key in correction.before if key not in {*_SHOWN, "table"})
    more = f" (also {', '.join(others)})" if others else ""
    return _said(before), f"{_said(after)}{more}"


def _said(values: Mapping[str, object]) -> str:
    return " ".join(str(value) for value in values.values() if value)
