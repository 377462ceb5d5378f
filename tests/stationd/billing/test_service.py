from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from stationd.accounts.model import Standing
from stationd.accounts.store import read_contract
from stationd.billing.model import Line, LineKind
from stationd.billing.service import ImportReport, import_lines, look
from stationd.billing.store import find_balance, read_imports, read_lines
from stationd.clock import SetClock
from stationd.db.schema import billing_lines
from stationd.desk import Desk
from stationd.errors import ImportRejectedError, MistakeError, NotAuthorisedError
from stationd.ledger.store import read_head, read_records
from stationd.policies import BillingSettings
from stationd.staff.model import Person, Role
from tests.stationd.billing.conftest import HEAD, INVOICE, MARIA, PAYMENT, USUAL, file_of, nobody

Take = Callable[..., ImportReport]


def lines(desk: Desk, contract: str = "k1001") -> list[Line]:
    with desk.database.reading() as connection:
        return read_lines(connection, contract)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.rows, report.taken, report.known, report.refusals


@pytest.mark.both_databases
def test_lines_are_taken_once_however_often_a_file_comes(station: Desk, take: Take) -> None:
    assert counts(take(HEAD + INVOICE + PAYMENT)) == (2, 2, 0, 0)
    assert counts(take(HEAD + INVOICE + PAYMENT)) == (2, 0, 2, 0)
    kept = lines(station)
    assert [(one.kind, one.number, one.amount) for one in kept] == [
        (LineKind.INVOICE, "R-1", 9000),
        (LineKind.PAYMENT, "P-1", 9000),
    ]
    assert kept[0].period_through == date(2026, 1, 31)
    with station.database.reading() as connection:
        assert len(read_imports(connection)) == 1


def test_the_same_number_of_another_kind_or_source_is_another_line(take: Take) -> None:
    take(HEAD + INVOICE)
    assert take(HEAD + INVOICE.replace("invoice", "fee")).taken == 1
    assert take(HEAD + INVOICE, replace(USUAL, source="other")).taken == 1


def test_a_changed_line_is_refused_by_name_with_both_values_and_the_others_are_taken(
    station: Desk, take: Take
) -> None:
    take(HEAD + INVOICE)
    report = take(HEAD + INVOICE.replace("90.00", "80.00") + PAYMENT)
    assert counts(report) == (2, 1, 0, 1)
    assert report.refused == [
        "may.csv:2: invoice R-1 is here already: amount was 90.00 and is 80.00"
    ]
    assert lines(station)[0].amount == 9000


def test_a_line_that_moved_to_another_contract_is_refused(take: Take) -> None:
    take(HEAD + INVOICE)
    (said,) = take(HEAD + INVOICE.replace("1001", "1002")).refused
    assert "it was another contract's" in said


def test_a_line_twice_in_one_file_counts_once_or_is_refused(take: Take) -> None:
    for dry_run in (True, False):
        report = take(HEAD + INVOICE + INVOICE + INVOICE.replace("90", "70"), dry_run=dry_run)
        assert counts(report) == (3, 1, 1, 1)


def test_a_dry_run_tells_the_same_and_writes_nothing(station: Desk, take: Take) -> None:
    many = "".join(f"R-{n},invoice,1001,2026-01-01,,1.00,,\n" for n in range(450))
    twice = HEAD + many + many.replace("1.00", "2.00")
    told = take(twice, dry_run=True)
    assert (told.applied, lines(station)) == (False, [])
    done = take(twice)
    assert counts(done) == counts(told) == (900, 450, 0, 450)
    assert len(done.refused) == 200


def test_rows_that_cannot_be_read_are_named_by_line_and_nothing_is_taken(
    station: Desk, take: Take
) -> None:
    bad = INVOICE + "R-2,gift,1001,2026-13-01,,x,,\n" + PAYMENT + "R-3,invoice\n"
    with pytest.raises(ImportRejectedError) as raised:
        take(HEAD + bad)
    assert [problem[:10] for problem in raised.value.problems] == [
        *["may.csv:3:"] * 3,
        "may.csv:5:",
    ]
    assert lines(station) == []


def test_very_many_faults_are_counted_and_not_all_told(take: Take) -> None:
    with pytest.raises(ImportRejectedError) as raised:
        take(HEAD + "R,invoice,1001,2026-01-01,,x,,\n" * 5000)
    assert len(raised.value.problems) == 201
    assert raised.value.problems[-1] == "… and 4800 more"


