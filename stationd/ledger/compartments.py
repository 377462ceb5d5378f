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
        "note": Compartment.INTERNAL,
        "referral": Compartment.PRIVILEGED,
    }
)
"""The kinds of facts of a case that are not produced; a bundle says that they are, and when."""


def compartment_of_fact(kind: str) -> Compartment:
    """Return the compartment of what a fact of a case says, and of its document."""
    return FACT_COMPARTMENTS.get(kind, Compartment.PRODUCIBLE)


def compartment_of_file(name: str) -> str:
    """Return the compartment whose archive a file of a bundle is; empty: it is none."""
    return next((one.value for one in APART if name.endswith(_ARCHIVE.format(one.value))), "")
