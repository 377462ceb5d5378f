import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.seal import LogKey
from archive.verify import examine
from stationd.bundles import service, store
from stationd.bundles.copies import LONGEST_REASON, Asked, order_copy
from stationd.bundles.model import Kind, Order, OrderState
from stationd.bundles.work import Retention, Workshop, key_of, prepare, produce, run
from stationd.desk import Desk
from stationd.errors import CheckFailedError, MistakeError, NotAuthorisedError, RefusedError
from stationd.ledger.service import LedgerTree
from stationd.ledger.store import read_head, read_records
from stationd.staff.model import Person, Role

RETENTION = Retention(closing=timedelta(days=3650), other=timedelta(days=730))
CUSTOMER = Asked(profile="customer", reason="asked for by the customer")
DAY = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))


@pytest.fixture
def whole(desk: Desk, manager: Person, tree: LedgerTree, log_key: LogKey) -> str:
    """The order of a whole bundle that was prepared, and is verified by the word of its row."""
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    prepare(desk, order_id, tree, "log.example.com/station-1", log_key, RETENTION)
    with desk.database.writing() as connection:
        store.update_order(
            connection, order_id, state="verified", name="whole", content_id="ab" * 32, records=1
        )
    return order_id


@pytest.fixture
def make(shop: Workshop, tree: LedgerTree, log_key: LogKey) -> Callable[[str], Order]:
    return lambda order_id: run(shop, order_id, tree, log_key=log_key, retention=RETENTION)


def custody(desk: Desk) -> list[dict[str, object]]:
    with desk.database.reading() as connection:
        head = read_head(connection, "station", 1)
        found = [json.loads(one) for one in read_records(connection, "station", 1, 1, head.size)]
    return [one for one in found if one["type"] == "custody"]


def test_whole_bundle_and_copies_lie_side_by_side_in_the_archive(
    desk: Desk, shop: Workshop, manager: Person, make: Callable[[str], Order], tmp_path: Path
) -> None:
    whole = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    source = make(whole)
    span = Asked(profile="incident", reason="claim", since=DAY[0], until=DAY[1])
    copies = [order_copy(desk, whole, asked, manager) for asked in (CUSTOMER, span)]
    done = [make(copy_id) for copy_id in copies]

    assert [(one.state, one.kind, one.checkpoint) for one in done] == [
        ("verified", "redacted", source.checkpoint)
    ] * 2
    assert done[0].name == f"station-1-1234-e1-c{source.checkpoint}-redacted-{copies[0]}"
    keys = [one.key for order in service.orders(desk) for one in service.objects(desk, order.id)]
    assert len(keys) == len(set(keys)) == 15
    found = [container(desk, copy_id) for copy_id in copies]
    reports = [examine(path, shop.anchors) for path in found]
    assert [(it.copy, it.withheld, str(it.outcome)) for it in reports] == [
        (True, 0, "passed"),
        (True, 1, "passed"),
    ]
    shutil.unpack_archive(found[0], tmp_path / "copy", "zip")
    told = json.loads((tmp_path / "copy/data/index.json").read_text())["redaction"]
    assert told["of"] == {
        "base": source.name,
        "content_id": source.content_id,
        "kind": "on_request",
        "order": whole,
    }
    assert (told["profile"], told["reason"]) == ("customer", "asked for by the customer")
    listed = (tmp_path / "copy/data/custody/custody.csv").read_text(encoding="utf-8-sig")
    assert copies[0] in listed
    with desk.database.writing() as connection:
        store.update_order(connection, copies[0], state=OrderState.STORED.value)
    assert produce(shop, copies[0]).state is OrderState.VERIFIED


def container(desk: Desk, order_id: str) -> Path:
    found = (one for one in service.objects(desk, order_id) if one.file.endswith(".asice"))
    return Path(next(found).path)


def test_custody_says_who_had_a_copy_made_of_what_and_why_by_hash(
    desk: Desk, whole: str, manager: Person
) -> None:
    copy_id = order_copy(desk, whole, CUSTOMER, manager)

    last = custody(desk)[-1]
    assert (last["kind"], last["bundle"], last["order"]) == ("ordered", "redacted", copy_id)
    assert (last["profile"], last["source"], last["by"]) == ("customer", whole, "maria")
    assert "customer asked" not in json.dumps(last)
    assert len(str(last["doc"])) == 64


