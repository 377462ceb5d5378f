"""What services need, made once by the composing module of each program."""

from dataclasses import dataclass, field

from stationd.clock import Clock
from stationd.db.engine import Database
from stationd.ids import Ids
from stationd.settings import (
    ApprovalSettings,
    BillingSettings,
    LadderSettings,
    LetterSettings,
    PolicySettings,
    Settings,
)

__all__ = ["Desk", "open_desk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Database, time, randomness, the station's name and the policies in force."""

    database: Database
    clock: Clock
    ids: Ids
    station: str
    policies: PolicySettings
    approvals: ApprovalSettings = field(default_factory=ApprovalSettings)
    ladder: LadderSettings = field(default_factory=LadderSettings)
    billing: BillingSettings = field(default_factory=BillingSettings)
    letters: LetterSettings = field(default_factory=LetterSettings)


def open_desk(settings: Settings, *, clock: Clock, ids: Ids) -> Desk:
    """Return the desk that ``settings`` describe; composing modules call this."""
    return Desk(
        database=Database(settings.database.url),
        clock=clock,
        ids=ids,
        station=settings.station.station,
        policies=settings.policies,
        approvals=settings.approvals,
        ladder=settings.ladder,
        billing=settings.billing,
        letters=settings.letters,
    )
