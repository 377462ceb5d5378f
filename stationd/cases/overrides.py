"""Who may waive a guard that failed: one table, as data.

A guard that is not in it is nobody's to waive, nor is one of the class ``never``.  What is waived
is shown as ``waived`` in every record of the step, with who asked, who approved and why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from stationd.staff.model import Role

__all__ = ["CLASSES", "CODES", "LEAST_TEXT", "RULES", "Class", "ClassRule", "class_of"]

LEAST_TEXT = 40
"""Characters that the ground of an override has at least."""

CODES = (
    "authority_ruling",
    "counsel_advice",
    "counsel_not_reached",
    "customer_unreachable",
    "equipment_gone",
    "safety",
    "vendor_gone",
    "other",
)
"""Reason codes of overrides."""


class Class(StrEnum):
    """How a failed guard may be waived."""

    NEVER = "never"
    DISCLOSE = "disclose"
    COUNSEL = "counsel"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRule:
    """Who asks, who approves, and whether counsel's document or a log of attempts is needed."""

    who: str
    asks: frozenset[Role]
    approves: frozenset[Role]
    document: bool = False


_MANAGER = frozenset({Role.MANAGER})

RULES: Mapping[Class, ClassRule] = MappingProxyType(
    {
        Class.NEVER: ClassRule(who="nobody", asks=frozenset(), approves=frozenset()),
        Class.DISCLOSE: ClassRule(
            who="nobody here: an administrator retires a journal (`journal retire`), a manager "
            "answers for a mismatch (`ledger settle`), and every bundle says so",
            asks=frozenset(),
            approves=frozenset(),
        ),
        Class.COUNSEL: ClassRule(
            who="a manager asks, with counsel's document or a log of attempts to reach counsel; "
            "another manager, an administrator or an attorney approves",
            asks=_MANAGER,
            approves=frozenset({Role.MANAGER, Role.ADMINISTRATOR, Role.ATTORNEY}),
            document=True,
        ),
        Class.MANAGER: ClassRule(
            who="a manager asks; another manager, an evidence clerk or an administrator approves",
            asks=_MANAGER,
            approves=frozenset({Role.MANAGER, Role.CLERK, Role.ADMINISTRATOR}),
        ),
    }
)

CLASSES: Mapping[str, Class] = MappingProxyType(
    {
        **dict.fromkeys(("G1", "G6", "G7", "G8", "G11"), Class.NEVER),
        "G12": Class.DISCLOSE,
        **dict.fromkeys(("G4", "G5", "G10", "G14", "G15"), Class.COUNSEL),
        **dict.fromkeys(
            ("G3", "G9", "G9p", "G13", "G16", "G17", "G18", "G19", "G20"), Class.MANAGER
        ),
    }
)
"""The class of each guard; ``G10`` is counsel's at END and nobody's at CLOSE and PURGE."""


def class_of(guard: str, row: str) -> Class:
    """Return how a guard may be waived in a row; a guard without a class: never."""
    if guard == "G10" and row != "T14":
        return Class.NEVER
    return CLASSES.get(guard, Class.NEVER)
