from typing import Any

import pytest

from stationd.cases.chronicle import append_gathered, gather, quiet_scene, scene_of
from stationd.errors import MistakeError
from stationd.ledger.model import RecordType
from stationd.staff.model import WORKER

Office = Any


def test_a_record_says_by_whom_and_of_which_case(office: Office) -> None:
    case = office.open()
    with office.writing() as connection:
        scene = scene_of(connection, office.desk, case.id, office.manager)
        gather(scene, RecordType.CASE, {"kind": "trial"})
        append_gathered(scene)
        machine = quiet_scene(connection, office.desk, case, WORKER)
        gather(machine, RecordType.CASE, {"kind": "trial"})
        append_gathered(machine)
    told = office.records()[-2:]
    assert [(one["by"], one["origin"], one["case"]) for one in told] == [
        ("maria", "human", case.id),
        ("worker", "machine", case.id),
    ]


def test_after_the_close_record_the_station_tells(office: Office) -> None:
    case = office.ended()
    office.close_chain(case)
    before = len(office.records())
    office.fact(case, "note")
    assert len(office.records()) == before
    assert office.records("station")[-1]["of"] == {"acct": "1234", "epoch": 1}


def test_about_a_case_that_is_over_nothing_is_gathered(office: Office) -> None:
    case = office.step(office.open(), "withdraw")
    with office.writing() as connection, pytest.raises(MistakeError, match="nothing more"):
        scene_of(connection, office.desk, case.id, office.manager)
