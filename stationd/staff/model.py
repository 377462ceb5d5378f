"""People, as services see them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

__all__ = ["WORKER", "Confirmed", "Person", "Role"]


class Role(StrEnum):
    """Roles of staff (terms, 7)."""

    OPERATOR = "OP"
    CLERK = "EC"
    MANAGER = "MG"
    ATTORNEY = "AT"
    ADMINISTRATOR = "AD"
    NOBODY = "--"  # the worker itself: it may do what is due, and approves nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who acts: a person who is logged in, or the worker.

    ``since`` is when the login began; None: not told.
    """

    login: str
    name: str
    role: Role
    since: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A person who gave their proofs again at ``at``; only `stationd.staff.service` makes one."""

    person: Person
    at: datetime


WORKER = Person(login="worker", name="stationd-worker", role=Role.NOBODY)
