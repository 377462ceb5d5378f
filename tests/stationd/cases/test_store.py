from dataclasses import replace
from typing import Any

import pytest

from stationd.cases import store
from stationd.errors import NotFoundError, UnavailableError

pytestmark = pytest.mark.both_databases

Office = Any


def test_a_case_is_read_as_it_was_written(office: Office) -> None:
    case = office.noticed()
    with office.desk.database.reading() as connection:
        assert store.read_case(connection, case.id) == case
        assert store.find_case(connection, "k1") == case
        assert store.find_case(connection, "k2") is None


def test_the_beginning_of_an_id_must_be_only_one_cases(office: Office) -> None:
    case = office.open()
    office.execute(
        "INSERT INTO cases SELECT id || 'x', acct, contract_id, NULL, reason, state, "
        "previous_state, version, overdue, opened_at, opened_by, noticed_at, effective_at, "
        "ended_at, closed_at FROM cases"
    )
    with (
        office.desk.database.reading() as connection,
        pytest.raises(NotFoundError, match="More than one case begins with"),
    ):
        store.read_case(connection, case.id[:4])


def test_a_wildcard_is_no_beginning(office: Office) -> None:
    office.open()
    with office.desk.database.reading() as connection, pytest.raises(NotFoundError):
        store.read_case(connection, "%")


def test_cases_are_found_by_account_and_state(office: Office) -> None:
    case = office.noticed()
    with office.desk.database.reading() as connection:
        assert store.read_cases(connection, acct="1234", state="noticed") == [case]
        assert store.read_cases(connection, state="ended") == []
        assert store.read_cases(connection, acct="9") == []


def test_a_case_moves_from_the_version_it_was_read_at(office: Office) -> None:
    case = office.open()
    moved = replace(case, state="verifying", version=2)
    with office.writing() as connection:
        store.record_moved(connection, moved, over=False)
        with pytest.raises(UnavailableError):
            store.record_moved(connection, moved, over=False)


def test_a_case_that_is_over_frees_its_contract(office: Office) -> None:
    case = office.open()
    with office.writing() as connection:
        store.record_moved(connection, replace(case, state="cured", version=2), over=True)
        assert store.find_case(connection, "k1") is None


@pytest.mark.parametrize("table", ["case_facts", "case_steps"])
@pytest.mark.parametrize("act", ["UPDATE {} SET at = ''", "DELETE FROM {}"])
def test_what_was_recorded_is_never_changed(office: Office, table: str, act: str) -> None:
    office.open()
    with pytest.raises(Exception, match=r"rows are appended and never changed|permission denied"):
        office.execute(act.format(table))


def test_the_ends_of_a_chain_are_told_by_their_types(office: Office) -> None:
    case = office.ended()
    office.close_chain(case)
    size = len(office.records())
    with office.desk.database.reading() as connection:
        assert store.read_ends(connection, "1234", 1, size) == ("open", "close")
        assert store.read_ends(connection, "9", 1, 5) == ("", "")
