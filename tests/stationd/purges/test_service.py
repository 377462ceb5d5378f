"""Two persons, one list, a time to object."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from stationd.bundles import service as bundles
from stationd.bundles.model import Kind, OrderState
from stationd.db import schema
from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError, RefusedError
from stationd.holds.model import HoldKind
from stationd.holds.service import set_hold
from stationd.purges import service
from stationd.purges.listing import digest
from stationd.purges.model import ItemState, PurgeState
from stationd.staff.model import Person, Role

YEAR = timedelta(days=366)


def person(login, role):
    return Person(login=login, name=login, role=role)


@pytest.fixture
def proposed(station, maria):
    def make(after=8, by=maria, **more):
        station.clock.advance(YEAR * after)
        return service.propose(station.desk, "the register", by=by, **more)

    return make


def test_a_proposal_lists_what_goes_by_which_rule_and_what_stays(station, proposed):
    made = proposed()
    listed = json.loads(made.purge.listed)
    assert [(one["acct"], one["class"]) for one in listed["items"]] == [
        ("1234", "records"),
        ("1234", "cases"),
    ]
    records = listed["items"][0]
    assert [one["records"] for one in records["epochs"]] == [40, 2]
    assert [one["kind"] for one in records["kept_in"]] == ["closing", "on_request"]
    assert records["rule"]["months"] == 84
    assert made.purge.list_sha256 == digest(made.purge.listed)
    assert made.left_out == []
    assert [one.state for one in service.items(station.desk, made.purge.id)] == [
        ItemState.LISTED,
        ItemState.LISTED,
    ]
    (told,) = [one for one in station.custody() if one["kind"] == "purge_proposed"]
    assert (told["by"], told["list_sha256"]) == ("maria", made.purge.list_sha256)


def test_what_is_not_past_its_period_is_told_where_it_was_asked_for(station, proposed, maria):
    with pytest.raises(RefusedError, match="Nothing may go now"):
        service.propose(station.desk, "x", by=maria)
    with pytest.raises(RefusedError, match="1234 records: it is kept until 2033-03-02"):
        service.propose(station.desk, "x", by=maria, accts=["1234"])
    with pytest.raises(NotFoundError):
        service.propose(station.desk, "x", by=maria, accts=["none"])
    asked = proposed(accts=["1234", "5678"])
    assert [one.partition(":")[0] for one in asked.left_out] == ["1234 bundles", "5678 records"]
    assert "the record is open, not closed" in asked.left_out[1]


def test_a_purge_has_a_ground_and_is_proposed_by_who_may(station, proposed, maria):
    with pytest.raises(MistakeError, match="has a ground"):
        service.propose(station.desk, " ", by=maria)
    for role in (Role.CLERK, Role.ATTORNEY, Role.OPERATOR, Role.NOBODY):
        with pytest.raises(NotAuthorisedError):
            proposed(0, by=person("x", role))


def test_what_a_hold_reaches_is_not_listed_and_named(station, proposed, maria):
    hold = set_hold(station.desk, "1234", HoldKind.RECORDS, "claim", by=maria)
    with pytest.raises(RefusedError, match=f"1234 records: hold {hold.id}"):
        proposed()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"state": "stored"}, "no verified bundle holds epoch 1 up to record 40"),
        ({"records": 39}, "no verified bundle holds epoch 1 up to record 40"),
        ({"epoch": 3}, "no verified bundle holds epoch 1 up to record 40"),
        ({"source_id": "o"}, "no verified bundle holds epoch 1 up to record 40"),
    ],
)
def test_what_no_verified_bundle_holds_is_not_listed(station, proposed, values, says):
    with station.desk.database.writing() as connection:
        connection.execute(sa.update(schema.orders).values(**values))
    with pytest.raises(RefusedError, match=says):
        proposed()


def test_cases_need_the_closing_bundle(station, proposed):
    with station.desk.database.writing() as connection:
        connection.execute(sa.update(schema.orders).values(kind="on_request"))
    made = proposed()
    assert made.left_out == [
        (
            "1234 cases: no verified closing bundle holds epoch 1 up to record 40; order one first "
            "(`export make 1234 --epoch 1`)"
        )
    ]


def test_a_tail_without_a_bundle_keeps_all_records(station, proposed):
    with station.desk.database.writing() as connection:
        later = sa.update(schema.orders).where(schema.orders.c.epoch == 2)
        connection.execute(later.values(state=OrderState.FAILED.value))
    said = r"epoch 2 up to record 2; order one first.*1234 cases: its records are not listed and"
    with pytest.raises(RefusedError, match=said):
        proposed(accts=["1234"])


def test_what_stands_in_a_purge_is_in_no_second_one(station, proposed, maria):
    first = proposed().purge
    with pytest.raises(RefusedError, match=f"it stands in purge {first.id}"):
        proposed(0)
    service.withdraw(station.desk, first.id, by=maria)
    assert proposed(0).purge.id != first.id


def test_bundles_of_which_one_is_being_made_are_not_listed(station, proposed, maria):
    order_id = bundles.order(station.desk, "1234", Kind.ON_REQUEST, maria)
    made = proposed(12)
    assert made.left_out == [f"1234 bundles: bundle {order_id} is ordered, not verified"]


# --- The second person ---


def test_another_person_approves_by_the_hash_and_the_time_to_object_begins(station, proposed, ada):
    purge = proposed().purge
    done = service.approve(station.desk, purge.id, f" {purge.list_sha256.upper()} ", by=ada)
    assert done.due_at == station.clock.now() + timedelta(days=14)
    assert service.read(station.desk, purge.id) == done
    (told,) = [one for one in station.custody() if one["kind"] == "purge_approved"]
    assert (told["by"], told["asked_by"]) == ("ada", "maria")
    with pytest.raises(MistakeError, match="is approved; there is nothing to approve"):
        service.approve(station.desk, purge.id, purge.list_sha256, by=ada)


def test_nobody_approves_what_they_proposed_nor_two_administrators_alone(
    station, proposed, maria, ada
):
    purge = proposed().purge
    with pytest.raises(RefusedError, match="maria proposed purge"):
        service.approve(station.desk, purge.id, purge.list_sha256, by=maria)
    for role in (Role.CLERK, Role.ATTORNEY, Role.OPERATOR):
        with pytest.raises(NotAuthorisedError):
            service.approve(station.desk, purge.id, purge.list_sha256, by=person("x", role))
    service.withdraw(station.desk, purge.id, by=ada)
    second = proposed(0, by=ada).purge
    alan = person("alan", Role.ADMINISTRATOR)
    with pytest.raises(NotAuthorisedError, match="a manager approves it"):
        service.approve(station.desk, second.id, second.list_sha256, by=alan)
    service.approve(station.desk, second.id, second.list_sha256, by=maria)


def test_another_hash_than_that_of_the_list_approves_nothing(station, proposed, ada):
    purge = proposed().purge
    for wrong in ("", purge.list_sha256[:12], "0" * 64):
        with pytest.raises(RefusedError, match="is not that of the list"):
            service.approve(station.desk, purge.id, wrong, by=ada)
    assert service.read(station.desk, purge.id).state is PurgeState.PROPOSED


def test_a_list_that_has_changed_since_is_not_approved(station, proposed, maria, ada):
    purge = proposed().purge
    set_hold(station.desk, "1234", HoldKind.RECORDS, "claim", by=maria)
    with pytest.raises(RefusedError, match="changed since it was proposed, first at 1234 records"):
        service.approve(station.desk, purge.id, purge.list_sha256, by=ada)


def test_a_bundle_that_has_an_incident_changes_the_list_too(station, proposed, ada):
    purge = proposed().purge
    with station.desk.database.writing() as connection:
        connection.execute(sa.update(schema.orders).values(state="stored"))
    with pytest.raises(RefusedError, match="changed since"):
        service.approve(station.desk, purge.id, purge.list_sha256, by=ada)


# --- Stopping, looking ---


def test_whoever_may_set_a_hold_may_stop_a_purge(station, proposed):
    purge = proposed().purge
    with pytest.raises(NotAuthorisedError):
        service.withdraw(station.desk, purge.id, by=person("x", Role.OPERATOR))
    done = service.withdraw(station.desk, purge.id, by=person("olga", Role.ATTORNEY))
    assert (done.state, done.ended_by) == (PurgeState.WITHDRAWN, "olga")
    assert {one.state for one in service.items(station.desk, purge.id)} == {ItemState.REFUSED}
    with pytest.raises(MistakeError, match="nothing to withdraw"):
        service.withdraw(station.desk, purge.id, by=person("olga", Role.ATTORNEY))
    with pytest.raises(RefusedError, match="certificate is made when it has ended"):
        service.certificate(station.desk, purge.id)


def test_purges_are_listed_the_newest_first(station, proposed, maria):
    first = proposed().purge
    service.withdraw(station.desk, first.id, by=maria)
    station.clock.advance(timedelta(days=1))
    second = proposed(0).purge
    assert [one.id for one in service.purges(station.desk)] == [second.id, first.id]
    with pytest.raises(NotFoundError, match="There is no purge none"):
        service.read(station.desk, "none")


def test_rewriting_the_file_is_an_administrators_and_a_record(station, maria, ada):
    with pytest.raises(NotAuthorisedError):
        service.compact(station.desk, by=maria)
    assert service.compact(station.desk, by=ada)
    assert station.custody()[-1]["kind"] == "database_rewritten"
