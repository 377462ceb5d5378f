"""Each reading is a record, and the list of them shows it to whoever may see it."""

import json
from datetime import timedelta

import pytest

from stationd.access.model import Purpose, Reader
from stationd.access.service import bundle_of, custody, note_reading
from stationd.bundles import service as bundles
from stationd.bundles import store
from stationd.bundles.model import Kind, OrderState, StoredObject
from stationd.bundles.reading import read_custody
from stationd.cases.model import Attachment, Reason
from stationd.cases.service import open_case
from stationd.errors import NotAuthorisedError, NotFoundError
from stationd.handouts.model import Way
from stationd.handouts.service import ask
from stationd.ledger.store import read_head, read_records
from stationd.staff.model import Person, Role

LETTER = Attachment(name="letter.pdf", media_type="application/pdf", content=b"letter")


def person(login, role):
    return Person(login=login, name=login, role=role)


ATTORNEY = person("olga", Role.ATTORNEY)


def last(desk):
    with desk.database.reading() as connection:
        size = read_head(connection, "station", 1).size
        return json.loads(read_records(connection, "station", 1, size, 1)[0])


def test_a_reading_names_person_purpose_time_and_place_and_no_text(station, olga):
    note_reading(station, "1001", "history", reader=olga, purpose=Purpose.CLAIM)
    said = last(station)
    assert {key: said[key] for key in ("kind", "what", "by", "user", "address", "purpose")} == {
        "kind": "read",
        "what": "history",
        "by": "olga",
        "user": "root",
        "address": "192.0.2.9",
        "purpose": "claim",
    }
    assert (said["of"], said["origin"]) == ({"acct": "1001", "epoch": 1}, "human")


def test_of_an_account_that_is_not_there_nothing_is_noted(station, olga):
    with pytest.raises(NotFoundError, match="none"):
        note_reading(station, "none", "history", reader=olga)
    with pytest.raises(NotFoundError, match="has no epoch 1"):
        last(station)


def test_the_list_has_the_account_asked_for_in_the_span_asked_for(station, olga):
    begin = station.clock.now()
    for acct in ("1001", "1002", "1001"):
        station.clock.advance(timedelta(minutes=1))
        note_reading(station, acct, "history", reader=olga)

    def found(**span):
        acts = custody(station, "1001", by=ATTORNEY, **span)
        return [one.at[14:16] for one in acts if one.act == "read"]

    minute = timedelta(minutes=1)
    assert found() == ["01", "03"]
    assert found(since=begin + minute) == ["01", "03"]
    assert found(since=begin + minute * 1.5) == ["03"]
    assert found(until=begin + minute * 3) == ["01"]


def test_a_hand_out_shows_for_whom_and_for_what(station, manager):
    order_id = bundles.order(station, "1001", Kind.ON_REQUEST, manager)
    with station.database.writing() as connection:
        store.update_order(connection, order_id, state=OrderState.VERIFIED.value, name="b-1")
    ask(station, order_id, Way.LINK, recipient="J. Adler", purpose="claim 17-4", by=manager)
    *_, act = custody(station, "1001", by=ATTORNEY)
    assert (act.act, act.by, act.on) == ("hand_out_asked", "maria", order_id)
    assert (act.recipient, act.purpose) == ("J. Adler", "claim 17-4")


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.ATTORNEY, ["x", "os:root"]),
        (Role.MANAGER, ["x", "os:root"]),
        (Role.ADMINISTRATOR, ["x", "os:root"]),
        (Role.OPERATOR, ["x"]),
        (Role.CLERK, ["x"]),
    ],
)
def test_operators_and_clerks_see_their_own_acts(station, role, seen):
    note_reading(station, "1001", "a", reader=Reader(login="x", user="u", address="local"))
    note_reading(station, "1001", "a", reader=Reader(login=None, user="root", address="local"))
    assert [one.by for one in custody(station, "1001", by=person("x", role))] == seen


def test_a_clerk_sees_all_acts_on_an_account_with_a_case(station, manager, olga):
    note_reading(station, "1001", "history", reader=olga)
    clerk = person("carla", Role.CLERK)
    assert custody(station, "1001", by=clerk) == []
    open_case(
        station, "1001", Reason.CUSTOMER_REQUEST, manager, kind="customer_writing", document=LETTER
    )
    assert [one.by for one in custody(station, "1001", by=clerk)] == ["olga"]
    assert custody(station, "1001", by=person("otto", Role.OPERATOR)) == []


def test_who_may_not_see_the_audit_log_sees_nothing(station):
    with pytest.raises(NotAuthorisedError):
        custody(station, "1001", by=person("x", Role.NOBODY))


def test_what_counsel_read_is_in_no_bundle(station, olga, manager):
    bundles.order(station, "1001", Kind.ON_REQUEST, manager)
    note_reading(station, "1001", "history", reader=olga, purpose=Purpose.CLAIM)
    with station.database.reading() as connection:
        acts = [row["act"] for row in read_custody(connection, "1001")]
    assert acts == ["ordered"]


def test_a_bundle_is_known_by_its_name_and_by_what_is_in_it(station, manager):
    order_id = bundles.order(station, "1002", Kind.ON_REQUEST, manager)
    one = StoredObject(
        order_id=order_id, file="b.asice", key="k", size=1, sha256="ab" * 32, path="/b"
    )
    with station.database.writing() as connection:
        store.record_objects(connection, [one])
        store.update_order(connection, order_id, name="south-1002-e1")
    assert bundle_of(station, "south-1002-e1") == "1002"
    assert bundle_of(station, "renamed", "ab" * 32) == "1002"
    assert bundle_of(station, "renamed", "cd" * 32) is None
    assert bundle_of(station, "renamed") is None
