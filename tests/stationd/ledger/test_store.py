"""Chains in the database: begun, continued, closed, continued in the next epoch."""

import json
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from archive import ledger_check, merkle
from archive.canonical import JsonValue
from stationd.clock import SetClock, iso
from stationd.db import schema
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import LedgerBrokenError, MistakeError, NotFoundError
from stationd.ledger import store
from stationd.ledger.model import Record, RecordDraft

pytestmark = pytest.mark.both_databases


def draft(acct: str = "4821", kind: str = "signal", **fields: JsonValue) -> RecordDraft:
    return RecordDraft(acct, kind, "machine", fields)


def append(desk: Desk, *drafts: RecordDraft) -> list[Record]:
    with desk.database.writing() as connection:
        return store.append(
            connection, drafts, station=desk.station, now=desk.clock.now(), ids=desk.ids
        )


def close(desk: Desk, acct: str = "4821", epoch: int = 1) -> Record:
    with desk.database.writing() as connection:
        return store.append_close(
            connection, acct, epoch, fields={}, now=desk.clock.now(), ids=desk.ids
        )


def bodies(desk: Desk, acct: str, epoch: int = 1) -> list[dict[str, Any]]:
    with desk.database.reading() as connection:
        return [json.loads(one) for one in store.read_records(connection, acct, epoch, 1, 100)]


def open_chain(connection: Connection, desk: Desk, acct: str) -> Record:
    return store.open_chain(
        connection,
        acct,
        fields={"number": "0099"},
        station=desk.station,
        now=desk.clock.now(),
        ids=desk.ids,
    )


def test_a_chain_that_is_not_there_begins_with_an_open_record(desk: Desk) -> None:
    (record,) = append(desk, draft("unknown:main:7", zone="1"))
    assert (record.seq, record.type) == (2, "signal")
    assert [one["type"] for one in bodies(desk, "unknown:main:7")] == ["open", "signal"]


def test_records_come_back_in_the_order_of_the_drafts(desk: Desk) -> None:
    made = append(desk, draft("b", n=1), draft("a", n=2), draft("b", n=3))
    assert [(one.acct, one.seq, json.loads(one.body)["n"]) for one in made] == [
        ("b", 2, 1),
        ("a", 2, 2),
        ("b", 3, 3),
    ]


def test_no_drafts_make_no_records(desk: Desk) -> None:
    assert append(desk) == []


def test_an_account_is_opened_with_its_own_fields_by_a_person(desk: Desk) -> None:
    with desk.database.writing() as connection:
        open_chain(connection, desk, "4821")
    (first,) = bodies(desk, "4821")
    assert (first["type"], first["origin"], first["number"]) == ("open", "human", "0099")


def test_an_account_is_not_opened_twice(desk: Desk) -> None:
    append(desk, draft())
    with pytest.raises(MistakeError, match="4821 has a chain"), desk.database.writing() as made:
        open_chain(made, desk, "4821")


def test_a_name_that_no_chain_can_have_is_refused(desk: Desk) -> None:
    with pytest.raises(MistakeError, match="cannot name a chain"):
        append(desk, draft("a b"))


def test_the_stored_chain_verifies_with_the_verifiers_own_code(desk: Desk) -> None:
    for number in range(5):
        append(desk, draft(n=number), draft(n=number + 10))
    with desk.database.reading() as connection:
        records = store.read_records(connection, "4821", 1, 1, 100)
        head = store.read_head(connection, "4821", 1)
    key = ledger_check.account_key("station-1", "4821", 1)
    leaves = [merkle.leaf(record) for record in records]
    assert (head.size, head.head) == (11, ledger_check.chain(key, leaves))


def test_records_are_read_in_pages(desk: Desk) -> None:
    append(desk, *(draft(n=number) for number in range(5)))
    with desk.database.reading() as connection:
        page = store.read_records(connection, "4821", 1, 3, 2)
    assert [json.loads(one)["seq"] for one in page] == [3, 4]


def test_t_is_the_clock_at_appending_even_after_it_went_back(desk: Desk, clock: SetClock) -> None:
    (one,) = append(desk, draft())
    before = clock.now()
    clock.step(before - clock.now().replace(year=2027))
    (two,) = append(desk, draft())
    assert (one.t, two.t) == (iso(before), iso(clock.now()))
    assert two.t < one.t


