"""The log's key is changed to another, signed off by the one before."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.checkpoint import read_note
from archive.errors import MalformedError
from archive.log_keys import sign_off
from archive.seal import LogKey
from stationd.anchors import listing
from stationd.audit.fsck import fsck
from stationd.db import schema
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError, UnavailableError
from stationd.ledger import checkpoints
from stationd.ledger.log_key import check_log_key, sign_offs
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.service import LedgerTree, checkpoint
from stationd.ledger.store import append, read_records
from stationd.rekeying import LEASE, ChangedKey, change_log_key
from stationd.schedule.store import take_lease
from stationd.staff.model import Person, Role

ORIGIN = "log.example.com/station-1"
ANNA = Person(login="anna", name="Anna", role=Role.ADMINISTRATOR)
MARIA = Person(login="maria", name="Maria", role=Role.MANAGER)


def key() -> LogKey:
    return LogKey(Ed25519PrivateKey.generate())


OLD, NEW, NEXT = key(), key(), key()


def happens(desk: Desk) -> None:
    with desk.database.writing() as connection:
        draft = RecordDraft(STATION, RecordType.CONFIG, Origin.MACHINE, {"kind": "test"})
        append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)


@pytest.fixture
def checkpointed(desk: Desk) -> Callable[[LogKey], int | None]:
    """Let something happen, and make the checkpoint of it."""

    def make(log_key: LogKey) -> int | None:
        happens(desk)
        return checkpoint(desk, LedgerTree.load(desk), origin=ORIGIN, log_key=log_key)

    return make


def change(desk: Desk, before: LogKey, after: LogKey, by: Person = ANNA) -> ChangedKey:
    return change_log_key(desk, origin=ORIGIN, before=before, after=after, by=by)


def note(desk: Desk, n: int) -> bytes:
    with desk.database.reading() as connection:
        return checkpoints.read_checkpoint(connection, n).note


@pytest.mark.both_databases
def test_the_note_of_the_change_has_both_signatures_and_later_ones_the_new_key_s(
    desk: Desk, checkpointed: Callable[[LogKey], int | None]
) -> None:
    checkpointed(OLD)
    happens(desk)

    done = change(desk, OLD, NEW)

    assert done.checkpoint == 1
    assert [read_note(note(desk, 1), ORIGIN, it.public).size for it in (OLD, NEW)] == [2, 2]
    assert checkpointed(NEW) == 2
    with pytest.raises(MalformedError):
        read_note(note(desk, 2), ORIGIN, OLD.public)
    assert fsck(desk, origin=ORIGIN, public=NEW.public).faults == []
    assert fsck(desk, origin=ORIGIN, public=OLD.public).faults == []
    assert listing.cosign(desk, note(desk, 0), ORIGIN, NEW.public, MARIA) == (0, 0)


@pytest.mark.both_databases
def test_the_change_is_a_record_of_the_station_that_its_checkpoint_covers(desk: Desk) -> None:
    done = change(desk, OLD, NEW)

    with desk.database.reading() as connection:
        (row,) = checkpoints.read_key_changes(connection)
        (body,) = read_records(connection, STATION, row.epoch, row.seq, 1)
        heads = connection.execute(sa.select(schema.published.c.size)).scalars().all()
    assert b'"kind":"log_key"' in body
    assert b'"by":"anna"' in body
    assert NEW.public.hex().encode() in body
    assert (row.n, row.sign_off, heads) == (done.checkpoint, done.sign_off, [row.seq])
    assert sign_offs(desk) == done.sign_off


def test_only_the_new_key_goes_on(desk: Desk, checkpointed: Callable[[LogKey], int | None]) -> None:
    tree = LedgerTree.load(desk)
    change(desk, OLD, NEW)

    check_log_key(desk, ORIGIN, NEW.public)
    with pytest.raises(
        UnavailableError, match=r"was replaced after checkpoint 0\. Put the new one"
    ):
        check_log_key(desk, ORIGIN, OLD.public)
    with pytest.raises(UnavailableError, match="Put the log key of before back"):
        check_log_key(desk, ORIGIN, NEXT.public)
    # A worker that was started before the change has the old key still.
    happens(desk)
    with pytest.raises(UnavailableError, match="start again with the new one"):
        checkpoint(desk, tree, origin=ORIGIN, log_key=OLD)


def test_a_lost_key_signs_nothing_off_and_the_text_says_where_the_way_is(
    desk: Desk, checkpointed: Callable[[LogKey], int | None]
) -> None:
    checkpointed(OLD)

    with pytest.raises(UnavailableError, match=r"change-the-log-key.md .* if it is lost"):
        change(desk, NEXT, NEW)


def test_keys_follow_one_another_and_none_comes_back(
    desk: Desk, checkpointed: Callable[[LogKey], int | None]
) -> None:
    first = change(desk, OLD, NEW)
    assert change(desk, OLD, NEW) == first
    checkpointed(NEW)
    second = change(desk, NEW, NEXT)

    assert sign_offs(desk) == first.sign_off + second.sign_off
    assert fsck(desk, origin=ORIGIN, public=NEXT.public).faults == []
    for again in (OLD, NEW, NEXT):
        with pytest.raises(MistakeError, match="is one that the log has, or had"):
            change(desk, NEXT, again)


def test_it_is_an_administrator_s_act_while_no_worker_runs(desk: Desk) -> None:
    with pytest.raises(NotAuthorisedError):
        change(desk, OLD, NEW, by=MARIA)
    with desk.database.writing() as connection:
        length = timedelta(seconds=30)
        assert take_lease(connection, LEASE, "n-1", now=desk.clock.now(), length=length)
    with pytest.raises(MistakeError, match="stop it on every node"):
        change(desk, OLD, NEW)


def test_changes_that_somebody_put_into_the_table_are_found(
    desk: Desk, checkpointed: Callable[[LogKey], int | None]
) -> None:
    checkpointed(OLD)
    change(desk, OLD, NEW)
    with desk.database.writing() as connection:
        rows = checkpoints.read_key_changes(connection)
        table = schema.log_keys
        connection.exec_driver_sql("DROP TRIGGER log_keys_no_delete")
    # One that does not hold, and one that is no record.
    forged = rows[0].sign_off.replace(b"\n2\n", b"\n3\n")
    true = sign_off(origin=ORIGIN, size=2, before=OLD, after=NEW)
    for seq, (text, public) in enumerate(((forged, OLD), (true, NEW)), start=1):
        with desk.database.writing() as connection:
            connection.execute(sa.delete(table))
            values = {"n": 1, "sign_off": text, "epoch": 1, "seq": seq, "changed_at": "x"}
            connection.execute(sa.insert(table), values)
        found = fsck(desk, origin=ORIGIN, public=public.public).faults
        assert [it.what for it in found] == ["log key"]