def test_a_file_larger_than_allowed_is_refused_before_it_is_read(station: Desk) -> None:
    small = replace(station, billing=BillingSettings(largest_file=1000))
    with pytest.raises(ImportRejectedError, match=r"more than 1000 bytes"):
        import_lines(small, file_of(HEAD + INVOICE * 20), by=MARIA, credited=nobody)


def test_unknown_contracts_are_refused_or_skipped_as_the_mapping_says(take: Take) -> None:
    strange = HEAD + INVOICE.replace("1001", "9999") + PAYMENT
    report = take(strange)
    assert counts(report) == (2, 1, 0, 1)
    assert "there is no account 9999 here" in report.refused[0]
    assert take(strange, replace(USUAL, unknown="skip")).skipped == 1


def test_contract_and_account_must_be_of_one_another(take: Take) -> None:
    head = HEAD.replace("account", "account,contract")
    report = take(head + INVOICE.replace("1001", "1001,K-1002"))
    assert "contract K-1002 is not that of account 1001" in report.refused[0]
    assert take(head + INVOICE.replace("1001", "1001,K-1001")).taken == 1


def test_a_contract_has_one_currency(take: Take) -> None:
    take(HEAD + INVOICE)
    report = take(HEAD + PAYMENT, replace(USUAL, defaults={"currency": "EUR"}))
    assert "is in EUR, and the contract's other lines are in USD" in report.refused[0]


def test_who_may_import_and_look(station: Desk, take: Take) -> None:
    for role, may in ((Role.CLERK, True), (Role.OPERATOR, False), (Role.ADMINISTRATOR, False)):
        by = Person(login="x", name="X", role=role)
        if may:
            take(HEAD + INVOICE, by=by)
            assert look(station, "1001", by).balance == 9000
        else:
            with pytest.raises(NotAuthorisedError):
                take(HEAD + INVOICE, by=by)
            with pytest.raises(NotAuthorisedError):
                look(station, "1001", by)
    with pytest.raises(MistakeError, match="no billing lines of account 1002"):
        look(station, "1002", MARIA)


@pytest.mark.both_databases
def test_an_import_stands_contracts_and_tells_the_ledger(station: Desk, take: Take) -> None:
    take(HEAD + INVOICE)
    with station.database.reading() as connection:
        assert read_contract(connection, "k1001").standing is Standing.IN_DEFAULT
        size = read_head(connection, "1001", 1).size
        (told,) = read_records(connection, "1001", 1, size, size)
        balance = find_balance(connection, "k1001")
    assert b'"kind":"standing"' in told
    assert b'"from":"current"' in told
    assert b'"to":"in_default"' in told
    assert balance is not None
    assert (balance.balance, balance.overdue, balance.oldest_due) == (9000, 9000, date(2026, 1, 15))
    take(HEAD + PAYMENT)
    with station.database.reading() as connection:
        assert read_contract(connection, "k1001").standing is Standing.CURRENT


def test_lines_are_never_changed_or_removed(station: Desk, take: Take) -> None:
    take(HEAD + INVOICE)
    for statement in (sa.update(billing_lines).values(amount=1), sa.delete(billing_lines)):
        with (
            pytest.raises(Exception, match="appended and never changed"),
            station.database.writing() as connection,
        ):
            connection.execute(statement)


def test_an_import_that_is_ended_anywhere_leaves_whole_batches(
    station: Desk, take: Take, clock: SetClock
) -> None:
    text = HEAD + "".join(f"P-{n},payment,1001,2026-01-01,,1.00,,\n" for n in range(500))
    told: list[int] = []

    class EndedError(Exception):
        pass

    def ends(_connection: Any, _desk: Desk, new: Sequence[Line], _by: Person) -> list[Any]:
        told.append(len(new))
        if len(told) == 2:
            raise EndedError
        return []

    with pytest.raises(EndedError):
        take(text, credited=ends)
    with station.database.reading() as connection:
        balance = find_balance(connection, "k1001")
    assert (len(lines(station)), balance and balance.balance) == (200, -20_000)
    clock.advance(timedelta(hours=1))
    assert counts(take(text, credited=ends)) == (500, 300, 200, 0)
    assert sum(told) == 700
