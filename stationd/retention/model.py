"""The register: classes of data, how long each is kept by default, and what overrides that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from stationd.errors import MistakeError

__all__ = [
    "DEFAULTS",
    "FLOOR_MONTHS",
    "OUTSIDE_FLOORS",
    "DataClass",
    "Override",
    "Rule",
    "after",
    "check_override",
    "rule_for",
]

FLOOR_MONTHS = 24
"""Nothing with a floor is kept for less, whatever an override says."""


class DataClass(StrEnum):
    """What is kept, as the register lists it."""

    BUNDLES = "bundles"
    RECORDS = "records"
    CASES = "cases"
    RECORDINGS = "recordings"
    HEALTH = "receiver_health"
    PARKED = "parked"
    ACCESS = "access_log"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How long a class is kept, and who says so."""

    data_class: DataClass
    months: int
    source: str
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A rule for one jurisdiction or one dealer; empty: not narrowed so."""

    id: str
    rule: Rule
    jurisdiction: str
    dealer_id: str
    set_at: datetime

    def fits(self, jurisdiction: str, dealer_id: str) -> bool:
        """Tell whether it is for an account of this jurisdiction and dealer."""
        return self.jurisdiction in {"", jurisdiction} and self.dealer_id in {"", dealer_id}


_HOUSE = "default of this program"
_MONTHS = {
    DataClass.BUNDLES: 120,
    DataClass.RECORDS: 84,
    DataClass.CASES: 84,
    DataClass.RECORDINGS: 12,
    DataClass.HEALTH: 84,
    DataClass.PARKED: 84,
    DataClass.ACCESS: 84,
    DataClass.METRICS: 13,
}
DEFAULTS: Mapping[DataClass, Rule] = MappingProxyType(
    {name: Rule(data_class=name, months=months, source=_HOUSE) for name, months in _MONTHS.items()}
)
_WITHOUT_FLOOR = frozenset({DataClass.RECORDINGS, DataClass.METRICS})

OUTSIDE_FLOORS = (
    ("fire signal records", "1 year"),
    ("records of tests and maintenance", "2 years"),
    ("city dispatch records", "1 to 2 years"),
    ("lists of locations no longer monitored", "3 years"),
    ("claims from a contract", "commonly up to 6 years"),
    ("a known claim", "set a hold"),
)
"""What rules from outside commonly ask for; shown, so that nobody goes below unseen."""


def check_override(one: Override) -> None:
    """Raise `MistakeError` for an override without whom, without source, or below the floor."""
    if not one.jurisdiction and not one.dealer_id:
        raise MistakeError("An override is for a jurisdiction, a dealer, or both.")
    if not one.rule.source.strip():
        raise MistakeError("An override has a source: the law, the contract, the letter behind it.")
    floor = 1 if one.rule.data_class in _WITHOUT_FLOOR else FLOOR_MONTHS
    if one.rule.months < floor:
        raise MistakeError(
            f"{one.rule.data_class} are kept for at least {floor} months; "
            f"{one.rule.months} is less."
        )


def rule_for(
    data_class: DataClass, overrides: Iterable[Override], *, jurisdiction: str, dealer_id: str
) -> Rule:
    """Return the rule that counts for an account; of several overrides the longest."""
    fitting = [
        one.rule
        for one in overrides
        if one.rule.data_class is data_class and one.fits(jurisdiction, dealer_id)
    ]
    return max(fitting, key=lambda rule: rule.months, default=DEFAULTS[data_class])


def after(moment: datetime, months: int) -> datetime:
    """Return the same day and time so many months later; a day that is not there: the next."""
    whole = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(whole, 12)
    try:
        return moment.replace(year=year, month=month + 1)
    except ValueError:
        following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
        return moment.replace(year=following.year, month=following.month, day=1)
