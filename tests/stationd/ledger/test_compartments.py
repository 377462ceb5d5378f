import pytest

from stationd.cases.kinds import KINDS
from stationd.ledger.compartments import (
    FACT_COMPARTMENTS,
    Compartment,
    compartment_of_fact,
    compartment_of_file,
)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_comes_from_counsel_is_privileged_and_a_note_is_the_houses_own(kind) -> None:
    counsel = {"referral", "clearance", "attorney_instruction", "collection_return"}
    counsel |= {"counsel_note", "stay_review"}
    of_others = {"dealer_billing", "dealer_instruction", "sale_schedule"}
    expected = Compartment.PRIVILEGED if kind in counsel else Compartment.PRODUCIBLE
    expected = Compartment.INTERNAL if kind in {"note", *of_others} else expected

    assert compartment_of_fact(kind) is expected


def test_only_kinds_that_there_are_have_a_compartment() -> None:
    assert FACT_COMPARTMENTS.keys() <= KINDS.keys()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("s-1-e1-c0-closing-internal.asice.p7m", "internal"),
        ("s-1-e1-c0-closing.asice", ""),
        ("s-1-e1-c0-closing-certification.txt", ""),
    ],
)
def test_a_file_tells_by_its_name_whose_archive_it_is(file, name) -> None:
    assert compartment_of_file(file) == name
