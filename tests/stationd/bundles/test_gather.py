from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.authorities.base import Authority
from archive.build import BundleSource
from archive.seal import LogKey
from archive.stores.directory import DirectoryStore
from archive.verify import examine
from stationd.anchors.service import Anchorage, begin, work
from stationd.anchors.views import States
from stationd.bundles import service
from stationd.bundles.gather import Frozen, dictionary, read_frozen, source
from stationd.bundles.model import Kind, OrderState
from stationd.bundles.work import Retention, Workshop, prepare, produce
from stationd.cases.model import Attachment, Reason
from stationd.cases.service import open_case
from stationd.desk import Desk
from stationd.errors import CheckFailedError, LedgerBrokenError
from stationd.holds.model import HoldKind
from stationd.holds.service import set_hold
from stationd.ledger.service import LedgerTree, checkpoint
from stationd.ledger.store import append_close
from stationd.staff.model import Person

ORIGIN = "log.example.com/station-1"
RETENTION = Retention(closing=timedelta(days=3650), other=timedelta(days=730))
LETTER = Attachment(name="letter.pdf", media_type="application/pdf", content=b"the letter")


def prepared(desk: Desk, manager: Person, tree: LedgerTree, log_key: LogKey) -> BundleSource:
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    prepare(desk, order_id, tree, ORIGIN, log_key, RETENTION)
    return source(desk, service.read(desk, order_id), origin=ORIGIN)


def test_what_was_frozen_is_read_as_it_was() -> None:
    frozen = Frozen(facts={"a": [1, None, "é"]}, size=7, head=b"\x01" * 32)
    assert read_frozen(frozen.encoded()) == frozen


def test_records_stay_those_that_the_checkpoint_covers(
    desk: Desk, manager: Person, tree: LedgerTree, log_key: LogKey
) -> None:
    made = prepared(desk, manager, tree, log_key)
    before = list(made.records())
    with desk.database.writing() as connection:
        now = desk.clock.now()
        append_close(connection, "1234", 1, fields={}, now=now, ids=desk.ids)
    assert list(made.records()) == before
    assert len(before) == made.size == 1


def test_facts_stay_those_of_the_order(
    desk: Desk, manager: Person, tree: LedgerTree, log_key: LogKey
) -> None:
    made = prepared(desk, manager, tree, log_key)
    with desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE customers SET name = 'Other'")
    assert made.facts["customer"] == {"details": {}, "id": "c1", "name": "Acme"}
    assert [row["act"] for row in made.facts["custody"]] == ["ordered"]  # type: ignore[union-attr,index]


def test_documents_come_with_the_record_that_names_them_and_internal_ones_stay(
    desk: Desk, manager: Person, tree: LedgerTree, log_key: LogKey
) -> None:
    open_case(
        desk,
        "1234",
        Reason.CUSTOMER_REQUEST,
        manager,
        kind="customer_writing",
        document=LETTER,
    )
    set_hold(desk, "1234", HoldKind.RECORDS, "claim letter of counsel", by=manager)
    documents = list(prepared(desk, manager, tree, log_key).documents())
    assert "letter.pdf" in [one.name for one in documents]
    assert b"the letter" in [one.content for one in documents]
    assert not [one for one in documents if b"counsel" in one.content]
    assert [one.seq for one in documents] == sorted(one.seq for one in documents)


@pytest.fixture
def stamped(
    desk: Desk, tree: LedgerTree, log_key: LogKey, authority: Authority, tmp_path: Path
) -> Callable[[], int]:
    """Make a checkpoint and have it stamped; return its number."""
    anchorage = Anchorage(
        desk=desk,
        authorities=[authority],
        store=DirectoryStore(tmp_path / "anchors"),
        states=States(tmp_path / "states"),
        retention=timedelta(days=1),
        holder="node-1",
    )

    def make() -> int:
        checkpoint(desk, tree, origin=ORIGIN, log_key=log_key)
        n = begin(desk, tree, anchorage.states)
        work(anchorage)
        assert n is not None
        return n

    return make


def test_an_order_at_a_stamped_checkpoint_becomes_a_bundle_with_proofs(  # noqa: PLR0917
    desk: Desk,
    manager: Person,
    tree: LedgerTree,
    log_key: LogKey,
    shop: Workshop,
    stamped: Callable[[], int],
    tmp_path: Path,
) -> None:
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    n = stamped()
    service.order(desk, "1234", Kind.ON_REQUEST, manager)
    stamped()
    prepare(desk, order_id, tree, ORIGIN, log_key, RETENTION, at=n)
    order = service.read(desk, order_id)
    assert order.facts is not None
    assert read_frozen(order.facts).points == (0,)
    made = source(desk, order, origin=ORIGIN, states=States(tmp_path / "states"))
    assert made.proofs is not None
    assert (made.checkpoint, made.proofs.points[0].n, made.proofs.records) == (0, 0, 1)
    done = produce(replace(shop, states=States(tmp_path / "states")), order_id)
    assert done.state is OrderState.VERIFIED
    (path,) = [one.path for one in service.objects(desk, order_id) if one.file.endswith(".asice")]
    assert examine(Path(path), shop.anchors).points == 1


def test_a_history_that_was_changed_makes_no_bundle(
    desk: Desk,
    manager: Person,
    tree: LedgerTree,
    log_key: LogKey,
    stamped: Callable[[], int],
    tmp_path: Path,
) -> None:
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    prepare(desk, order_id, tree, ORIGIN, log_key, RETENTION, at=stamped())
    with desk.database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER records_no_update")
        connection.exec_driver_sql("UPDATE records SET head = zeroblob(32) WHERE acct = '1234'")
    with pytest.raises(LedgerBrokenError, match="fsck"):
        source(desk, service.read(desk, order_id), origin=ORIGIN, states=States(tmp_path / "no"))


def test_an_order_that_was_not_prepared_has_no_source(desk: Desk, manager: Person) -> None:
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    with pytest.raises(CheckFailedError, match="was not prepared"):
        source(desk, service.read(desk, order_id), origin=ORIGIN)


def test_a_missing_record_is_told(
    desk: Desk, manager: Person, tree: LedgerTree, log_key: LogKey
) -> None:
    made = prepared(desk, manager, tree, log_key)
    with desk.database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER records_no_delete")
        connection.exec_driver_sql("DELETE FROM records WHERE acct = '1234'")
    with pytest.raises(CheckFailedError, match="Record 1 of account 1234 is missing"):
        list(made.records())


@pytest.mark.parametrize("code", ["BA", "130", "E130", "R130"])
def test_the_dictionary_has_the_codes_in_every_writing(code: str) -> None:
    assert dictionary()[code]


def test_an_accounts_own_gaps_stand_beside_those_of_its_lines(
    desk: Desk, manager: Person, tree: LedgerTree, log_key: LogKey
) -> None:
    began = "2026-03-01T00:00:00.000000Z"
    silence = ("1234", "tests", "", "", began, began, None, "ip", 3600, 7200)
    with desk.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO silences VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)", silence
        )
        connection.exec_driver_sql(
            "INSERT INTO journals VALUES ('j', 'n1', 1, x'', '2026-03-09T00:00:00.000000Z')"
        )
    (gap,) = prepared(desk, manager, tree, log_key).facts["gaps"]  # type: ignore[misc,union-attr]
    assert gap == {
        "kind": "receiver_link",
        "listener": "ip",
        "from": began,
        "to": None,
        "cause": "receiver_link",
        "detail": f"no test since {began}; nobody is known to have been heard on ip",
    }
