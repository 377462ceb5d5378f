"""Holds: set at once, lifted by a manager."""

import json
from datetime import timedelta

import pytest

from stationd.accounts.service import open_account
from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError, RefusedError
from stationd.holds import service
from stationd.holds.model import HoldKind
from stationd.ledger.store import append_close, read_documents
from stationd.staff.model import Person, Role


@pytest.fixture(autouse=True)
def account(desk, opening, clerk):
    return open_account(desk, opening, by=clerk)


def records_hold(desk, by, **more):
    return service.set_hold(desk, "1001", HoldKind.RECORDS, "letter of Adler", by=by, **more)


def test_a_hold_is_in_force_at_once_and_a_record(desk, clerk, chain):
    made = records_hold(desk, clerk)
    assert service.holds(desk, "1001") == [made]
    record = chain("1001")[-1]
    assert (record["type"], record["kind"], record["hold"]) == ("case", "hold_set", made.id)
    assert (record["holds"], record["by"], record["origin"]) == ("records", "carla", "human")


def test_the_ground_stands_in_a_document_only(desk, clerk, chain):
    records_hold(desk, clerk)
    record = chain("1001")[-1]
    assert "Adler" not in json.dumps(record)
    with desk.database.reading() as connection:
        (document,) = read_documents(connection, [bytes.fromhex(record["doc"])])
    assert document.content == b"letter of Adler"
    assert document.compartment == "internal"


def test_a_hold_is_looked_at_again_after_90_days(desk, clerk):
    assert records_hold(desk, clerk).review_at == desk.clock.now() + timedelta(days=90)
    soon = desk.clock.now() + timedelta(days=1)
    assert records_hold(desk, clerk, review_at=soon).review_at == soon


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMINISTRATOR, Role.NOBODY])
def test_some_set_no_holds(desk, role):
    with pytest.raises(NotAuthorisedError):
        records_hold(desk, Person(login="x", name="X", role=role))


def test_a_hold_needs_a_ground_an_account_and_a_time_to_come(desk, clerk):
    with pytest.raises(MistakeError, match="ground"):
        service.set_hold(desk, "1001", HoldKind.RECORDS, " ", by=clerk)
    with pytest.raises(NotFoundError):
        service.set_hold(desk, "none", HoldKind.RECORDS, "x", by=clerk)
    with pytest.raises(NotFoundError):
        service.holds(desk, "none")
    with pytest.raises(MistakeError, match="time to come"):
        records_hold(desk, clerk, review_at=desk.clock.now())


def test_a_manager_lifts_it_once(desk, clerk, manager, chain):
    made = records_hold(desk, clerk)
    with pytest.raises(NotAuthorisedError):
        service.lift_hold(desk, made.id, by=clerk)
    lifted = service.lift_hold(desk, made.id, by=manager)
    assert (lifted.lifted_by, lifted.in_force) == ("maria", False)
    assert service.holds(desk) == []
    assert service.holds(desk, in_force=False) == [lifted]
    assert chain("1001")[-1]["kind"] == "hold_lifted"
    with pytest.raises(MistakeError, match="already"):
        service.lift_hold(desk, made.id, by=manager)


def test_a_cases_own_hold_ends_with_the_case_only(desk, manager, chain):
    with desk.database.writing() as connection:
        made = service.place_case_hold(desk, connection, "1001", "case-1", by=manager)
    with pytest.raises(RefusedError, match="case-1"):
        service.lift_hold(desk, made.id, by=manager)
    with desk.database.writing() as connection:
        assert service.release_case_hold(desk, connection, "other") == []
        released = service.release_case_hold(desk, connection, "case-1")
    assert [one.id for one in released] == [made.id]
    records = chain("1001")[-2:]
    assert [one["kind"] for one in records] == ["hold_set", "hold_lifted"]
    assert [one["origin"] for one in records] == ["human", "machine"]
    assert {one["case"] for one in records} == {"case-1"}


def test_after_the_close_record_a_hold_stands_in_the_stations_chain(desk, clerk, chain):
    with desk.database.writing() as connection:
        append_close(connection, "1001", 1, fields={}, now=desk.clock.now(), ids=desk.ids)
    records_hold(desk, clerk)
    assert chain("station")[-1]["of"] == {"acct": "1001", "epoch": 1}
    assert chain("1001")[-1]["type"] == "close"
