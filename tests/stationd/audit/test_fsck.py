"""Derived again from the records: what the database says otherwise is named."""

from collections.abc import Callable

import pytest

from archive.seal import LogKey
from stationd.audit.fsck import Derived, fsck
from stationd.audit.model import Fault
from stationd.desk import Desk

ORIGIN = "log.example.com/station-1"


def derived(desk: Desk, log_key: LogKey, acct: str | None = None) -> Derived:
    return fsck(desk, origin=ORIGIN, public=log_key.public, acct=acct)


def named(faults: list[Fault]) -> set[tuple[str, int, str]]:
    return {(fault.acct, fault.seq, fault.what) for fault in faults}


@pytest.mark.usefixtures("anchored")
def test_a_whole_ledger_is_derived_as_it_stands(desk: Desk, log_key: LogKey) -> None:
    found = derived(desk, log_key)
    assert (found.faults, found.chains, found.records, found.checkpoints) == ([], 5, 25, 3)
    assert derived(desk, log_key, "1001").records == 5


@pytest.mark.usefixtures("anchored")
@pytest.mark.parametrize(
    ("tampering", "expected"),
    [
        ("edit", {("1001", 2, "leaf")}),
        ("edit_with_leaf", {("1001", 2, "head")}),
        ("delete", {("1001", 2, "missing"), ("1001", 3, "head")}),
        ("rewrite", {("", 2, "state"), ("", 0, "mark"), ("", 1, "mark"), ("", 2, "mark")}),
        ("rewrite_states", {("", 0, "note"), ("", 1, "note"), ("", 2, "note")}),
    ],
)
def test_what_the_administrator_changed_is_found(
    desk: Desk,
    log_key: LogKey,
    administrator: object,
    tampering: str,
    expected: set[tuple[str, int, str]],
) -> None:
    getattr(administrator, tampering)()
    assert expected <= named(derived(desk, log_key).faults)


@pytest.mark.usefixtures("anchored")
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE heads SET size = 3 WHERE acct = '1002'", ("1002", 3, "heads")),
        ("UPDATE published SET head = zeroblob(32) WHERE acct = '1002'", ("1002", 4, "published")),
        ("UPDATE heads SET account_key = zeroblob(32) WHERE acct = '1002'", ("1002", 0, "key")),
        ("DELETE FROM heads WHERE acct = '1002'", ("1002", 0, "lost")),
        ("DELETE FROM records WHERE acct = '1002' AND seq = 2", ("", 0, "mark")),
        ("DELETE FROM checkpoints WHERE n = 2", ("", 2, "mark")),
        ("UPDATE marks SET size = 2 WHERE acct = '1002' AND n = 1", ("", 1, "mark")),
        (
            "UPDATE stamps SET reply = (SELECT reply FROM stamps WHERE n = 0) WHERE n = 1",
            ("", 1, "stamp"),
        ),
        (
            "UPDATE anchors SET note = (SELECT note FROM anchors WHERE n = 0) WHERE n = 1",
            ("", 1, "note"),
        ),
    ],
)
def test_each_table_is_compared(
    desk: Desk,
    log_key: LogKey,
    administrator: object,
    statement: str,
    expected: tuple[str, int, str],
) -> None:
    administrator.change(lambda connection: connection.exec_driver_sql(statement))  # type: ignore[attr-defined]
    assert expected in named(derived(desk, log_key).faults)


def test_an_empty_ledger_holds(desk: Desk, log_key: LogKey) -> None:
    assert derived(desk, log_key).faults == []


def test_how_far_it_is_is_told(desk: Desk, log_key: LogKey, grow: Callable[[], None]) -> None:
    grow()
    told: list[int] = []
    fsck(desk, origin=ORIGIN, public=log_key.public, told=lambda done, _whole: told.append(done))
    assert told == [1, 2, 3, 4, 5]
