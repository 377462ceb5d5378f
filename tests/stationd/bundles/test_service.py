import json

import pytest

from stationd.bundles import service, store
from stationd.bundles.model import Kind, OrderState
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError
from stationd.ledger.store import append_close, read_head, read_records
from stationd.staff.model import WORKER, Person, Role


def custody(desk: Desk) -> list[dict[str, object]]:
    with desk.database.reading() as connection:
        head = read_head(connection, "station", 1)
        found = [json.loads(one) for one in read_records(connection, "station", 1, 1, head.size)]
    return [one for one in found if one["type"] == "custody"]


def test_an_order_is_a_row_and_a_custody_record(desk: Desk, manager: Person) -> None:
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    placed = service.read(desk, order_id)
    assert (placed.kind, placed.state, placed.epoch) == ("on_request", "ordered", 1)
    (record,) = custody(desk)
    assert (record["kind"], record["bundle"], record["by"]) == ("ordered", "on_request", "maria")
    assert record["of"] == {"acct": "1234", "epoch": 1}
    assert "case" not in record


@pytest.mark.parametrize("kind", [Kind.PRIMARY, Kind.CLOSING])
def test_what_belongs_to_a_case_is_not_asked_for(desk: Desk, manager: Person, kind: Kind) -> None:
    with pytest.raises(MistakeError, match="is ordered by its case"):
        service.order(desk, "1234", kind, manager)


def test_an_operator_orders_no_bundle(desk: Desk) -> None:
    olga = Person(login="olga", name="Olga", role=Role.OPERATOR)
    with pytest.raises(NotAuthorisedError):
        service.order(desk, "1234", Kind.ON_REQUEST, olga)


@pytest.mark.parametrize(("acct", "epoch"), [("9", None), ("1234", 2)])
def test_there_must_be_something_to_bundle(
    desk: Desk, manager: Person, acct: str, epoch: int | None
) -> None:
    with pytest.raises(NotFoundError):
        service.order(desk, acct, Kind.ON_REQUEST, manager, epoch=epoch)


def test_after_close_the_newest_epoch_with_records_is_meant(desk: Desk, manager: Person) -> None:
    def close(connection: Connection) -> None:
        now = desk.clock.now()
        append_close(connection, "1234", 1, fields={}, now=now, ids=desk.ids)
        connection.exec_driver_sql("UPDATE accounts SET epoch = 2")

    with desk.database.writing() as connection:
        close(connection)
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    assert service.read(desk, order_id).epoch == 1


def test_an_order_that_is_given_up_is_replaced_by_one_of_its_kind(
    desk: Desk, manager: Person
) -> None:
    old = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    new = service.replace_order(desk, old, WORKER, why="the files are gone")
    given_up = service.read(desk, old)
    assert (given_up.state, given_up.why) == (OrderState.FAILED, "the files are gone")
    assert service.read(desk, new).state is OrderState.ORDERED
    assert [one["kind"] for one in custody(desk)] == ["ordered", "given_up", "ordered"]
    with pytest.raises(MistakeError, match="is failed; there is nothing to replace"):
        service.replace_order(desk, old, manager, why="again")


def test_orders_are_listed_newest_first(desk: Desk, manager: Person) -> None:
    placed = [service.order(desk, "1234", Kind.ON_REQUEST, manager) for _ in range(2)]
    assert [one.id for one in service.orders(desk, acct="1234")] == placed[::-1]
    assert service.orders(desk, acct="9") == []
    assert service.orders(desk, case_id="c") == []
    assert service.objects(desk, placed[0]) == []


def test_an_order_that_is_not_there_is_told(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="no bundle order zz"):
        service.read(desk, "zz")


def test_a_case_stands_in_its_orders_custody(desk: Desk) -> None:
    with desk.database.writing() as connection:
        order_id, draft = service.place(
            connection, desk, acct="1234", epoch=1, kind=Kind.PRIMARY, by=WORKER, case_id="c"
        )
        found = store.find_order(connection, "c", Kind.PRIMARY)
        assert store.find_order(connection, "c", Kind.CLOSING) is None
    assert found is not None
    assert found.id == order_id
    assert (draft.fields["case"], draft.origin) == ("c", "machine")
