"""Settings of terminations: periods counsel signs off, the second person, the contact ladder."""

from datetime import date, timedelta

from pydantic import Field, model_validator

from stationd.tables import NAME, Period, Table

__all__ = ["ApprovalSettings", "LadderSettings", "LadderStep", "PolicySettings"]


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
    call_from: int = Field(
        default=9, ge=0, le=23, description="Hour, at the site, from which people are called."
    )
    call_until: int = Field(
        default=18, ge=1, le=24, description="Hour, at the site, from which they are not."
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

    @model_validator(mode="after")
    def _call_hours(self) -> "PolicySettings":
        if self.call_until <= self.call_from:
            msg = "call_until must be a later hour than call_from"
            raise ValueError(msg)
        return self


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


class LadderStep(Table):
    """A step of the contact ladder, in the order in which they are taken."""

    name: str = Field(pattern=NAME, description="What contacts name it by.")
    title: str = Field(min_length=1, description="What is done.")
    needs_term: str | None = Field(
        default=None, description="Only for contracts that have this term."
    )


class LadderSettings(Table):
    """The contact ladder for non-payment; a case keeps the one it began with."""

    version: str = Field(default="1", pattern=NAME, description="Its version, for records.")
    steps: tuple[LadderStep, ...] = Field(
        default=(
            LadderStep(name="call", title="Call; ask for the reason and a date."),
            LadderStep(name="call-back", title="Call again within 48 hours."),
            LadderStep(name="email", title="Send an e-mail."),
            LadderStep(name="letter", title="A week later: second e-mail and a letter."),
            LadderStep(name="next-person", title="Call the next person up."),
            LadderStep(
                name="late-fee",
                title="Send the letter on late fees.",
                needs_term="late_fee_clause",
            ),
        ),
        description="The steps.",
    )
