import pytest
import sqlalchemy as sa

from stationd.approvals.model import Approval, Purpose
from stationd.approvals.store import record_approval, record_decision
from stationd.bundles import reading, service
from stationd.bundles.model import Kind
from stationd.cases.model import Attachment, Reason
from stationd.cases.service import open_case, record_fact
from stationd.db import schema
from stationd.desk import Desk
from stationd.errors import NotFoundError
from stationd.holds.model import HoldKind
from stationd.holds.service import set_hold
from stationd.staff.model import Person
from tests.plans import plan

pytestmark = pytest.mark.both_databases

AT = "'2026-01-02T03:04:05.000000Z'"
LETTER = Attachment(name="letter.pdf", media_type="application/pdf", content=b"the letter")
GAPS = (
    f"('1', 'l1', 'n1', 'receiver_link', {AT}, NULL, 'cable')",
    f"('2', 'l2', 'n1', 'receiver_link', {AT}, NULL, 'other')",
    f"('3', '', 'n1', 'host_down', {AT}, {AT}, 'power')",
)


def execute(desk: Desk, *statements: str) -> None:
    with desk.database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture
def lines(desk: Desk) -> None:
    execute(
        desk,
        "INSERT INTO listeners VALUES ('j', 'l1', 'surgard', 'main', 'primary', '{}')",
        "INSERT INTO listeners VALUES ('j', 'l2', 'surgard', 'other', 'primary', '{}')",
        *(f"INSERT INTO gaps VALUES {row}" for row in GAPS),
        f"INSERT INTO lines VALUES ('l1', 'n1', FALSE, {AT}, 'cable', NULL)",
        f"INSERT INTO lines VALUES ('l2', 'n1', FALSE, {AT}, 'cable', NULL)",
    )


@pytest.mark.usefixtures("lines")
def test_gaps_of_other_listeners_are_not_told(desk: Desk) -> None:
    with desk.database.reading() as connection:
        found = reading.read_gaps(connection, {"main"}, "1234")
    assert [(one["listener"], one["cause"]) for one in found] == [
        ("l1", "receiver_link"),
        ("node n1", "host_down"),
    ]


@pytest.mark.usefixtures("lines")
def test_a_line_that_is_down_is_told_as_open(desk: Desk) -> None:
    with desk.database.reading() as connection:
        (line,) = reading.read_line_periods(connection, {"main"})
    assert (line["listener"], line["to"]) == ("l1", None)


def test_custody_is_told_of_this_account_alone(desk: Desk, manager: Person) -> None:
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    with desk.database.reading() as connection:
        (row,) = reading.read_custody(connection, "1234")
        assert reading.read_custody(connection, "123") == []
    assert (row["act"], row["by"], row["order"]) == ("ordered", "maria", order_id)


def test_custody_of_one_account_is_found_without_reading_that_of_all(
    desk: Desk, manager: Person
) -> None:
    service.order(desk, "1234", Kind.ON_REQUEST, manager)
    with desk.database.reading() as connection:
        said = plan(
            connection,
            "SELECT records.body FROM records JOIN about "
            "ON records.acct = 'station' AND records.seq = about.seq "
            "WHERE about.acct = '1234' AND records.epoch = 1 AND records.type = 'custody'",
        )
    assert "SCAN" not in said
    assert "Seq Scan" not in said
    assert "seq=?" in said or "using pk_records" in said


def test_each_stored_object_is_a_row_of_custody() -> None:
    body = {
        "of": {"acct": "1234"},
        "kind": "verified",
        "objects": [{"key": "k", "version_id": "v", "sha256": "aa"}],
    }
    (row,) = reading._custody_rows(3, "t", body)
    assert (row["object"], row["version_id"], row["sha256"]) == ("k", "v", "aa")


def test_a_case_is_told_with_its_steps_results_and_facts(desk: Desk, manager: Person) -> None:
    case = open_case(
        desk,
        "1234",
        Reason.CUSTOMER_REQUEST,
        manager,
        kind="customer_writing",
        document=LETTER,
    )
    with desk.database.reading() as connection:
        told = reading.read_case_facts(connection, case.id)
        assert reading.read_case_facts(connection, None) == {}
    assert told["steps"][0]["guards"][0]["id"] == "G2"
    kinds = [one["kind"] for one in told["facts"]]
    assert sorted(kinds) == ["customer_writing", "preflight", "snapshot"]
    assert told["approvals"] == []


