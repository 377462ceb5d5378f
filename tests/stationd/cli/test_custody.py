"""`stationctl account custody`: what was read is noted before it is shown."""

import pytest

from stationd.bundles import service as bundles
from stationd.bundles import store
from stationd.bundles.model import Kind
from stationd.staff.model import Person, Role

BY = Person(login="maria", name="Maria", role=Role.MANAGER)


@pytest.fixture
def read(value):
    """Return what, by whom and for what was read of 1001, this list itself left out."""

    def acts():
        found = value("account", "custody", "1001", "--act", "read")
        return [(one["on"], one["by"], one["purpose"]) for one in found if one["on"] != "custody"]

    return acts


def test_every_way_to_look_at_an_account_is_noted(received, ok, read, monkeypatch):
    ok("account", "show", "1001")
    ok("account", "history", "1001", "--purpose", "claim")
    ok("tail", "--account", "1001", "--once")
    ok("retention", "tombstones", "1001")
    ok("account", "show", "1002")
    ok("tail", "--once")
    assert read() == [
        ("account", "maria", "work"),
        ("history", "maria", "claim"),
        ("tail", "maria", "work"),
        ("tombstones", "maria", "work"),
    ]


def test_without_a_login_the_machines_user_is_noted(opened, ok, read, log_in):
    ok("logout")
    ok("account", "show", "1001")
    log_in("maria")
    ((_, by, _),) = read()
    assert by.startswith("os:")


def test_the_list_is_a_reading_too_and_shows_who_and_from_where(opened, ok, value):
    ok("account", "custody", "1001", "--purpose", "audit")
    said = ok("account", "custody", "1001")
    assert "read  maria  custody  audit" in " ".join(said.split(" ")).replace("   ", "  ")
    assert value("account", "custody", "1001")[0]["address"] == "local"


def test_an_act_is_asked_for_by_its_name(opened, ok, desk):
    bundles.order(desk, "1001", Kind.ON_REQUEST, BY)
    assert "ordered" in ok("account", "custody", "1001", "--act", "ordered")
    assert "No such act." in ok("account", "custody", "1001", "--act", "copied")


def test_who_is_not_logged_in_sees_no_list(opened, ok, run):
    ok("logout")
    assert run("account", "custody", "1001").exit_code == 4


def test_an_account_that_is_not_there_is_said_and_nothing_noted(opened, run):
    assert run("account", "history", "none").exit_code == 2


def test_opening_a_bundle_of_ours_is_noted_by_its_name(opened, desk, run, read, tmp_path):
    order_id = bundles.order(desk, "1001", Kind.ON_REQUEST, BY)
    with desk.database.writing() as connection:
        store.update_order(connection, order_id, name="south-1001-e1-c1-on_request")
    file = tmp_path / "south-1001-e1-c1-on_request.asice"
    file.write_bytes(b"no bundle")
    for name in ("root", "tsa"):
        (tmp_path / name).write_text("")
    words = ("--root", tmp_path / "root", "--tsa", tmp_path / "tsa", "--purpose", "court")
    run("verify", file, *words)
    assert read() == [("bundle south-1001-e1-c1-on_request", "maria", "court")]


def test_a_bundle_can_be_checked_where_no_database_answers(opened, run, tmp_path, config):
    config.write_text(config.read_text().replace("station.sqlite3", "none/station.sqlite3"))
    file = tmp_path / "x.asice"
    file.write_bytes(b"no bundle")
    done = run("verify", file, "--root", file, "--tsa", file)
    assert "stands in the log only" in done.stderr
    assert done.exit_code == 1
