"""Cases, and the facts that guards see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from stationd.accounts.model import Party, Service, Standing
from stationd.approvals.model import Approval
from stationd.letters.model import LetterForm

__all__ = [
    "AccountFact",
    "AlarmFact",
    "Attachment",
    "BillingFact",
    "BundleFact",
    "Case",
    "ChainFact",
    "ContractFact",
    "Facts",
    "GuardResult",
    "HoldFact",
    "MismatchFact",
    "NodeFact",
    "NoticeFact",
    "ObjectFact",
    "Reason",
    "RecordedFact",
    "Status",
    "StepTaken",
]


class Reason(StrEnum):
    """Why a service is terminated (terms, 5.1)."""

    NONPAYMENT = "nonpayment"
    CUSTOMER_REQUEST = "customer_request"
    END_OF_TERM = "end_of_term"
    NONRENEWAL_BY_COMPANY = "nonrenewal_by_company"
    DEALER_TRANSFER = "dealer_transfer"
    DEALER_DEFAULT = "dealer_default"
    TAKEOVER_BY_OTHER_COMPANY = "takeover_by_other_company"
    COMPANY_DECISION = "company_decision"
    PREMISES_GONE = "premises_gone"
    SALE_OF_ACCOUNTS = "sale_of_accounts"
    BANKRUPTCY_REJECTION = "bankruptcy_rejection"
    DEATH_OF_CUSTOMER = "death_of_customer"
    DUPLICATE_OR_ERROR = "duplicate_or_error"


class Status(StrEnum):
    """How a guard came out; only `FAILED` stops a step."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    WAIVED = "waived"
    NOT_APPLICABLE = "na"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardResult:
    """What one guard says; ``text`` tells what is missing and who can supply it."""

    id: str
    status: Status
    text: str
    facts: tuple[str, ...] = ()
    since: datetime | None = None
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One termination of one contract."""

    id: str
    acct: str
    contract_id: str
    reason: Reason
    state: str
    previous_state: str | None
    version: int
    overdue: bool
    opened_at: datetime
    opened_by: str
    noticed_at: datetime | None = None
    effective_at: datetime | None = None
    ended_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """One step of a case's past."""

    version: int
    row: str
    event: str
    from_state: str
    to_state: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that somebody hands in."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFact:
    """That a fact of a kind was recorded, with what its fields say.

    ``version`` is that of the case then (0: not known), which no clock that is set back bends.
    """

    id: str
    kind: str
    at: datetime
    author: str
    has_document: bool
    told: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFact:
    """One act of sending a notice."""

    id: str
    kind: str
    channel: str
    sent_at: datetime
    at: datetime
    declared: bool
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFact:
    """What guards see of the contract; ``terms`` as they were imported or entered."""

    number: str
    party: Party = Party.STATION
    standing: Standing = Standing.CURRENT
    terms: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingFact:
    """What guards see of the contract's billing lines, added up on the site's day; in cents."""

    balance: int
    overdue: int
    days_past_due: int
    currency: str = ""
    oldest_due: date | None = None
    paid_through: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFact:
    """What guards see of the account and its site."""

    service: Service = Service.ACTIVE
    zone: str = "UTC"
    jurisdiction: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def systems(self) -> frozenset[str]:
        """The system classes of the account."""
        named = self.details.get("systems")
        return frozenset(str(one) for one in named) if isinstance(named, list) else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFact:
    """An alarm that no restore or cancel followed."""

    received_at: datetime
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFact:
    """A hold in force."""

    id: str
    kind: str
    own: bool
    set_at: datetime
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFact:
    """One stored object of a bundle, as the store last told."""

    file: str
    version_id: str | None
    mode: str | None
    retain_until: datetime | None
    legal_hold: bool
    verified_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFact:
    """The newest bundle of a kind that was ordered for the account."""

    order_id: str
    kind: str
    state: str
    epoch: int
    records: int | None
    retain_until: datetime | None
    verified_at: datetime | None
    why: str
    objects: tuple[ObjectFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFact:
    """The chain that the closing bundle covers."""

    epoch: int
    size: int
    first: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MismatchFact:
    """What the audit found about the account or the whole ledger, and nobody has answered for."""

    id: str
    text: str
    found_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFact:
    """How far a node's journal was followed before the `close` record; None: not told."""

    journal: str
    node: str
    followed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that guards may look at, read in one transaction; ``now`` is one of them.

    ``bundles`` are those of this case and, as ``stored``, every bundle of the account.
    ``since`` is when the case was last made ready for a notice; only later notices count.
    ``noticed_since`` is when the first notice step was taken, whatever became of it, and
    ``noticed_version`` the case's version by it: payments after it want a decision.
    ``renoticed_version`` is the version by the last one: what it approved was drafted before.
    ``projected`` is the instant that a notice sent now would lead to.  ``billing`` None: there are
    no billing lines of the contract.
    """

    now: datetime
    reason: Reason
    state: str = ""
    opened_at: datetime | None = None
    opened_by: str = ""
    entered_at: datetime | None = None
    contacting_since: datetime | None = None
    since: datetime | None = None
    noticed_since: datetime | None = None
    noticed_version: int = 0
    renoticed_version: int = 0
    recorded: tuple[RecordedFact, ...] = ()
    notices: tuple[NoticeFact, ...] = ()
    methods: tuple[str, ...] = ()
    contract: ContractFact = ContractFact(number="")
    account: AccountFact = AccountFact()
    billing: BillingFact | None = None
    ladder: tuple[str, ...] = ()
    forms: tuple[LetterForm, ...] = ()
    approvals: tuple[Approval, ...] = ()
    approval_valid: timedelta = timedelta(hours=24)
    alone: bool = False
    sole_wait: timedelta = timedelta(hours=12)
    told_systems: frozenset[str] = frozenset({"fire"})
    alarm: AlarmFact | None = None
    on_test_until: datetime | None = None
    projected: datetime | None = None
    effective_at: datetime | None = None
    ended_at: datetime | None = None
    late_buffer: timedelta = timedelta(hours=24)
    verified_within: timedelta = timedelta(hours=24)
    holds: tuple[HoldFact, ...] = ()
    bundles: tuple[BundleFact, ...] = ()
    stored: tuple[BundleFact, ...] = ()
    chain: ChainFact | None = None
    mismatches: tuple[MismatchFact, ...] = ()
    nodes: tuple[NodeFact, ...] = ()

    def of(self, *kinds: str, after: datetime | None = None) -> tuple[RecordedFact, ...]:
        """Return what was recorded of some kinds, at or after an instant, in order."""
        return tuple(
            one for one in self.recorded if one.kind in kinds and (after is None or one.at >= after)
        )

    def newest(self, *kinds: str, after: datetime | None = None) -> RecordedFact | None:
        """Return what was recorded last of some kinds; None: nothing."""
        found = self.of(*kinds, after=after)
        return found[-1] if found else None
