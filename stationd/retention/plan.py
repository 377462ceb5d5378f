"""What would go, when, by which rule, and what holds it: pure, from facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stationd.retention.model import DataClass, Override, Rule, after, rule_for

__all__ = ["OF_ACCOUNTS", "AccountFacts", "Planned", "plan_account", "start_of"]

OF_ACCOUNTS = (DataClass.RECORDS, DataClass.CASES, DataClass.BUNDLES)
"""The classes that belong to an account, in the order in which they go.

A case's facts are named by records, and both lie in bundles: what others lead to goes after them.
"""


# What was purged may have a tail of signals that came since.
_OVER = ("closed", "purged")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What decides over an account's data.

    ``moments`` are what the clock may start at, by name; ``lock_until`` the latest lock of its
    stored objects; ``siblings`` accounts at the same site that have an open case; ``left`` the
    classes of which there is anything still.
    """

    acct: str
    record: str
    jurisdiction: str
    dealer_id: str
    moments: Mapping[str, datetime]
    holds: Sequence[str] = ()
    open_case: bool = False
    siblings: Sequence[str] = ()
    lock_until: datetime | None = None
    left: Sequence[DataClass] = OF_ACCOUNTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One class of one account: from when it may go, and what holds it now (empty: nothing)."""

    acct: str
    data_class: DataClass
    start: datetime
    start_why: str
    rule: Rule
    due_at: datetime
    held_by: Sequence[str] = field(default=())

    def goes(self, now: datetime) -> bool:
        """Tell whether it would be proposed for removal now."""
        return self.due_at <= now and not self.held_by


def start_of(moments: Mapping[str, datetime]) -> tuple[str, datetime]:
    """Return what the clock starts at: the latest of all moments, and its name."""
    return max(moments.items(), key=lambda item: (item[1], item[0]))


def plan_account(
    facts: AccountFacts, overrides: Iterable[Override], now: datetime
) -> list[Planned]:
    """Return what would become of an account's data, a row for each class that is left."""
    listed = list(overrides)
    why, start = start_of(facts.moments)
    rows: list[Planned] = []
    for data_class in [one for one in OF_ACCOUNTS if one in facts.left]:
        rule = rule_for(
            data_class, listed, jurisdiction=facts.jurisdiction, dealer_id=facts.dealer_id
        )
        rows.append(
            Planned(
                acct=facts.acct,
                data_class=data_class,
                start=start,
                start_why=why,
                rule=rule,
                due_at=after(start, rule.months),
                held_by=_held_by(facts, data_class, now) or _waits_for(rows, now),
            )
        )
    return rows


def _waits_for(before: Iterable[Planned], now: datetime) -> list[str]:
    """Return the classes that must go before this one and do not yet."""
    return [f"its {one.data_class} are still kept" for one in before if not one.goes(now)]


def _held_by(facts: AccountFacts, data_class: DataClass, now: datetime) -> list[str]:
    """Return everything that holds a class of an account now, in words."""
    found: list[str] = []
    if facts.record not in _OVER:
        found.append(f"the record is {facts.record}, not closed")
    found += [f"hold {hold}" for hold in facts.holds]
    if facts.open_case:
        found.append("a case is open")
    found += [f"a case is open on {acct} at the same site" for acct in facts.siblings]
    if data_class is DataClass.BUNDLES and facts.lock_until is not None and facts.lock_until > now:
        found.append(f"locked until {facts.lock_until:%Y-%m-%d}")
    return found
