"""Compartments of documents: what is produced, what is the house's own, what is counsel's."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

__all__ = [
    "APART",
    "FACT_COMPARTMENTS",
    "Compartment",
    "compartment_of_fact",
    "compartment_of_file",
    "stricter_compartment",
]


class Compartment(StrEnum):
    """Where a document goes; only the first leaves the house with a bundle."""

    PRODUCIBLE = "producible"
    INTERNAL = "internal"
    PRIVILEGED = "privileged"


APART = (Compartment.INTERNAL, Compartment.PRIVILEGED)
"""What is kept apart from a bundle, in archives of its own."""

_ARCHIVE = "-{}.asice.p7m"

FACT_COMPARTMENTS: Mapping[str, Compartment] = MappingProxyType(
    {
        "attorney_instruction": Compartment.PRIVILEGED,
        "clearance": Compartment.PRIVILEGED,
        "collection_return": Compartment.PRIVILEGED,
        "counsel_note": Compartment.PRIVILEGED,
        # These name accounts of others.
        "dealer_billing": Compartment.INTERNAL,
        "dealer_instruction": Compartment.INTERNAL,
        "note": Compartment.INTERNAL,
        "referral": Compartment.PRIVILEGED,
        "sale_schedule": Compartment.INTERNAL,
        "stay_review": Compartment.PRIVILEGED,
    }
)
"""The kinds of facts of a case that are not produced; a bundle says that they are, and when."""


def compartment_of_fact(kind: str) -> Compartment:
    """Return the compartment of what a fact of a case says, and of its document."""
    return FACT_COMPARTMENTS.get(kind, Compartment.PRODUCIBLE)


def stricter_compartment(kind: str, recorded: str) -> str:
    """Return the compartment of a recorded fact: its own, or its kind's where that is stricter.

    What was recorded before facts had a compartment of their own has that of its kind.
    """
    order = list(Compartment)
    return max(compartment_of_fact(kind), Compartment(recorded), key=order.index).value


def compartment_of_file(name: str) -> str:
    """Return the compartment whose archive a file of a bundle is; empty: it is none."""
    return next((one.value for one in APART if name.endswith(_ARCHIVE.format(one.value))), "")
