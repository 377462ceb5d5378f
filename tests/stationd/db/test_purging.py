"""The walls around what may be taken out of rows: the bytes, in a running purge, and no more."""

import re

import pytest
import sqlalchemy as sa

from stationd.db import purging
from stationd.db.engine import Database, execute_text
from stationd.errors import DatabaseUnavailableError

AT = "'2036-01-01T00:00:00.000000Z'"
ROWS = (
    (
        "INSERT INTO cases (id, acct, contract_id, reason, state, version, overdue, opened_at, "
        f"opened_by) VALUES ('c', '1', '1', 'nonpayment', 'sealed', 1, FALSE, {AT}, 'm')"
    ),
    "INSERT INTO records VALUES ('1', 1, 1, 's', 'machine', 't', x'01', x'02', x'03', 'j', 7, 1)",
    "INSERT INTO records VALUES ('2', 1, 1, 's', 'machine', 't', x'01', x'02', x'03', 'j', 8, 1)",
    (
        "INSERT INTO entries VALUES ('j', 7, x'01', x'02'), ('j', 8, x'01', x'02'), "
        "('j', 9, x'01', x'02')"
    ),
    f"INSERT INTO case_facts VALUES ('f', 'c', 'k', '{{}}', NULL, 'm', {AT}, 'producible', 1, 1)",
    "INSERT INTO case_steps VALUES ('c', 1, 'T1', 'e', 'a', 'b', 'm', 't', '[1]', x'00')",
    "INSERT INTO documents VALUES (x'0d', x'00', x'00', 'm', 'n', 'internal', 't')",
    (
        "INSERT INTO purges (id, state, ground, list, list_sha256, proposed_by, proposed_role, "
        "proposed_at, approved_by, why) VALUES "
        f"('p', 'approved', 'g', '', '', 'maria', 'MG', {AT}, 'ada', '')"
    ),
    (
        "INSERT INTO purge_items (purge_id, acct, data_class, place, state, why, counts) VALUES "
        "('p', '1', 'records', 0, 'running', '', '{}'), ('p', '1', 'cases', 1, 'running', '', '{}')"
    ),
)
TAKE = {
    "records": "UPDATE records SET body = NULL WHERE acct = '1'",
    "case_facts": f"UPDATE case_facts SET fact = '{purging.PURGED_FACT}'",
    "case_steps": f"UPDATE case_steps SET results = '{purging.PURGED_RESULTS}'",
}
HOLD = (
    "INSERT INTO holds (id, kind, acct, ground, author, set_at, scope) VALUES "
    f"('h', 'records', '1', 'claim', 'm', {AT}, 'account')"
)


@pytest.fixture
def filled(database: Database, roll) -> Database:
    for acct in ("1", "2"):
        roll.account(acct)
    execute(database, *ROWS)
    return database


def execute(database: Database, *statements: str) -> None:
    with database.writing() as connection:
        for statement in statements:
            said = statement
            if connection.dialect.name == "postgresql":
                said = re.sub(r"\bx'([0-9a-f]*)'", r"'\\x\1'", statement)
            execute_text(connection, said)


def refused(database: Database, *statements: str) -> None:
    """A trigger refuses it, or on PostgreSQL our role may not even ask."""
    refusals = (sa.exc.IntegrityError, DatabaseUnavailableError)
    with pytest.raises(refusals, match=r"rows are appended and never changed|permission denied"):
        execute(database, *statements)


@pytest.mark.both_databases
@pytest.mark.parametrize("table", TAKE)
def test_what_is_being_purged_may_go(filled: Database, table: str) -> None:
    execute(filled, TAKE[table])


FAULTS = [
    "UPDATE purge_items SET state = 'listed'",
    "UPDATE purge_items SET state = 'done'",
    "UPDATE purge_items SET state = 'refused'",
    "UPDATE purge_items SET acct = '2'",
    "UPDATE purge_items SET data_class = 'bundles' || data_class",
    "UPDATE purges SET state = 'proposed'",
    "UPDATE purges SET state = 'withdrawn'",
    "UPDATE purges SET approved_by = NULL",
    "UPDATE purges SET approved_by = proposed_by",
    HOLD,
]


