from typing import Any

import pytest

from stationd.cases.effects import CLOSING, EFFECTS, EVALUATE, EXTEND, Scene
from stationd.cases.model import Facts, Reason
from stationd.cases.states import TABLE
from stationd.errors import CheckFailedError

Office = Any


def test_every_effect_belongs_to_a_row_that_says_so() -> None:
    speaking = {found.id for found in TABLE if found.effect}
    assert set(EFFECTS) <= speaking
    assert speaking - set(EFFECTS) == {"T13"}


@pytest.mark.parametrize("step", [EVALUATE, CLOSING, EXTEND])
def test_a_due_step_fits_its_column(step: str) -> None:
    assert len(step) <= 24


def test_closing_looks_at_the_locks_itself(office: Office) -> None:
    case = office.sealed()
    office.execute("UPDATE objects SET mode = 'GOVERNANCE'")
    facts = Facts(now=office.clock.now(), reason=Reason.CUSTOMER_REQUEST)
    with office.writing() as connection:
        scene = Scene(
            connection=connection, desk=office.desk, case=case, facts=facts, by=office.manager
        )
        with pytest.raises(CheckFailedError, match="are not all locked"):
            EFFECTS["T17"](scene)


def test_what_a_notice_promises_is_in_its_record(office: Office) -> None:
    office.noticed()
    (told,) = [one for one in office.records() if one.get("row") == "T12"]
    assert told["effective_at"] == "2026-04-02T17:00:00.000000Z"
    assert told["order"]


def test_the_end_says_when_the_closing_is_due(office: Office) -> None:
    office.ended()
    (told,) = [one for one in office.records() if one.get("row") == "T14"]
    assert told["closing_due_at"] == "2026-04-12T15:00:00.000000Z"