def test_what_comes_after_close_opens_the_next_epoch_naming_the_closing_head(desk: Desk) -> None:
    append(desk, draft())
    closing = close(desk)
    (late,) = append(desk, draft(n=1))
    first = bodies(desk, "4821", 2)[0]
    assert (late.epoch, late.seq) == (2, 2)
    assert first["previous"] == {"epoch": 1, "head": closing.head.hex(), "size": 3}


def test_nothing_is_appended_to_an_epoch_after_close(desk: Desk) -> None:
    append(desk, draft())
    close(desk)
    append(desk, draft(), draft())
    assert [one["type"] for one in bodies(desk, "4821", 1)] == ["open", "signal", "close"]


@pytest.mark.parametrize(
    ("acct", "epoch", "why"),
    [("4821", 2, "stands at epoch 1;"), ("9", 1, "has no chain"), ("shut", 1, "1, closed")],
)
def test_only_the_current_open_epoch_can_be_closed(
    desk: Desk, acct: str, epoch: int, why: str
) -> None:
    append(desk, draft(), draft("shut"))
    close(desk, "shut")
    with pytest.raises(MistakeError, match=why):
        close(desk, acct, epoch)


def test_a_close_record_is_refused_among_others(desk: Desk) -> None:
    with pytest.raises(LedgerBrokenError, match="close_epoch"):
        append(desk, draft(kind="close"))


def test_heads_of_all_epochs_are_read_oldest_first(desk: Desk) -> None:
    append(desk, draft())
    close(desk)
    append(desk, draft())
    with desk.database.reading() as connection:
        heads = store.read_heads(connection, "4821")
    assert [(head.epoch, head.size, head.closed) for head in heads] == [(1, 3, True), (2, 2, False)]


def test_an_epoch_that_is_not_there_is_not_found(desk: Desk) -> None:
    with desk.database.reading() as connection, pytest.raises(NotFoundError, match="epoch 3"):
        store.read_head(connection, "4821", 3)


def test_one_event_of_an_entry_gives_an_account_one_record(desk: Desk) -> None:
    event = RecordDraft("4821", "signal", "machine", {}, "j" * 32, 5, (1, 1))
    append(desk, event)
    with pytest.raises(sa.exc.IntegrityError):
        append(desk, event)


def test_an_entry_that_is_no_frame_gives_a_chain_one_record_too(desk: Desk) -> None:
    event = RecordDraft("line:com1", "line", "machine", {}, "j" * 32, 5)
    append(desk, event)
    with pytest.raises(sa.exc.IntegrityError):
        append(desk, event)


def test_the_record_of_an_event_is_found_by_its_entry(desk: Desk) -> None:
    append(desk, RecordDraft("4821", "signal", "machine", {"n": 1}, "j" * 32, 5, (2, 2)))
    with desk.database.reading() as connection:
        found = store.find_record(connection, "4821", "j" * 32, 5, 2)
        other = store.find_record(connection, "4821", "j" * 32, 5, 1)
    assert found is not None
    assert (found[:2], json.loads(found[2])["n"], other) == ((1, 2), 1, None)


def test_more_chains_than_one_statement_takes_are_appended_together(desk: Desk) -> None:
    made = append(desk, *(draft(str(number)) for number in range(2100)))
    assert {record.seq for record in made} == {2}


def test_an_append_that_is_rolled_back_leaves_nothing(desk: Desk) -> None:
    now = desk.clock.now()
    with suppress(RuntimeError), desk.database.writing() as connection:
        store.append(connection, [draft()], station="station-1", now=now, ids=desk.ids)
        raise RuntimeError
    with desk.database.writing() as connection:
        assert store.read_current_head(connection, "4821") is None
        rows = connection.execute(sa.select(sa.func.count()).select_from(schema.records))
        assert rows.scalar_one() == 0


def test_a_document_is_named_by_the_hash_of_its_salt_and_content(desk: Desk) -> None:
    with desk.database.writing() as connection:
        doc = store.store_document(
            connection,
            content=b"letter",
            media_type="text/plain",
            name="notice.txt",
            compartment="producible",
            now=desk.clock.now(),
            ids=desk.ids,
        )
        (found,) = store.read_documents(connection, [doc])
    assert found.content == b"letter"
    assert found.name == "notice.txt"
    # A hash nobody could guess the content from: the salt is in it.
    assert len(found.salt) == 16
    assert doc == merkle.sha256(b"stationd:doc:v1\0" + found.salt + b"letter").digest()


def test_a_document_that_is_not_stored_is_not_found(desk: Desk) -> None:
    with desk.database.reading() as connection, pytest.raises(NotFoundError, match="00" * 32):
        store.read_documents(connection, [bytes(32)])