@pytest.mark.both_databases
@pytest.mark.parametrize("table", TAKE)
def test_nothing_goes_outside_of_a_running_purge_that_two_persons_decided_or_under_a_hold(
    filled: Database, table: str
) -> None:
    for fault in FAULTS:
        # What is refused leaves nothing, so that each fault is the only one.
        refused(filled, fault, TAKE[table])


@pytest.mark.both_databases
def test_a_hold_that_is_lifted_or_on_service_or_on_another_account_keeps_nothing(
    filled: Database,
) -> None:
    for number, change in enumerate(
        ("kind = 'service'", f"lifted_at = {AT}", "acct = '2'"), start=1
    ):
        hold = HOLD.replace("'h'", f"'h{number}'")
        execute(filled, hold, f"UPDATE holds SET {change} WHERE id = 'h{number}'")
    execute(filled, *TAKE.values())


CHANGES = [
    "UPDATE records SET body = x'05'",
    "UPDATE records SET body = NULL, leaf = x'05'",
    "UPDATE records SET body = NULL, head = x'05'",
    "UPDATE records SET body = NULL, t = 'u'",
    "UPDATE records SET body = NULL, position = NULL",
    "UPDATE case_facts SET fact = '{\"a\":1}'",
    f"UPDATE case_facts SET fact = '{purging.PURGED_FACT}', doc = x'05'",
    f"UPDATE case_facts SET fact = '{purging.PURGED_FACT}', compartment = 'internal'",
    f"UPDATE case_facts SET fact = '{purging.PURGED_FACT}', seq = 5",
    f"UPDATE case_facts SET fact = '{purging.PURGED_FACT}', version = 5",
    "UPDATE case_steps SET results = '[2]'",
    f"UPDATE case_steps SET results = '{purging.PURGED_RESULTS}', results_hash = x'05'",
    "DELETE FROM records",
    "DELETE FROM case_facts",
    "DELETE FROM documents",
]


@pytest.mark.both_databases
def test_nothing_else_changes_even_while_a_purge_runs(filled: Database) -> None:
    for statement in CHANGES:
        refused(filled, statement)


@pytest.mark.both_databases
def test_what_is_purged_never_gets_bytes_again(filled: Database) -> None:
    execute(filled, TAKE["records"])
    refused(filled, "UPDATE records SET body = x'01' WHERE acct = '1'")


@pytest.mark.both_databases
def test_an_entry_goes_only_after_every_record_of_it(filled: Database) -> None:
    refused(filled, "UPDATE entries SET body = NULL WHERE position = 7")
    execute(filled, TAKE["records"])
    refused(filled, "UPDATE entries SET body = NULL, link = x'05' WHERE position = 7")
    execute(filled, "UPDATE entries SET body = NULL WHERE position = 7")
    # Nothing tells of entry 9, and entry 8 is another account's.
    refused(filled, "UPDATE entries SET body = NULL WHERE position = 9")
    refused(filled, "UPDATE entries SET body = NULL WHERE position = 8")


@pytest.mark.both_databases
def test_a_document_goes_only_where_its_hash_stays(filled: Database) -> None:
    stays = f"INSERT INTO purged_documents VALUES (x'0d', 'p', '1', {AT})"
    refused(filled, stays, "UPDATE purge_items SET state = 'done'", "DELETE FROM documents")
    execute(filled, stays, "DELETE FROM documents")
    refused(filled, "DELETE FROM purged_documents")


def test_the_walls_can_be_taken_down_for_a_migration_and_nothing_goes_without_them(
    filled: Database,
) -> None:
    with filled.writing() as connection:
        purging.undo(connection)
    for statement in TAKE.values():
        refused(filled, statement)
    with filled.writing() as connection:
        purging.create(connection)
    execute(filled, *TAKE.values())


def test_postgresql_has_the_same_walls() -> None:
    made = purging.statements("postgresql")
    assert len(made) == 15
    assert sum("IS NOT DISTINCT FROM" in one for one in made) == 4
    assert sum("RETURN OLD" in one for one in made) == 1
