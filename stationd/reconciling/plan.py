"""How a list differs from our accounts: a pure comparison, and when it is not to be believed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from stationd.reconciling.model import Comparison, Listed, Ours

__all__ = ["compare", "distrust"]

_Places = Mapping[str, Sequence[Ours]]


def compare(
    listed: Sequence[Listed],
    ours: Sequence[Ours],
    vanished: AbstractSet[str],
    *,
    now: datetime,
    grace: timedelta,
) -> Comparison:
    """Return how ``listed`` differs from ``ours``; ``vanished`` are those known to be gone.

    A row is ours by the account's number, else by group and number, else by a number that only
    one group has.  Where a number was given to another account, that one has it.
    """
    there: set[str] = set()
    unknown: set[str] = set()
    reused: set[tuple[str, str]] = set()
    for row, found in _matched(listed, ours):
        if found is None:
            unknown.add(str(row))
        elif found.closed and _is_another(row, found):
            reused.add((found.acct, str(row)))
        else:
            there.add(found.acct)
    missing = {one.acct for one in ours if _is_due(one, now - grace)} - there
    return Comparison(
        expected=sum(one.expected for one in ours),
        gone=tuple(sorted(missing - vanished)),
        back=tuple(sorted(vanished & there)),
        unknown=tuple(sorted(unknown)),
        reused=tuple(sorted(reused)),
        waiting=sum(one.closed and one.acct in there for one in ours),
    )


def _matched(
    listed: Sequence[Listed], ours: Sequence[Ours]
) -> Iterator[tuple[Listed, Ours | None]]:
    """Yield each row with the account of ours that it is; None: it is none."""
    by_acct = {one.acct: one for one in ours}
    by_number: dict[str, list[Ours]] = {}
    for one in ours:
        for group, number in one.numbers:
            by_number.setdefault(number, []).append(one)
            by_number.setdefault(f"{group} {number}", []).append(one)
    for row in listed:
        yield row, by_acct.get(row.account) or _by_number(row, by_number)


def _is_due(one: Ours, opened_by: datetime) -> bool:
    """Tell whether the platform should have an account by now."""
    return one.expected and one.opened_at <= opened_by


def _by_number(row: Listed, by_number: _Places) -> Ours | None:
    if not row.number:
        return None
    key = f"{row.group} {row.number}" if row.group else row.number
    found = by_number.get(key, ())
    open_ones = _accounts(one for one in found if not one.closed)
    chosen = open_ones or _accounts(found)
    return next(iter(chosen.values())) if len(chosen) == 1 else None


def _accounts(found: Iterable[Ours]) -> dict[str, Ours]:
    return {one.acct: one for one in found}


def _is_another(row: Listed, ours: Ours) -> bool:
    """Tell whether a row names another customer than ours; a list without names names none."""
    return bool(row.customer) and _plain(row.customer) != _plain(ours.customer)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def distrust(found: Comparison, *, most_percent: int, always: int) -> str | None:
    """Return why a list is not to be believed without a manager; None: it is."""
    gone = len(found.gone)
    if gone <= always or gone * 100 <= most_percent * found.expected:
        return None
    return (
        f"It lacks {gone} of our {found.expected} accounts at once, which is more than "
        f"{most_percent} %: it may have been cut off. Nothing was ordered and nobody is gone. If "
        "it is right, a manager confirms it with `stationctl account reconcile FILE --confirm`."
    )
