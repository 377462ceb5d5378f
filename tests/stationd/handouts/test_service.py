"""Handing out: one person, one purpose, and a record of each link and copy."""

import json
from datetime import timedelta

import pytest

from archive.errors import StoreRefusedError
from archive.stores.directory import DirectoryStore
from archive.stores.s3 import S3Store
from stationd.bundles import service as bundles
from stationd.bundles import store as bundle_store
from stationd.bundles.model import StoredObject
from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError, RefusedError
from stationd.handouts import service
from stationd.handouts.model import HandoutState, Way
from stationd.ledger.store import read_documents
from stationd.staff.model import Person, Role


@pytest.fixture
def archive():
    """Return a store that makes links; nobody is asked for anything."""
    return S3Store(bucket="worm", endpoint="http://127.0.0.1:9", access_key="k", secret_key="s" * 8)


def ask(desk, order, by, way=Way.LINK, **more):
    given = {"recipient": "J. Adler", "purpose": "claim 17-4", **more}
    return service.ask(desk, order.id, way, by=by, **given)


def test_links_are_made_by_version_id_for_one_person_and_recorded(
    desk, order, manager, archive, sealer, custody
):
    asked = ask(desk, order, manager, valid=timedelta(days=2))
    assert asked.state is HandoutState.ASKED
    assert service.make(desk, order, archive, sealer) == 1
    found = service.links(desk, asked.id, sealer, by=manager)
    assert list(found) == ["a.asice"]
    assert "versionId=v1" in found["a.asice"]
    assert f"X-Amz-Expires={2 * 86400}" in found["a.asice"]
    made = service.read(desk, asked.id)
    assert (made.state, made.count) == (HandoutState.READY, 1)
    assert made.expires_at == desk.clock.now() + timedelta(days=2)
    acts = custody()
    assert [one["kind"] for one in acts] == ["ordered", "hand_out_asked", "linked", "links_shown"]
    assert acts[2]["objects"] == [
        {"key": "bundles/a.asice", "sha256": "0" * 64, "version_id": "v1"}
    ]


def test_no_record_and_no_row_shows_person_purpose_or_link_in_clear(
    desk, order, manager, archive, sealer, custody
):
    asked = ask(desk, order, manager)
    service.make(desk, order, archive, sealer)
    told = json.dumps(custody())
    assert "Adler" not in told
    assert "claim" not in told
    assert "X-Amz" not in told
    assert "X-Amz" not in service.read(desk, asked.id).links
    with desk.database.reading() as connection:
        (document,) = read_documents(connection, [asked.doc])
    assert json.loads(document.content) == {"purpose": "claim 17-4", "recipient": "J. Adler"}


@pytest.mark.both_databases
def test_each_showing_of_links_is_counted(desk, order, manager, archive, sealer):
    asked = ask(desk, order, manager)
    service.make(desk, order, archive, sealer)
    for count in (1, 2):
        service.links(desk, asked.id, sealer, by=manager)
        assert service.read(desk, asked.id).count == count


def test_links_that_have_expired_are_not_shown(desk, clock, order, manager, archive, sealer):
    asked = ask(desk, order, manager)
    service.make(desk, order, archive, sealer)
    clock.advance(timedelta(days=7))
    with pytest.raises(RefusedError, match="expired"):
        service.links(desk, asked.id, sealer, by=manager)


def test_after_an_incident_nothing_more_is_handed_out(desk, order, manager, archive, sealer):
    linked, copy = (ask(desk, order, manager, way) for way in (Way.LINK, Way.COPY))
    service.make(desk, order, archive, sealer)
    with desk.database.writing() as connection:
        bundle_store.update_order(connection, order.id, state="stored", why="a hash differs")
    with pytest.raises(RefusedError, match=r"not verified\..*a hash differs"):
        service.links(desk, linked.id, sealer, by=manager)
    with pytest.raises(RefusedError, match=r"not verified\..*a hash differs"):
        service.copied(desk, copy.id, by=manager)
    assert [one.count for one in service.handouts(desk)] == [0, 0]


def test_a_copy_is_recorded_once(desk, order, manager, archive, sealer, custody):
    asked = ask(desk, order, manager, Way.COPY)
    with pytest.raises(RefusedError, match="asked, not ready"):
        service.copied(desk, asked.id, by=manager)
    service.make(desk, order, archive, sealer)
    done = service.copied(desk, asked.id, by=manager)
    assert (done.state, done.count, done.links) == (HandoutState.DONE, 1, None)
    with pytest.raises(RefusedError, match="done"):
        service.copied(desk, asked.id, by=manager)
    assert [one["kind"] for one in custody()] == ["ordered", "hand_out_asked", "copied"]
    with pytest.raises(MistakeError, match="as copy"):
        service.links(desk, asked.id, sealer, by=manager)


