"""Taking bytes out of rows, in any portions: proofs, chains and other accounts do not notice."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationd.audit.fsck import fsck
from stationd.clock import iso
from stationd.db import schema
from stationd.db.purging import PURGED_FACT
from stationd.errors import NotFoundError, RefusedError
from stationd.ledger.store import read_documents, read_records, store_document
from stationd.tombstones import store
from stationd.tombstones.model import START, Taken

ORIGIN = "log.example.com/station-1"
SIZES = {"1": 10, "2": 13, "3": 16}


def take(desk, acct, *portions):
    """Take portions, then the rest one batch after another; return what each gave."""
    taken = [Taken(over=False)]
    left = list(portions)
    while not taken[-1].over:
        with desk.database.writing() as connection:
            store.overwrite(connection)
            taken.append(
                store.take_records(
                    connection,
                    acct,
                    purge_id="p",
                    after=taken[-1].cursor,
                    most=left.pop(0) if left else 7,
                    now=desk.clock.now(),
                )
            )
    return taken[1:]


def total(taken, kind):
    return sum(one.counts.get(kind, 0) for one in taken)


def rows(desk, query):
    with desk.database.reading() as connection:
        return connection.execute(query).all()


@given(
    purged=st.lists(st.sampled_from(sorted(SIZES)), unique=True, min_size=1),
    portions=st.lists(st.integers(1, 20), max_size=4),
)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_purge_every_proof_is_the_same_byte_for_byte(fresh, purged, portions):
    ledger = fresh()
    before = ledger.proofs()
    for acct in purged:
        taken = take(ledger.desk, acct, *portions)
        assert total(taken, "records") == SIZES[acct]
    assert ledger.proofs() == before
    assert fsck(ledger.desk, origin=ORIGIN, public=ledger.public).faults == []
    entries = schema.entries.c
    left = {
        row.position
        for row in rows(ledger.desk, sa.select(entries.position).where(entries.body.is_not(None)))
    }
    records = schema.records.c
    stands = {
        row.position
        for row in rows(
            ledger.desk,
            sa.select(records.position).where(records.body.is_not(None), records.journal == "j"),
        )
    }
    # An entry has its bytes exactly as long as a record that stands on it.
    assert left == stands
    ledger.desk.database.close()


def test_portions_end_where_the_records_do(ledger):
    taken = take(ledger.desk, "1", 4, 6)
    assert [one.counts.get("records", 0) for one in taken] == [4, 6, 0]
    assert [one.over for one in taken] == [False, False, True]
    assert [one.cursor for one in taken] == [(1, 4), (1, 10), (1, 10)]


def test_a_transaction_that_is_rolled_back_takes_nothing(ledger):
    with ledger.desk.database.writing() as connection:
        now = ledger.desk.clock.now()
        store.take_records(connection, "1", purge_id="p", after=START, most=5, now=now)
        connection.rollback()
    with ledger.desk.database.reading() as connection:
        assert len(read_records(connection, "1", 1, 1, 20)) == SIZES["1"]


def test_a_purged_record_is_told_and_not_given(ledger):
    take(ledger.desk, "2")
    with ledger.desk.database.reading() as connection:
        with pytest.raises(RefusedError, match="Record 3 of 2, epoch 1, was purged"):
            read_records(connection, "2", 1, 3, 5)
        assert not store.has_records(connection, "2")
        assert store.has_records(connection, "3")
        (extent,) = store.read_extents(connection, "2")
        assert (extent.size, extent.left) == (SIZES["2"], False)
        assert len(store.read_tombstones(connection, "2", START, 100)) == SIZES["2"]
        assert len(store.read_tombstones(connection, "2", (1, 10), 2)) == 2
        assert store.read_tombstones(connection, "3", START, 100) == []


def document(connection, desk, content):
    return store_document(
        connection,
        content=content,
        media_type="text/plain",
        name="n",
        compartment="internal",
        now=desk.clock.now(),
        ids=desk.ids,
    )


@pytest.fixture
def with_case(ledger):
    """Two facts of a case with a document each, and a step."""
    desk = ledger.desk
    at = iso(desk.clock.now())
    with desk.database.writing() as connection:
        docs = [document(connection, desk, b"a"), document(connection, desk, b"b")]
        case = {"id": "k", "acct": "1", "contract_id": "1", "reason": "r", "state": "sealed"}
        more = {"version": 1, "overdue": False, "opened_at": at, "opened_by": "m"}
        connection.execute(sa.insert(schema.cases), {**case, **more})
        for number, doc in enumerate(docs):
            fact = {"id": f"f{number}", "case_id": "k", "kind": "x", "fact": "{}", "doc": doc}
            connection.execute(sa.insert(schema.case_facts), {**fact, "author": "m", "at": at})
        step = {"case_id": "k", "version": 1, "row": "T1", "event": "e", "from_state": "a"}
        more = {"to_state": "b", "by": "m", "at": at, "results": "[1]", "results_hash": b"h"}
        connection.execute(sa.insert(schema.case_steps), {**step, **more})
    return docs


def take_cases(ledger, most):
    with ledger.desk.database.writing() as connection:
        now = ledger.desk.clock.now()
        return store.take_cases(connection, "1", purge_id="p", most=most, now=now)


def test_facts_go_with_their_documents_and_then_the_steps(ledger, with_case):
    with ledger.desk.database.reading() as connection:
        assert store.has_case_facts(connection, "1")
        assert not store.has_case_facts(connection, "2")
    taken = [take_cases(ledger, 1) for _ in range(3)]
    assert [dict(one.counts) for one in taken] == [
        {"facts": 1, "documents": 1},
        {"facts": 1, "documents": 1},
        {"steps": 1, "documents": 0},
    ]
    assert taken[-1].over
    with ledger.desk.database.reading() as connection:
        assert not store.has_case_facts(connection, "1")
        with pytest.raises(NotFoundError):
            read_documents(connection, with_case[:1])
    stays = {row.doc for row in rows(ledger.desk, sa.select(schema.purged_documents))}
    assert stays == set(with_case)
    facts = rows(ledger.desk, sa.select(schema.case_facts.c.fact, schema.case_facts.c.doc))
    assert facts == [(PURGED_FACT, doc) for doc in with_case]


def test_what_was_shown_to_be_approved_goes_with_the_steps(ledger, with_case):
    desk = ledger.desk
    at = iso(desk.clock.now())
    with desk.database.writing() as connection:
        doc, file = document(connection, desk, b"why"), document(connection, desk, b"letter")
        asked = {"id": "a", "case_id": "k", "purpose": "step", "row": "T12", "guards": "[]"}
        shown = {"results": "[1]", "results_hash": b"h", "code": "", "doc": doc, "file": file}
        more = {"asked_by": "m", "asked_at": at, "alone": False}
        connection.execute(sa.insert(schema.approvals), {**asked, **shown, **more})
    take_cases(ledger, 5)
    assert dict(take_cases(ledger, 5).counts) == {"steps": 1, "documents": 2}
    assert rows(desk, sa.select(schema.approvals.c.results)) == [("[]",)]
    with desk.database.reading() as connection, pytest.raises(NotFoundError):
        read_documents(connection, [file])


def test_steps_alone_are_something_left(ledger, with_case):
    take_cases(ledger, 5)
    with ledger.desk.database.reading() as connection:
        assert store.has_case_facts(connection, "1")


def test_a_document_that_a_fact_names_stays_until_the_case_goes(ledger, with_case):
    desk = ledger.desk
    with desk.database.writing() as connection:
        own = document(connection, desk, b"c")
        listed = ",".join(f'"doc":"{doc.hex()}"' for doc in (own, with_case[0]))
        connection.exec_driver_sql("DROP TRIGGER records_no_update")
        named = sa.update(schema.records).where(
            schema.records.c.acct == "1", schema.records.c.seq == 2
        )
        connection.execute(named.values(body=b"{" + listed.encode() + b"}"))
    assert total(take(desk, "1"), "documents") == 1
    with desk.database.reading() as connection:
        read_documents(connection, with_case)
        with pytest.raises(NotFoundError):
            read_documents(connection, [own])


def test_what_tells_of_an_account_beside_the_ledger_goes_with_its_last_record(ledger):
    at = iso(ledger.desk.clock.now() + timedelta(hours=1))
    run = {"began_at": at, "last_at": at, "count": 9, "most": 5, "within": 60, "quiet": 60}
    with ledger.desk.database.writing() as connection:
        for acct in ("1", "2"):
            connection.execute(sa.insert(schema.runaways), {"acct": acct, **run})
    take(ledger.desk, "1")
    assert [row.acct for row in rows(ledger.desk, sa.select(schema.runaways))] == ["2"]


def test_what_a_transaction_takes_is_overwritten_in_the_file(ledger):
    with ledger.desk.database.writing() as connection:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF").close()
        store.overwrite(connection)
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
