"""People, as services see them."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["WORKER", "Person", "Role"]


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
    """Who acts: a person who is logged in, or the worker."""

    login: str
    name: str
    role: Role


WORKER = Person(login="worker", name="stationd-worker", role=Role.NOBODY)
