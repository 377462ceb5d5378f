"""Nothing is closed without a bundle that is proven, whoever writes to the database."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from stationd.db.engine import Database

AT = "'2036-01-01T00:00:00.000000Z'"
ORDER = (
    "INSERT INTO orders (id, kind, acct, epoch, case_id, ordered_by, ordered_at, state, "
    "legal_hold, progress, why, tries, retry_at, retain_until, verified_at) VALUES "
    f"('o', 'closing', '1', 1, 'c', 'w', {AT}, 'verified', FALSE, 100, '', 0, {AT}, {AT}, {AT})"
)
OBJECT = (
    "INSERT INTO objects (order_id, file, key, size, sha256, path, version_id, retain_until, "
    f"mode, legal_hold, verified_at) VALUES ('o', 'b', 'k', 1, 'aa', '/b', 'v', {AT}, "
    f"'COMPLIANCE', FALSE, {AT})"
)
CLOSE = {
    "case": "UPDATE cases SET state = 'closed'",
    "account": "UPDATE accounts SET record = 'closed'",
}


FAULTS = [
    "DELETE FROM objects",
    "UPDATE orders SET kind = 'primary'",
    "UPDATE orders SET kind = 'on_request'",
    "UPDATE orders SET state = 'stored'",
    "UPDATE orders SET state = 'failed'",
    "UPDATE orders SET verified_at = NULL",
    "UPDATE orders SET retain_until = NULL",
    "UPDATE orders SET retain_until = '2037-01-01T00:00:00.000000Z'",
    "UPDATE objects SET version_id = NULL",
    "UPDATE objects SET verified_at = NULL",
    "UPDATE objects SET mode = NULL",
    "UPDATE objects SET mode = 'GOVERNANCE'",
    "UPDATE objects SET retain_until = NULL",
    "UPDATE orders SET case_id = 'other', acct = '2'",
]

pytestmark = pytest.mark.both_databases


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    execute(
        made,
        "INSERT INTO customers (id, name, details) VALUES ('c', 'n', '{}')",
        "INSERT INTO sites VALUES ('s', 'c', 'n', 'a', 'UTC', '')",
        "INSERT INTO contracts (id, site_id, number, party, standing, notice_days, terms) "
        "VALUES ('k', 's', 'K', 'station', 'current', 1, '{}')",
        f"INSERT INTO accounts VALUES ('1', 'k', 'ended', 'open', 1, '{{}}', {AT})",
        "INSERT INTO cases (id, acct, contract_id, reason, state, version, overdue, opened_at, "
        f"opened_by) VALUES ('c', '1', 'k', 'nonpayment', 'sealed', 1, FALSE, {AT}, 'm')",
    )
    yield made
    made.close()


def execute(database: Database, *statements: str) -> None:
    with database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("what", list(CLOSE))
def test_what_is_proven_may_close(database: Database, what: str) -> None:
    execute(database, ORDER, OBJECT, CLOSE[what])


@pytest.mark.parametrize("what", list(CLOSE))
def test_what_is_not_proven_may_not(database: Database, what: str) -> None:
    for fault in FAULTS:
        # What fails leaves nothing, so that each fault is the only one.
        with pytest.raises(sa.exc.IntegrityError, match="closed needs a closing bundle"):
            execute(database, ORDER, OBJECT, fault, CLOSE[what])


def test_nothing_is_born_closed(database: Database) -> None:
    born = (
        "INSERT INTO cases (id, acct, contract_id, reason, state, version, overdue, opened_at, "
        f"opened_by) VALUES ('d', '1', 'k', 'nonpayment', 'closed', 1, FALSE, {AT}, 'm')"
    )
    with pytest.raises(sa.exc.IntegrityError, match="closed needs a closing bundle"):
        execute(database, born)


def test_what_is_closed_may_change_otherwise(database: Database) -> None:
    execute(database, ORDER, OBJECT, *CLOSE.values())
    execute(
        database,
        "UPDATE orders SET state = 'stored'",
        "UPDATE accounts SET epoch = 2, record = 'closed'",
    )