def test_what_a_store_refuses_leaves_it_asked_and_unrecorded(
    desk, order, manager, sealer, custody, tmp_path
):
    asked = ask(desk, order, manager)
    with pytest.raises(StoreRefusedError):
        service.make(desk, order, DirectoryStore(tmp_path), sealer)
    assert service.read(desk, asked.id).state is HandoutState.ASKED
    assert custody()[-1]["kind"] == "hand_out_asked"


def test_a_refusal_says_why_and_is_a_record(desk, order, manager, custody, sealer):
    asked = ask(desk, order, manager)
    assert service.refuse(desk, order, "other bytes") == 1
    assert service.refuse(desk, order, "other bytes") == 0
    assert service.read(desk, asked.id).why == "other bytes"
    assert custody()[-1]["kind"] == "hand_out_refused"
    with pytest.raises(RefusedError, match="other bytes"):
        service.links(desk, asked.id, sealer, by=manager)


def test_only_a_verified_bundle_is_handed_out(desk, order, manager):
    with desk.database.writing() as connection:
        bundle_store.update_order(connection, order.id, state="stored", why="a hash differs")
    with pytest.raises(RefusedError, match=r"stored, not verified\. Last trouble: a hash differs"):
        ask(desk, bundles.read(desk, order.id), manager)


@pytest.mark.parametrize(
    "more",
    [
        {"recipient": " "},
        {"purpose": ""},
        {"valid": timedelta(days=7, seconds=1)},
        {"valid": timedelta(0)},
    ],
)
def test_a_hand_out_names_person_and_purpose_and_ends_within_a_week(desk, order, manager, more):
    with pytest.raises(MistakeError):
        ask(desk, order, manager, **more)


def test_who_may_not_hand_out_does_not(desk, order):
    with pytest.raises(NotAuthorisedError):
        ask(desk, order, Person(login="o", name="O", role=Role.OPERATOR))


@pytest.mark.both_databases
def test_what_was_handed_out_is_listed_by_account(desk, order, manager):
    asked = ask(desk, order, manager)
    assert service.handouts(desk) == [asked] == service.handouts(desk, "1234")
    assert service.handouts(desk, "9") == []
    with pytest.raises(NotFoundError, match="none"):
        service.read(desk, "none")


# --- Compartments, and envelopes ---


@pytest.fixture
def beside(desk, order):
    """The archive of the compartment privileged, beside the bundle."""
    name = "a-privileged.asice.p7m"
    one = StoredObject(
        order_id=order.id, file=name, key=f"bundles/{name}", size=1, sha256="1" * 64, path="/b"
    )
    with desk.database.writing() as connection:
        bundle_store.record_objects(connection, [one])
        bundle_store.record_version(connection, order.id, one.file, "v2")
    return name


def test_what_is_kept_apart_is_not_handed_out_with_the_bundle(
    desk, order, beside, manager, archive, sealer
):
    asked = ask(desk, order, manager)
    service.make(desk, order, archive, sealer)
    assert list(service.links(desk, asked.id, sealer, by=manager)) == ["a.asice"]
    assert [one.file for one in service.files(desk, asked)] == ["a.asice"]


def test_the_archive_of_a_compartment_is_handed_out_alone(
    desk, order, beside, manager, sealer, custody
):
    asked = ask(desk, order, manager, compartment="privileged")
    archive = S3Store(bucket="b", endpoint="http://127.0.0.1:9", access_key="k", secret_key="s" * 8)
    service.make(desk, order, archive, sealer)
    assert list(service.links(desk, asked.id, sealer, by=manager)) == [beside]
    linked = custody()[-2]
    assert (linked["kind"], linked["compartment"]) == ("linked", "privileged")
    assert [one["sha256"] for one in linked["objects"]] == ["1" * 64]
    assert service.read(desk, asked.id).compartment == "privileged"


def test_who_may_not_read_a_compartment_has_it_handed_out_to_nobody(desk, order, beside):
    clerk = Person(login="ec", name="E", role=Role.CLERK)
    for compartment in ("internal", "privileged"):
        with pytest.raises(NotAuthorisedError):
            ask(desk, order, clerk, compartment=compartment)


def test_a_compartment_that_is_not_there_is_not_handed_out(desk, order, manager):
    with pytest.raises(NotFoundError, match=r"no archive of the compartment internal: .*_to named"):
        ask(desk, order, manager, compartment="internal")


def test_a_copy_to_a_certificate_names_it_in_every_record(
    desk, order, manager, archive, sealer, custody
):
    asked = ask(desk, order, manager, way=Way.COPY, certificate="ab" * 32)
    service.make(desk, order, archive, sealer)
    service.copied(desk, asked.id, by=manager, enveloped={"a.asice.p7m": "cd" * 32})
    assert [one.get("certificate") for one in custody()[-2:]] == ["ab" * 32] * 2
    assert custody()[-1]["enveloped"] == {"a.asice.p7m": "cd" * 32}
    with pytest.raises(MistakeError, match="envelop a copy"):
        ask(desk, order, manager, certificate="ab" * 32)