def test_a_copy_that_is_lost_is_ordered_anew_the_same_way(
    desk: Desk, whole: str, manager: Person
) -> None:
    copy_id = order_copy(desk, whole, CUSTOMER, manager)

    again = service.read(desk, service.replace_order(desk, copy_id, manager, why="disk lost"))

    old = service.read(desk, copy_id)
    assert (again.source_id, again.redaction) == (whole, old.redaction)
    assert key_of("s", again, "receipt.json") != key_of("s", old, "receipt.json")


def test_an_extract_around_a_record_has_its_span(desk: Desk, whole: str, manager: Person) -> None:
    copy_id = order_copy(desk, whole, Asked(profile="incident", reason="claim", around=1), manager)

    redaction = service.read(desk, copy_id).redaction
    assert redaction is not None
    first, last = (datetime.fromisoformat(one) for one in json.loads(redaction)["span"])
    assert last - first == timedelta(minutes=40)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (Asked(profile="public", reason="x"), "There is no profile public; there are: customer"),
        (Asked(profile="customer", reason="  "), "gives its reason, in 1 to 500 letters"),
        (Asked(profile="customer", reason="x" * (LONGEST_REASON + 1)), "gives its reason"),
        (Asked(profile="customer", reason="x", around=1), "shows the whole time"),
        (Asked(profile="incident", reason="x"), "needs its first and last moment, or the number"),
        (Asked(profile="incident", reason="x", since=DAY[0]), "needs its first and last moment"),
        (
            Asked(profile="incident", reason="x", since=DAY[0], until=DAY[1], around=1),
            "needs its first and last moment",
        ),
        (Asked(profile="incident", reason="x", since=DAY[1], until=DAY[0]), "lies after its first"),
    ],
)
def test_what_cannot_be_copied_so_is_told(
    asked: Asked, text: str, desk: Desk, whole: str, manager: Person
) -> None:
    with pytest.raises(MistakeError, match=text):
        order_copy(desk, whole, asked, manager)


def test_a_copy_of_a_copy_is_not_made(desk: Desk, whole: str, manager: Person) -> None:
    copy_id = order_copy(desk, whole, CUSTOMER, manager)

    with pytest.raises(MistakeError, match="is a copy itself; name the whole bundle"):
        order_copy(desk, copy_id, CUSTOMER, manager)


@pytest.mark.parametrize(("why", "text"), [("S3 is away", "Last trouble: S3 is away"), ("", "$")])
def test_nothing_is_copied_of_a_bundle_that_is_not_verified(
    why: str, text: str, desk: Desk, manager: Person
) -> None:
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    with desk.database.writing() as connection:
        store.update_order(connection, order_id, why=why)

    with pytest.raises(RefusedError, match=rf"is ordered, not verified\.( )?{text}"):
        order_copy(desk, order_id, CUSTOMER, manager)


def test_who_may_make_no_bundles_may_make_no_copies(desk: Desk, whole: str) -> None:
    for role in (Role.OPERATOR, Role.ATTORNEY, Role.ADMINISTRATOR):
        with pytest.raises(NotAuthorisedError):
            order_copy(desk, whole, CUSTOMER, Person(login="x", name="X", role=role))


def test_a_redacted_copy_is_not_ordered_as_if_it_were_whole(desk: Desk, manager: Person) -> None:
    with pytest.raises(MistakeError, match="is made of a whole bundle"):
        service.order(desk, "1234", Kind.REDACTED, manager)


def test_a_copy_whose_whole_bundle_was_never_prepared_cannot_be_prepared(
    desk: Desk, whole: str, manager: Person, make: Callable[[str], Order]
) -> None:
    copy_id = order_copy(desk, whole, CUSTOMER, manager)
    with desk.database.writing() as connection:
        store.update_order(connection, whole, facts=None)

    with pytest.raises(CheckFailedError, match="was not prepared; a copy needs it whole"):
        make(copy_id)
