"""The running audit: it goes on where it was, names what was changed, and blocks closing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stationd.anchors.views import States
from stationd.audit import service, store
from stationd.audit.model import Cursor
from stationd.audit.service import AUDIT, Auditor, Ground, found, look, settle, start
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError
from stationd.ledger.store import read_head, read_records
from stationd.schedule.checks import read_check
from stationd.staff.model import Person, Role

MANAGER = Person(login="maria", name="Maria", role=Role.MANAGER)
GROUND = Ground(name="report.pdf", media_type="application/pdf", content=b"the disk failed")


def cursor(desk: Desk) -> Cursor:
    with desk.database.reading() as connection:
        return store.read_cursor(connection)


def check(desk: Desk) -> tuple[str, str]:
    with desk.database.reading() as connection:
        found = read_check(connection, AUDIT)
    assert found is not None
    return found.outcome, found.detail


def whole_pass(auditor: Auditor) -> None:
    """Look until a pass has ended."""
    passes = cursor(auditor.desk).passes
    while cursor(auditor.desk).passes == passes:
        look(auditor, 7)


def named(auditor: Auditor) -> list[tuple[str, int, str]]:
    return sorted((one.fault.acct, one.fault.seq, one.fault.what) for one in found(auditor.desk))


@pytest.mark.usefixtures("anchored")
def test_a_pass_over_a_whole_ledger_finds_nothing(auditor: Auditor) -> None:
    whole_pass(auditor)
    assert named(auditor) == []
    assert check(auditor.desk) == (
        "passed",
        "every record hashed again 1 time(s), and nothing differs",
    )


@pytest.mark.usefixtures("anchored")
def test_a_look_goes_on_where_the_last_one_ended(auditor: Auditor) -> None:
    assert look(auditor, 3) == 3
    first = cursor(auditor.desk)
    assert (first.acct, first.seq) == ("1000", 3)
    look(auditor, 4)
    second = cursor(auditor.desk)
    assert (second.acct, second.seq) == ("1001", 2)
    look(auditor, 100)
    assert cursor(auditor.desk).acct == ""
    assert cursor(auditor.desk).passes == 1


@pytest.mark.usefixtures("anchored")
@pytest.mark.parametrize(
    ("tampering", "expected"),
    [
        ("edit", ("1001", 2, "leaf")),
        ("edit_with_leaf", ("1001", 2, "head")),
        ("delete", ("1001", 2, "missing")),
        ("rewrite", ("1001", 2, "anchor")),
        ("rewrite_states", ("", 0, "note")),
    ],
)
def test_what_the_administrator_changed_is_found(
    auditor: Auditor, administrator: object, tampering: str, expected: tuple[str, int, str]
) -> None:
    getattr(administrator, tampering)()
    whole_pass(auditor)
    assert expected in named(auditor)
    outcome, detail = check(auditor.desk)
    assert outcome == "failed"
    assert detail.endswith(found(auditor.desk)[0].fault.text)


@pytest.mark.usefixtures("anchored")
def test_a_tail_cut_off_in_every_table_is_found(auditor: Auditor, administrator: object) -> None:
    administrator.cut("1001", size=2)  # type: ignore[attr-defined]
    whole_pass(auditor)
    assert named(auditor) == [("1001", 2, "anchor")]


@pytest.mark.usefixtures("anchored")
def test_a_chain_taken_out_is_found(auditor: Auditor, administrator: object) -> None:
    administrator.take_out("1001", ["records", "heads"])  # type: ignore[attr-defined]
    whole_pass(auditor)
    assert ("1001", 0, "lost") in named(auditor)


@pytest.mark.usefixtures("anchored")
def test_a_chain_taken_out_of_every_table_is_found(auditor: Auditor, administrator: object) -> None:
    everywhere = ["records", "heads", "published", "marks"]
    administrator.take_out("1001", everywhere)  # type: ignore[attr-defined]
    whole_pass(auditor)
    assert named(auditor) == [("", 2, "chains")]
    (fault,) = found(auditor.desk)
    assert "covers 5 chains, and 4 are published" in fault.fault.text


@pytest.mark.usefixtures("anchored")
def test_what_cannot_be_recorded_is_not_passed_over(
    auditor: Auditor, administrator: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    administrator.edit()  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        patch.setattr(service, "append", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            whole_pass(auditor)
    assert named(auditor) == []
    whole_pass(auditor)
    assert ("1001", 2, "leaf") in named(auditor)


@pytest.mark.usefixtures("anchored")
def test_other_accounts_are_not_blamed(auditor: Auditor, administrator: object) -> None:
    administrator.rewrite()  # type: ignore[attr-defined]
    whole_pass(auditor)
    assert {one.fault.acct for one in found(auditor.desk)} == {"1001"}


@pytest.mark.usefixtures("anchored")
def test_without_the_cache_a_changed_chain_is_of_the_whole_ledger(
    auditor: Auditor, administrator: object, log_key: object, tmp_path: Path
) -> None:
    administrator.rewrite()  # type: ignore[attr-defined]
    bare = Auditor(
        desk=auditor.desk,
        states=States(tmp_path / "gone"),
        origin=auditor.origin,
        public=auditor.public,
    )
    whole_pass(bare)
    assert ("", 2, "state") in named(auditor)


@pytest.mark.usefixtures("anchored")
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE heads SET head = zeroblob(32) WHERE acct = '1002'", ("1002", 5, "heads")),
        ("UPDATE published SET head = zeroblob(32) WHERE acct = '1002'", ("1002", 4, "published")),
        ("UPDATE heads SET size = 4 WHERE acct = '1002'", ("1002", 5, "beyond")),
        ("DELETE FROM records WHERE acct = '1002' AND seq = 5", ("1002", 5, "missing")),
        (
            "UPDATE records SET type = 'action' WHERE acct = '1002' AND seq = 3",
            ("1002", 3, "columns"),
        ),
        (
            "UPDATE checkpoints SET entry = replace(entry, '\"v\":1', '\"v\":2') WHERE n = 1",
            ("", 1, "entry"),
        ),
        ("DELETE FROM checkpoints WHERE n = 1", ("", 1, "entry")),
        ("UPDATE stamps SET reply = x'00' WHERE n = 2", ("", 2, "stamp")),
        ("UPDATE anchors SET note = CAST('lag' AS BLOB) WHERE n = 2", ("", 2, "note")),
    ],
)
def test_each_table_is_compared(
    auditor: Auditor, administrator: object, statement: str, expected: tuple[str, int, str]
) -> None:
    administrator.change(lambda connection: connection.exec_driver_sql(statement))  # type: ignore[attr-defined]
    whole_pass(auditor)
    assert expected in named(auditor)


@pytest.mark.usefixtures("anchored")
def test_a_purged_record_keeps_the_chain_whole(auditor: Auditor, administrator: object) -> None:
    purge = "UPDATE records SET body = NULL WHERE acct = '1001' AND seq = 2"
    administrator.change(lambda connection: connection.exec_driver_sql(purge))  # type: ignore[attr-defined]
    whole_pass(auditor)
    assert named(auditor) == []


# --- At the start ---


@pytest.mark.usefixtures("anchored")
def test_at_the_start_what_came_since_the_last_checkpoint_is_hashed(
    auditor: Auditor, administrator: object
) -> None:
    assert start(auditor) == 5
    assert named(auditor) == []
    administrator.edit("1003", seq=5)  # type: ignore[attr-defined]
    administrator.edit("1000", seq=2)  # type: ignore[attr-defined]
    start(auditor)
    assert named(auditor) == [("1003", 5, "leaf")], "what is older is the running audit's"


# --- What was found ---


@pytest.mark.usefixtures("anchored")
def test_a_mismatch_is_recorded_once(auditor: Auditor, administrator: object) -> None:
    administrator.edit()  # type: ignore[attr-defined]
    whole_pass(auditor)
    whole_pass(auditor)
    assert len(found(auditor.desk)) == 1
    with auditor.desk.database.reading() as connection:
        size = read_head(connection, "station", 1).size
        bodies = read_records(connection, "station", 1, 1, size)
    assert len([body for body in bodies if b"mismatch_found" in body]) == 1
    assert b'"of":{"acct":"1001","epoch":1}' in bodies[-1]


@pytest.mark.usefixtures("anchored")
def test_only_a_manager_with_a_document_settles_it(auditor: Auditor, administrator: object) -> None:
    desk = auditor.desk
    administrator.edit()  # type: ignore[attr-defined]
    whole_pass(auditor)
    (waiting,) = found(desk)
    clerk = Person(login="carla", name="Carla", role=Role.CLERK)
    with pytest.raises(NotAuthorisedError):
        settle(desk, waiting.id, ground=GROUND, by=clerk)
    done = settle(desk, waiting.id, ground=GROUND, by=MANAGER)
    assert (done.settled_by, found(desk)) == ("maria", [])
    assert [one.id for one in found(desk, settled=True)] == [waiting.id]
    with pytest.raises(MistakeError, match="settled by maria already"):
        settle(desk, waiting.id, ground=GROUND, by=MANAGER)
    whole_pass(auditor)
    assert found(desk) == [], "it was answered for"
    with desk.database.reading() as connection:
        size = read_head(connection, "station", 1).size
        (body,) = read_records(connection, "station", 1, size, 1)
    assert b"mismatch_settled" in body
    assert check(desk)[0] == "passed"


def test_what_was_not_found_cannot_be_settled(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="no mismatch nine"):
        settle(desk, "nine", ground=GROUND, by=MANAGER)


def test_an_empty_ledger_is_passed_at_once(auditor: Auditor) -> None:
    assert look(auditor, 10) == 0
    assert cursor(auditor.desk).passes == 1


def test_before_there_is_an_anchor_chains_are_hashed_all_the_same(
    auditor: Auditor, grow: Callable[[], None]
) -> None:
    grow()
    assert look(auditor, 100) == 10
    assert named(auditor) == []
    assert service.AUDIT == "audit"
