"""What a purge may take out of rows, on either database, as the programs' own role."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from stationd.clock import iso
from stationd.db import schema
from stationd.db.engine import Database
from stationd.tombstones.model import START, Taken
from stationd.tombstones.store import (
    has_case_facts,
    has_records,
    overwrite,
    read_tombstones,
    take_cases,
    take_records,
)

pytestmark = pytest.mark.both_databases

NOW = datetime(2036, 1, 1, tzinfo=UTC)
AT = iso(NOW)
DOC = b"d" * 32
ROWS: Sequence[tuple[sa.Table, dict[str, object]]] = (
    (schema.customers, {"id": "c", "name": "Acme", "details": "{}"}),
    (
        schema.sites,
        {
            "id": "s",
            "customer_id": "c",
            "name": "Shop",
            "address": "1 Main",
            "zone": "UTC",
            "jurisdiction": "",
        },
    ),
    (
        schema.contracts,
        {
            "id": "k",
            "site_id": "s",
            "number": "K",
            "party": "station",
            "standing": "current",
            "notice_days": 30,
            "terms": "{}",
        },
    ),
    (
        schema.accounts,
        {
            "acct": "1",
            "contract_id": "k",
            "service": "ended",
            "record": "open",
            "epoch": 1,
            "details": "{}",
            "opened_at": AT,
        },
    ),
    (
        schema.cases,
        {
            "id": "case",
            "acct": "1",
            "contract_id": "k",
            "reason": "nonpayment",
            "state": "sealed",
            "version": 1,
            "overdue": False,
            "opened_at": AT,
            "opened_by": "m",
        },
    ),
    (
        schema.case_facts,
        {"id": "f", "case_id": "case", "kind": "x", "fact": "{}", "author": "m", "at": AT},
    ),
    (
        schema.case_steps,
        {
            "case_id": "case",
            "version": 1,
            "row": "T1",
            "event": "e",
            "from_state": "a",
            "to_state": "b",
            "by": "m",
            "at": AT,
            "results": "[1]",
            "results_hash": b"h" * 32,
        },
    ),
    (
        schema.documents,
        {
            "doc": DOC,
            "salt": b"s" * 16,
            "content": b"content",
            "media_type": "text/plain",
            "name": "n",
            "compartment": "internal",
            "stored_at": AT,
        },
    ),
    (
        schema.purges,
        {
            "id": "p",
            "state": "approved",
            "ground": "g",
            "list": "",
            "list_sha256": "",
            "proposed_by": "maria",
            "proposed_role": "MG",
            "proposed_at": AT,
            "approved_by": "ada",
            "why": "",
        },
    ),
)
ITEM = {"purge_id": "p", "acct": "1", "state": "running", "why": "", "counts": "{}"}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    with made.writing() as connection:
        for table, values in ROWS:
            connection.execute(sa.insert(table), values)
        for place, name in enumerate(("records", "cases")):
            values = {**ITEM, "data_class": name, "place": place}
            connection.execute(sa.insert(schema.purge_items), values)
        for seq in (1, 2, 3):
            doc = f'"doc":"{DOC.hex()}",' if seq == 2 else ""
            record = {
                "acct": "1",
                "epoch": 1,
                "seq": seq,
                "type": "signal",
                "origin": "machine",
                "t": AT,
                "body": f'{{{doc}"seq":{seq}}}'.encode(),
                "leaf": b"l" * 32,
                "head": b"h" * 32,
                "journal": "j",
                "position": seq,
                "part": 1,
            }
            entry = {"journal": "j", "position": seq, "body": b"entry", "link": b"k" * 32}
            connection.execute(sa.insert(schema.records), record)
            connection.execute(sa.insert(schema.entries), entry)
    yield made
    made.close()


def take(database: Database) -> list[Taken]:
    taken = [Taken(over=False)]
    while not taken[-1].over:
        with database.writing() as connection:
            overwrite(connection)
            after = taken[-1].cursor
            taken.append(take_records(connection, "1", purge_id="p", after=after, most=2, now=NOW))
    return taken[1:]


def test_bytes_go_in_portions_and_hashes_stay(database: Database) -> None:
    taken = take(database)
    assert [dict(one.counts) for one in taken] == [
        {"records": 2, "entries": 2, "documents": 1},
        {"records": 1, "entries": 1, "documents": 0},
        {},
    ]
    with database.reading() as connection:
        assert not has_records(connection, "1")
        assert [one.seq for one in read_tombstones(connection, "1", START, 9)] == [1, 2, 3]
        links = connection.execute(sa.select(schema.entries.c.body, schema.entries.c.link))
        assert links.all() == [(None, b"k" * 32)] * 3
        stays = connection.execute(sa.select(schema.purged_documents.c.doc)).scalars()
        assert list(stays) == [DOC]


def test_facts_and_results_go_and_the_steps_hashes_stay(database: Database) -> None:
    with database.writing() as connection:
        take_cases(connection, "1", purge_id="p", most=9, now=NOW)
        last = take_cases(connection, "1", purge_id="p", most=9, now=NOW)
        assert (last.over, dict(last.counts)) == (True, {"steps": 1, "documents": 0})
        assert not has_case_facts(connection, "1")
        steps = connection.execute(sa.select(schema.case_steps.c.results_hash)).scalars()
        assert list(steps) == [b"h" * 32]


FORBIDS = {
    "an item that is not running": sa.update(schema.purge_items).values(state="listed"),
    "a purge that was withdrawn": sa.update(schema.purges).values(state="withdrawn"),
    "one person alone": sa.update(schema.purges).values(approved_by="maria"),
    "a hold": sa.insert(schema.holds).values(
        id="h", kind="records", acct="1", ground="g", author="m", set_at=AT, scope="account"
    ),
}


@pytest.mark.parametrize("why", FORBIDS)
def test_the_database_itself_refuses_what_is_forbidden(database: Database, why: str) -> None:
    with database.writing() as connection:
        connection.execute(FORBIDS[why])
    with pytest.raises(sa.exc.IntegrityError, match="rows are appended and never changed"):
        take(database)
    with database.reading() as connection:
        assert has_records(connection, "1")


@pytest.mark.parametrize("values", [{"leaf": b"x" * 32}, {"body": b"x"}, {"t": "u"}])
def test_nothing_but_the_bytes_may_change(database: Database, values: dict[str, object]) -> None:
    change = sa.update(schema.records).values(**{"body": None, **values})
    # PostgreSQL's role may not touch those columns at all; the owner meets the trigger.
    with (
        pytest.raises(Exception, match=r"appended and never changed|may not|permission denied"),
        database.writing() as connection,
    ):
        connection.execute(change)
