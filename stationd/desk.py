"""What services need, made once by the composing module of each program."""

from dataclasses import dataclass

from stationd.clock import Clock
from stationd.db.engine import Database
from stationd.ids import Ids
from stationd.settings import PolicySettings

__all__ = ["Desk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Database, time, randomness, the station's name and the policies in force."""

    database: Database
    clock: Clock
    ids: Ids
    station: str
    policies: PolicySettings
