"""Settings of terminations: periods, the second person, billing, the contact ladder."""

from datetime import date, timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from stationd.tables import NAME, Period, Table

__all__ = [
    "ApprovalSettings",
    "BillingSettings",
    "LadderSettings",
    "LadderStep",
    "LadderVersion",
    "PolicySettings",
]


class PolicySettings(Table):
    """Periods that counsel signs off; every one can be shortened for a trial."""

    late_buffer: Period = Field(
        default=timedelta(hours=24), description="From END to the close record."
    )
    mail_allowance: Period = Field(
        default=timedelta(days=3), description="Added to the notice period for post."
    )
    effective_hour: int | None = Field(
        default=12,
        ge=0,
        le=23,
        description="Hour of a business day, in the site's time, to which the effective instant "
        "is rolled.",
    )
    effective_roll: bool = Field(
        default=True,
        description="Roll the effective instant to a business day and hour; false for trials.",
    )
    holidays: dict[str, tuple[date, ...]] = Field(
        default_factory=dict,
        description="Days on which no business is done, beside the public holidays of the site's "
        'jurisdiction: under "US-CA", under "US", or under "*" for everywhere.',
    )
    verified_within: Period = Field(
        default=timedelta(hours=24), description="Age at which a bundle must be read back anew."
    )
    runaway_signals: int = Field(
        default=50,
        ge=5,
        le=10_000,
        description="An account that sends more signals than this within `runaway_within` runs "
        "away: views fold what it sends, and every signal is kept.",
    )
    runaway_within: Period = Field(
        default=timedelta(minutes=10), description="The time in which they are counted."
    )
    runaway_quiet: Period = Field(
        default=timedelta(minutes=10), description="Time without a signal that ends a runaway."
    )
    purge_wait: Period = Field(
        default=timedelta(days=14),
        description="From the approval of a purge to the first removal: the time to object.",
    )
    session_idle: Period = Field(
        default=timedelta(minutes=15), description="Idle time that ends a login."
    )
    auto_end: bool = Field(
        default=True,
        description="The approval of the notice covers the end of service at its instant; false: "
        "a manager takes that step.",
    )
    end_confirm_within: Period = Field(
        default=timedelta(hours=1),
        description="With `auto_end = false`: how long after the instant the case is not overdue.",
    )
    authority_systems: tuple[str, ...] = Field(
        default=("fire",), description="System classes whose end is told to the authority."
    )
    alarm_settles: Period = Field(
        default=timedelta(minutes=30),
        description="An alarm younger than this without restore or cancel is in progress.",
    )
    largest_attachment: int = Field(
        default=20_000_000, ge=1000, le=1_000_000_000, description="Most bytes of an attachment."
    )
    quarantine: Period = Field(
        default=timedelta(days=90),
        description="How long the numbers of a closed account are given to nobody else.",
    )


class ApprovalSettings(Table):
    """The second person: how long what they approve counts, and companies of one."""

    valid: Period = Field(
        default=timedelta(hours=24),
        description="How long a second person has to approve, and how long an approval counts.",
    )
    confirmed_within: Period = Field(
        default=timedelta(minutes=5),
        description="Age of password and second factor at which both persons are asked anew.",
    )
    sole_operator: bool = Field(
        default=False,
        description="One person gives both acts, `sole_wait` apart and logged in anew; refused "
        "while a second manager is enabled.",
    )
    sole_wait: Period = Field(
        default=timedelta(hours=12), description="With `sole_operator`: time between both acts."
    )


class BillingSettings(Table):
    """Billing lines: where they come from, and how contracts stand by them."""

    grace_days: int = Field(
        default=5, ge=0, le=365, description="A contract is past due after so many days."
    )
    default_days: int = Field(
        default=30,
        ge=0,
        le=3650,
        description="A contract is in default after so many days past due.",
    )
    format: str = Field(
        default="csv", description="What files hold; `stationctl billing sources` lists the kinds."
    )
    mapping: Path | None = Field(
        default=None, description="TOML file that says which column is what."
    )
    drop: Path | None = Field(
        default=None,
        description="Folder whose files the worker takes; it needs `mapping`.  They end in its "
        "folders `taken` and `refused`.",
    )
    largest_file: int = Field(
        default=200_000_000, ge=1000, description="Most bytes of a file of billing lines."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.drop is not None and self.mapping is None:
            msg = "drop needs mapping: without it nobody knows what the columns are"
            raise ValueError(msg)
        if self.default_days < self.grace_days:
            msg = "default_days may not be less than grace_days"
            raise ValueError(msg)
        return self


class LadderStep(Table):
    """A step of the contact ladder, in the order in which they are taken."""

    name: str = Field(pattern=NAME, description="What contacts name it by.")
    title: str = Field(min_length=1, description="What is done.")
    way: Literal["call", "email", "letter"] = Field(
        default="call",
        description="How.  A letter needs the reason for not paying, or a manager's waiver.",
    )
    after: Period = Field(
        default=timedelta(days=1),
        description="When it is due: so long after the step before, the first after the ladder "
        "began.",
    )
    needs_term: str | None = Field(
        default=None, description="Only for contracts that have this term."
    )


_USUAL = tuple(
    LadderStep.model_validate(
        {"name": name, "title": title, "way": way, "after": after, "needs_term": term}
    )
    for name, title, way, after, term in (
        ("call", "Call; ask for the reason and a date.", "call", "1d", None),
        ("call-back", "Call again within 48 hours.", "call", "2d", None),
        ("email", "Send an e-mail.", "email", "1d", None),
        ("letter", "A week later: second e-mail and a letter.", "letter", "7d", None),
        ("next-person", "Call the next person up.", "call", "2d", None),
        ("late-fee", "Send the letter on late fees.", "letter", "5d", "late_fee_clause"),
        (
            "intent-to-suspend",
            "Send the letter that says when service is suspended.",
            "letter",
            "7d",
            "suspension_clause",
        ),
        (
            "agency-warning",
            "Send the letter that warns of the agency.",
            "letter",
            "7d",
            "agency_clause",
        ),
    )
)


class LadderVersion(Table):
    """Another version of the ladder, that cases of some reasons begin with."""

    version: str = Field(pattern=NAME, description="Its version, for records.")
    reasons: tuple[str, ...] = Field(
        default=(), description="Reasons of cases that begin with it; none: it only stands by."
    )
    steps: tuple[LadderStep, ...] = Field(min_length=1, description="The steps.")


class LadderSettings(Table):
    """The contact ladder for non-payment; a case keeps the one it began with."""

    version: str = Field(default="1", pattern=NAME, description="Its version, for records.")
    hour: int = Field(
        default=9, ge=0, le=23, description="Hour of a business day, site time, of what is due."
    )
    steps: tuple[LadderStep, ...] = Field(default=_USUAL, min_length=1, description="The steps.")
    others: tuple[LadderVersion, ...] = Field(
        default=(), description="Other versions, such as the one for dealers."
    )

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        versions = [self.version, *(one.version for one in self.others)]
        if len(versions) != len({*versions}):
            msg = "two ladders have the same version; records could not tell them apart"
            raise ValueError(msg)
        reasons = [reason for one in self.others for reason in one.reasons]
        if len(reasons) != len({*reasons}):
            msg = "two of the other ladders are for the same reason"
            raise ValueError(msg)
        return self

    def for_reason(self, reason: str) -> tuple[str, tuple[LadderStep, ...]]:
        """Return version and steps of the ladder that a case of ``reason`` begins with."""
        for one in self.others:
            if reason in one.reasons:
                return one.version, one.steps
        return self.version, self.steps
