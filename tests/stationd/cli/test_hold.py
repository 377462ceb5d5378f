"""`stationctl hold`."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stationd.bundles import service as bundles
from stationd.bundles import store
from stationd.bundles.model import Kind, OrderState, StoredObject
from stationd.cli import hold
from stationd.staff.model import Person, Role

PASSWORD = "correct horse battery"


@pytest.fixture
def stored(opened, desk):
    """A bundle of 1001 with one object in the archive; returns the order's id."""
    by = Person(login="maria", name="Maria", role=Role.MANAGER)
    order_id = bundles.order(desk, "1001", Kind.ON_REQUEST, by)
    one = StoredObject(
        order_id=order_id,
        file="a.asice",
        key="bundles/a.asice",
        size=1,
        sha256="0" * 64,
        path="/a",
        mode="COMPLIANCE",
        version_id="v1",
    )
    with desk.database.writing() as connection:
        store.record_objects(connection, [one])
        store.record_version(connection, order_id, one.file, "v1")
        store.record_held(connection, one)
        store.update_order(connection, order_id, state=OrderState.VERIFIED.value)
    return one


def test_a_hold_is_set_listed_and_lifted_by_two(opened, ok, value, run, log_in, tmp_path):
    assert "No holds" in ok("hold", "list")
    made = value("hold", "set", "1001", "--ground", "claim", "--review", "2199-01-01")
    assert (made["kind"], made["author"], made["to_flag"]) == ("records", "maria", [])
    assert "claim" in ok("hold", "list", "1001")
    letter = tmp_path / "release.pdf"
    letter.write_bytes(b"release")
    assert "in force until" in ok("hold", "lift", made["id"], "--document", letter)
    assert "asked" in ok("hold", "list")
    refused = run("hold", "approve", made["id"], "--password-stdin", text=PASSWORD + "\n")
    assert refused.exit_code == 3
    log_in("anna")
    lifted = value("hold", "approve", made["id"], "--password-stdin", text=PASSWORD + "\n")
    assert (lifted["lift_asked_by"], lifted["lifted_by"]) == ("maria", "anna")
    assert value("hold", "list") == []
    assert value("hold", "list", "--all")[0]["lifted_by"] == "anna"
    assert "anna" in ok("hold", "list", "--all")


def test_approving_needs_the_password_again(opened, value, run, log_in):
    made = value("hold", "set", "1001", "--ground", "claim")
    log_in("anna")
    result = run("hold", "approve", made["id"], "--password-stdin", text="wrong\n")
    assert result.exit_code == 4


def test_a_clerk_sets_but_does_not_lift(opened, log_in, value, run):
    log_in("carla")
    made = value("hold", "set", "1001", "--kind", "service", "--ground", "claim")
    result = run("hold", "lift", made["id"])
    assert result.exit_code == 4
    assert "Who may: manager" in result.stderr


@pytest.mark.parametrize("words", [["set", "none", "--ground", "x"], ["lift", "none"]])
def test_what_is_not_there_ends_with_2(opened, run, words):
    assert run("hold", *words).exit_code == 2


@pytest.mark.parametrize("words", [[], ["1001", "--site", "s"], ["--station"]])
def test_a_hold_names_one_thing(opened, run, words):
    assert run("hold", "set", *words, "--ground", "x").exit_code == 2


def test_a_hold_may_reach_a_whole_span(opened, value):
    span = ["--since", "2020-01-01", "--until", "2199-01-01"]
    made = value("hold", "set", "--station", *span, "--ground", "storm")
    assert (made["scope"], made["acct"], made["accounts"]) == ("station", None, 2)


def test_what_does_not_carry_the_flag_in_time_is_listed(stored, ok):
    said = ok("hold", "set", "1001", "--ground", "claim", "--wait", 0)
    assert "1 object(s) do not carry the flag yet" in said
    assert "bundles/a.asice  version v1" in said


def test_what_lies_in_a_folder_is_not_said_to_carry_a_flag(stored, ok, value, desk):
    bare = replace(stored, mode=None)
    with desk.database.writing() as connection:
        store.record_held(connection, bare)
    said = ok("hold", "set", "1001", "--ground", "claim")
    assert "carries the legal-hold flag" not in said
    assert "1 object(s) lie in a folder" in said
    assert "bundles/a.asice" in said
    made = value("hold", "set", "1001", "--ground", "claim")
    assert (made["to_flag"], made["without_lock"]) == ([], ["bundles/a.asice"])
    assert value("hold", "set", "1002", "--ground", "claim")["without_lock"] == []
    service = ok("hold", "set", "1001", "--kind", "service", "--ground", "claim")
    assert "object" not in service


def test_it_waits_until_every_object_carries_the_flag(stored, value, desk, monkeypatch):
    def worker(_seconds):
        with desk.database.writing() as connection:
            until = datetime(2199, 1, 1, tzinfo=UTC)
            store.record_held(connection, replace(stored, legal_hold=True, retain_until=until))

    monkeypatch.setattr(hold, "sleep", worker)
    made = value("hold", "set", "1001", "--ground", "claim")
    assert made["to_flag"] == []
    with desk.database.reading() as connection:
        assert store.read_objects(connection, stored.order_id)[0].legal_hold
