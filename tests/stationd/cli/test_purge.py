"""`stationctl retention propose`, `approve` and what follows."""

import json

import pytest
import sqlalchemy as sa

from stationd.bundles import service as bundles
from stationd.bundles import store
from stationd.bundles.model import Kind, OrderState
from stationd.db import schema
from stationd.ledger.store import store_document
from stationd.purges import store as purges
from stationd.staff.model import Person, Role

PASSWORD = "correct horse battery"
LONG_AGO = "2001-03-02T00:00:00.000000Z"
BY = Person(login="maria", name="Maria", role=Role.MANAGER)


@pytest.fixture
def old(opened, desk):
    """Account 1001 is closed since long ago, and a verified bundle holds all of it."""
    order_id = bundles.order(desk, "1001", Kind.ON_REQUEST, BY)
    with desk.database.writing() as connection:
        for trigger in ("records_no_update", "accounts_closed_update"):
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        ours = schema.records.c.acct == "1001"
        connection.execute(sa.update(schema.records).where(ours).values(t=LONG_AGO))
        account = sa.update(schema.accounts).where(schema.accounts.c.acct == "1001")
        connection.execute(account.values(record="closed", opened_at=LONG_AGO))
        now = desk.clock.now()
        state = OrderState.VERIFIED.value
        store.update_order(
            connection, order_id, state=state, verified_at=now, records=99, name="b-1"
        )
    return desk


@pytest.fixture
def proposed(old, value):
    return value("retention", "propose", "1001", "--ground", "the register")


def test_a_proposal_shows_the_list_its_hash_and_the_next_step(old, ok, value):
    said = ok("retention", "propose", "--ground", "the register")
    assert "1001  records: past its period since 2008-03-02 (84 months from 2001-03-02" in said
    assert "stays in the archive: b-1" in said
    (made,) = value("retention", "purges")
    assert f"stationctl retention approve {made['id']} {made['list_sha256']}" in said
    assert made["proposed_by"] == "maria"
    assert "the register" in ok("retention", "purges")


def test_nothing_to_remove_is_said_with_the_reason(opened, run, ok):
    refused = run("retention", "propose", "1002", "--ground", "x")
    assert refused.exit_code == 3
    assert "1002 records: it is kept until" in refused.stderr
    assert "No purges." in ok("retention", "purges")


def test_left_out_is_told_apart_from_what_is_listed(old, ok):
    said = ok("retention", "propose", "1001", "1002", "--ground", "x")
    assert "Left out:\n  1002 records: it is kept until" in said


def test_the_second_person_reads_and_approves_with_the_password(proposed, log_in, run, ok, value):
    words = ("retention", "approve", proposed["id"], proposed["list_sha256"], "--password-stdin")
    refused = run(*words, text=PASSWORD + "\n")
    assert refused.exit_code == 3
    assert "maria proposed purge" in refused.stderr
    log_in("anna")
    assert f"SHA-256 of this list: {proposed['list_sha256']}" in ok(
        "retention", "show", proposed["id"]
    )
    assert run(*words, text="wrong\n").exit_code == 4
    assert "Approved by anna; nothing goes before" in ok(*words, text=PASSWORD + "\n")
    shown = value("retention", "show", proposed["id"])
    assert shown["items"] == [
        {"acct": "1001", "class": "records", "state": "listed", "why": "", "gone": {}}
    ]
    assert shown["list"] == proposed["list"]
    assert "listed" in ok("retention", "show", proposed["id"])


def test_a_purge_is_withdrawn(proposed, ok, run):
    assert "is withdrawn." in ok("retention", "withdraw", proposed["id"])
    assert "Withdrawn by maria; nothing of it has gone." in ok("retention", "show", proposed["id"])
    assert run("retention", "certificate", proposed["id"]).exit_code == 3


def test_a_purge_that_has_begun_is_stopped(proposed, desk, ok):
    with desk.database.writing() as connection:
        item = purges.read_next_item(connection, proposed["id"])
        now = desk.clock.now()
        purges.update_item(
            connection, item, state="running", began_at=now, counts={"records": 5, "entries": 0}
        )
        purges.update_purge(connection, proposed["id"], state="approved", why="away")
    assert "had begun and goes no further" in ok("retention", "withdraw", proposed["id"])
    said = ok("retention", "show", proposed["id"])
    assert "stopped  5 records  withdrawn by maria" in said
    assert "Last trouble: away." in said


def test_the_certificate_is_shown_or_written(proposed, desk, ok, value, tmp_path):
    with desk.database.writing() as connection:
        docs = [
            store_document(
                connection,
                content=content,
                media_type="text/plain",
                name="c",
                compartment="internal",
                now=desk.clock.now(),
                ids=desk.ids,
            )
            for content in (b'{"v":1}', b"CERTIFICATE")
        ]
        values = {"certificate": docs[0], "certificate_text": docs[1], "state": "ended"}
        purges.update_purge(connection, proposed["id"], **values, ended_at=desk.clock.now())
    assert ok("retention", "certificate", proposed["id"]) == "CERTIFICATE\n"
    assert value("retention", "certificate", proposed["id"]) == {"v": 1}
    assert "Ended; `retention certificate" in ok("retention", "show", proposed["id"])
    made = value("retention", "certificate", proposed["id"], "--into", str(tmp_path))
    as_json, as_text = made["files"]
    assert json.loads((tmp_path / as_json).read_bytes()) == {"v": 1}
    assert (tmp_path / as_text).read_bytes() == b"CERTIFICATE"


def test_tombstones_show_what_stays(old, desk, ok, value):
    assert "No record of 1001 was purged there." in ok("retention", "tombstones", "1001")
    with desk.database.writing() as connection:
        ours = sa.update(schema.records).where(schema.records.c.acct == "1001")
        connection.execute(ours.values(body=None))
        leaf = connection.execute(
            sa.select(schema.records.c.leaf).where(schema.records.c.acct == "1001")
        ).scalars()
        first = next(iter(leaf)).hex()
    assert first in ok("retention", "tombstones", "1001")
    assert value("retention", "tombstones", "1001")[0]["leaf"] == first


def test_an_administrator_rewrites_the_file(opened, log_in, run, ok):
    assert run("retention", "compact").exit_code == 4
    log_in("anna")
    assert "The file was written anew." in ok("retention", "compact")
