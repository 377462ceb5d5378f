"""What every station database must do, whichever it is: each test runs on both."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
import sqlalchemy as sa

from stationd.clock import SetClock, iso
from stationd.db import schema
from stationd.db.engine import Database, execute_rows, inserting
from stationd.db.revision import check_revision
from stationd.desk import Desk
from stationd.errors import DatabaseUnavailableError, MistakeError
from stationd.follower.model import HeardHour
from stationd.follower.store import record_heard_hours
from stationd.ids import CountedIds
from stationd.ledger import checkpoints, store
from stationd.ledger.model import RecordDraft
from stationd.settings import PolicySettings
from stationd.supervision import store as supervision
from stationd.supervision.model import State
from stationd.supervision.service import expect_anew, scan, standing

ACCOUNT = {
    "customers": {"id": "c", "name": "Acme", "details": "{}"},
    "sites": {
        "id": "s",
        "customer_id": "c",
        "name": "Shop",
        "address": "1 Main",
        "zone": "UTC",
        "jurisdiction": "",
    },
    "contracts": {
        "id": "k",
        "site_id": "s",
        "number": "K",
        "party": "station",
        "standing": "current",
        "notice_days": 30,
        "terms": "{}",
    },
    "accounts": {
        "acct": "1",
        "contract_id": "k",
        "service": "active",
        "record": "open",
        "epoch": 1,
        "details": '{"test_grace":60,"test_hours":24}',
        "opened_at": "2026-01-01T00:00:00.000000Z",
    },
    "journals": {
        "id": "j",
        "node": "n1",
        "position": 1,
        "link": b"",
        "taken_at": "2026-03-02T00:00:00.000000Z",
    },
}


pytestmark = pytest.mark.both_databases


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(
        database=database,
        clock=SetClock(datetime(2026, 3, 2, tzinfo=UTC)),
        ids=CountedIds(),
        station="station-1",
        policies=PolicySettings(),
    )


def append(desk: Desk, *accts: str) -> None:
    with desk.database.writing() as connection:
        store.append(
            connection,
            [RecordDraft(acct, "signal", "machine", {"text": "Łódź"}) for acct in accts],
            station=desk.station,
            now=desk.clock.now(),
            ids=desk.ids,
        )


def test_it_has_every_declared_table(database: Database) -> None:
    check_revision(database)
    with database.reading() as connection:
        assert set(schema.metadata.tables) <= set(sa.inspect(connection).get_table_names())


def test_it_commits_all_or_nothing(database: Database) -> None:
    with suppress(RuntimeError), database.writing() as connection:
        connection.execute(sa.insert(schema.leases), {"name": "a", "holder": "w", "until": "t"})
        raise RuntimeError
    with database.reading() as connection:
        assert connection.execute(sa.select(schema.leases)).all() == []


def test_a_reader_does_not_see_what_is_not_committed(database: Database) -> None:
    with database.writing() as connection, database.reading() as other:
        connection.execute(sa.insert(schema.leases), {"name": "a", "holder": "w", "until": "t"})
        assert other.execute(sa.select(schema.leases)).all() == []


def test_bytes_numbers_and_texts_come_back_as_they_were(database: Database) -> None:
    row = {"journal": "a" * 32, "position": 2**53, "body": bytes(range(256)), "link": bytes(32)}
    with database.writing() as connection:
        execute_rows(connection, sa.insert(schema.entries), [row])
        (found,) = connection.execute(sa.select(schema.entries)).mappings()
    assert dict(found) == row


@pytest.mark.parametrize("act", ["update", "delete"])
def test_a_record_is_neither_changed_nor_removed(desk: Desk, act: str) -> None:
    append(desk, "4821")
    statement = {
        "update": sa.update(schema.records).values(body=b"{}"),
        "delete": sa.delete(schema.records),
    }[act]
    # A trigger refuses it on SQLite; on PostgreSQL our role may not even ask.
    refused = (sa.exc.IntegrityError, DatabaseUnavailableError)
    with (
        pytest.raises(refused, match=r"appended and never changed|permission denied"),
        desk.database.writing() as connection,
    ):
        connection.execute(statement)
    with desk.database.reading() as connection:
        assert len(store.read_records(connection, "4821", 1, 1, 9)) == 2


def test_a_conflict_can_be_passed_over_or_settled(database: Database) -> None:
    with database.writing() as connection:
        insert = inserting(connection, schema.leases)
        settle = insert.on_conflict_do_update(
            index_elements=["name"], set_={"holder": insert.excluded.holder}
        )
        connection.execute(insert, {"name": "a", "holder": "w1", "until": "t"})
        connection.execute(
            insert.on_conflict_do_nothing(), {"name": "a", "holder": "w2", "until": "t"}
        )
        (kept,) = connection.execute(sa.select(schema.leases.c.holder)).scalars()
        connection.execute(settle, {"name": "a", "holder": "w3", "until": "t"})
        (settled,) = connection.execute(sa.select(schema.leases.c.holder)).scalars()
    assert (kept, settled) == ("w1", "w3")


def test_chains_grow_close_and_go_on_in_the_next_epoch(desk: Desk) -> None:
    append(desk, "4821", "9", "4821")
    with desk.database.writing() as connection:
        store.append_close(connection, "4821", 1, fields={}, now=desk.clock.now(), ids=desk.ids)
    append(desk, "4821")
    with desk.database.reading() as connection:
        heads = store.read_heads(connection, "4821")
    assert [(head.epoch, head.size, head.closed) for head in heads] == [(1, 4, True), (2, 2, False)]


def test_a_closed_epoch_is_not_closed_again(desk: Desk) -> None:
    append(desk, "4821")
    now = desk.clock.now()
    with desk.database.writing() as connection:
        store.append_close(connection, "4821", 1, fields={}, now=now, ids=desk.ids)
    with pytest.raises(MistakeError), desk.database.writing() as connection:
        store.append_close(connection, "4821", 1, fields={}, now=now, ids=desk.ids)


def test_what_grew_since_a_checkpoint_is_known(desk: Desk) -> None:
    append(desk, "4821", "9")
    with desk.database.writing() as connection:
        checkpoints.record_published(connection, checkpoints.read_uncovered(connection))
    append(desk, "9")
    with desk.database.writing() as connection:
        grown = checkpoints.read_uncovered(connection)
    assert [(head.acct, head.size) for head in grown] == [("9", 3)]


def test_one_number_of_a_checkpoint_is_taken_once(desk: Desk) -> None:
    now = desk.clock.now()
    with desk.database.writing() as connection:
        checkpoints.record_checkpoint(connection, 0, b"{}", bytes(32), now)
    with pytest.raises(sa.exc.IntegrityError), desk.database.writing() as connection:
        checkpoints.record_checkpoint(connection, 0, b"{}", bytes(32), now)


def test_what_is_added_to_a_row_of_bits_stays_there(database: Database) -> None:
    with database.writing() as connection:
        for minutes in (0b01, 1 << 59, 0b10):
            heard = HeardHour(listener="ip", hour=490_000, minutes=minutes)
            record_heard_hours(connection, [heard])
        (found,) = connection.execute(sa.select(schema.heard_hours.c.minutes)).scalars()
    assert found == 1 << 59 | 0b11


def test_accounts_are_supervised_missed_and_heard_again(desk: Desk) -> None:
    clock = cast("SetClock", desk.clock)
    with desk.database.writing() as connection:
        for table, row in ACCOUNT.items():
            connection.execute(sa.insert(schema.metadata.tables[table]), row)
    assert expect_anew(desk) == 1
    for hours, after in ((26, [State.MISSED]), (1, [State.RETURNED])):
        clock.advance(timedelta(hours=hours))
        at = iso(clock.now())
        with desk.database.writing() as connection:
            connection.execute(sa.update(schema.journals).values(taken_at=at))
            if after == [State.RETURNED]:
                columns = [column.name for column in schema.signals.c]
                signal = dict.fromkeys(columns, "") | {"acct": "1", "epoch": 1, "seq": 9}
                signal |= {"received_at": at, "listener": "ip", "signal_class": "test"}
                connection.execute(sa.insert(schema.signals), signal)
                supervision.wake_for_tests(connection, ["1"])
        scan(desk)
        assert [row.state for row in standing(desk).rows] == after
    with desk.database.reading() as connection:
        (silence,) = supervision.read_silences(connection)
    assert silence.ended_at == clock.now()