def test_of_what_is_privileged_only_that_and_when_is_told(desk: Desk, manager: Person) -> None:
    case = open_case(
        desk, "1234", Reason.CUSTOMER_REQUEST, manager, kind="customer_writing", document=LETTER
    )
    record_fact(desk, case.id, "counsel_note", {"text": "do not"}, manager, document=LETTER)
    with desk.database.reading() as connection:
        told = reading.read_case_facts(connection, case.id)
    (note,) = [one for one in told["facts"] if one["kind"] == "counsel_note"]
    assert note["fact"] == {"compartment": "privileged"}
    assert "do not" not in repr(told)


def test_who_asked_and_who_approved_is_told(desk: Desk, manager: Person) -> None:
    case = open_case(
        desk, "1234", Reason.CUSTOMER_REQUEST, manager, kind="customer_writing", document=LETTER
    )
    asked = Approval(
        id="a1",
        case_id=case.id,
        purpose=Purpose.OVERRIDE,
        row="T17",
        guards=("G18",),
        results=(),
        results_hash=b"h" * 32,
        doc=b"d" * 32,
        asked_by="maria",
        asked_at=desk.clock.now(),
        code="vendor_gone",
    )
    execute(desk, "INSERT INTO staff VALUES ('2', 'otto', 'Otto', 'MG', 'x', NULL, TRUE, 0, NULL)")
    with desk.database.writing() as connection:
        record_approval(connection, asked)
        undecided = reading.read_case_facts(connection, case.id)
        at = desk.clock.now()
        record_decision(connection, "a1", by="otto", at=at, approved=True, alone=False)
        told = reading.read_case_facts(connection, case.id)
        people = reading.read_people(connection, told, "worker")
    assert undecided["approvals"][0]["approved"] is None
    (one,) = told["approvals"]
    assert (one["waived"], one["code"], one["decided_by"]) == (["G18"], "vendor_gone", "otto")
    assert [person["login"] for person in people] == ["otto"]


def test_people_are_those_who_had_to_do_with_it(desk: Desk) -> None:
    execute(
        desk,
        "INSERT INTO staff VALUES ('1', 'maria', 'Maria', 'MG', 'x', NULL, TRUE, 0, NULL)",
        "INSERT INTO staff VALUES ('2', 'otto', 'Otto', 'OP', 'x', NULL, TRUE, 0, NULL)",
    )
    case = {"steps": [{"by": "worker"}], "facts": [{"by": "maria"}]}
    with desk.database.reading() as connection:
        assert reading.read_people(connection, case, "worker") == [
            {"login": "maria", "name": "Maria", "role": "MG"}
        ]


def test_what_no_checkpoint_covers_is_told(desk: Desk) -> None:
    with desk.database.reading() as connection:
        assert reading.read_newest_checkpoint(connection) is None
        with pytest.raises(NotFoundError, match="No checkpoint covers epoch 1"):
            reading.read_covered(connection, "1234", 1)


@pytest.mark.parametrize(("kind", "held"), [(HoldKind.RECORDS, True), (HoldKind.SERVICE, False)])
def test_a_records_hold_of_others_flags_objects(
    desk: Desk, manager: Person, kind: HoldKind, held: bool
) -> None:
    set_hold(desk, "1234", kind, "claim", by=manager)
    with desk.database.reading() as connection:
        assert reading.records_hold(connection, "1234") is held
        assert not reading.records_hold(connection, "9")


def test_corrections_of_a_closed_epoch_are_told_with_custody(desk: Desk) -> None:
    body = (
        '{"before":{"class":"alarm"},"by":"anna","class":"medical","corrects":5,"kind":"redecoded",'
        '"of":{"acct":"1234","epoch":1},"seq":90}'
    )
    record = {"acct": "station", "epoch": 1, "seq": 90, "type": "correction", "origin": "machine"}
    with desk.database.writing() as connection:
        connection.execute(
            sa.insert(schema.records),
            {**record, "t": AT.strip("'"), "body": body.encode(), "leaf": b"", "head": b""},
        )
        connection.execute(sa.insert(schema.about), {"acct": "1234", "seq": 90})
    with desk.database.reading() as connection:
        row = reading.read_custody(connection, "1234")[-1]
    assert (row["seq"], row["act"], row["by"], row["corrects"], row["epoch"]) == (
        90,
        "redecoded",
        "anna",
        5,
        1,
    )
    assert (row["class"], row["before"]) == ("medical", {"class": "alarm"})
