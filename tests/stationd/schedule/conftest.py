"""A database with one case, by which due steps can be named."""

from collections.abc import Iterator

import pytest

from stationd.db.engine import Database

_ROWS = (
    "INSERT INTO customers (id, name, details) VALUES ('c', 'n', '{}')",
    (
        "INSERT INTO sites (id, customer_id, name, address, zone, jurisdiction) "
        "VALUES ('s', 'c', 'n', 'a', 'UTC', '')"
    ),
    (
        "INSERT INTO contracts (id, site_id, number, party, standing, notice_days, terms) "
        "VALUES ('k', 's', 'K-1', 'station', 'current', 30, '{}')"
    ),
    (
        "INSERT INTO accounts (acct, contract_id, service, record, epoch, details, opened_at) "
        "VALUES ('1234', 'k', 'active', 'open', 1, '{}', '2026-01-01T00:00:00.000000Z')"
    ),
)
_CASE = (
    "INSERT INTO cases (id, acct, contract_id, reason, state, version, overdue, opened_at, "
    "opened_by) VALUES ('{id}', '1234', 'k', 'nonpayment', 'opened', 1, FALSE, "
    "'2026-01-01T00:00:00.000000Z', 'maria')"
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    with made.writing() as connection:
        for statement in (*_ROWS, _CASE.format(id="a"), _CASE.format(id="b")):
            connection.exec_driver_sql(statement)
    yield made
    made.close()
