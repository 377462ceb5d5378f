"""Cases, and the facts that guards see."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

__all__ = [
    "Attachment",
    "BundleFact",
    "Case",
    "ChainFact",
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
    """Why a service is terminated: those offered so far."""

    NONPAYMENT = "nonpayment"
    CUSTOMER_REQUEST = "customer_request"


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
    """That a fact of a kind was recorded; its content is not a guard's business."""

    id: str
    kind: str
    at: datetime
    author: str
    has_document: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFact:
    """One act of sending a notice."""

    id: str
    kind: str
    channel: str
    sent_at: datetime
    at: datetime
    declared: bool


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
    """

    now: datetime
    reason: Reason
    entered_at: datetime | None = None
    since: datetime | None = None
    recorded: tuple[RecordedFact, ...] = ()
    notices: tuple[NoticeFact, ...] = ()
    methods: tuple[str, ...] = ()
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
