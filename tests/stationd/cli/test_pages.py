"""`stationctl pages`."""

from datetime import timedelta

from stationd.clock import SystemClock
from stationd.desk import open_desk
from stationd.hooks.service import watch
from stationd.ids import SystemIds
from stationd.schedule.checks import Check, record_check
from stationd.settings import load

HOOK = '[[hooks]]\nkind = "folder"\nname = "drop"\npath = "/nowhere"\n'


def late(config):
    """Let the stamps be late, and the worker see it."""
    settings = load(config)
    desk = open_desk(settings, clock=SystemClock(), ids=SystemIds())
    with desk.database.writing() as connection:
        check = Check(name="anchors", outcome="failed", detail="late", at=desk.clock.now())
        record_check(connection, check)
    watch(desk, settings.hooks, timedelta(hours=4))
    desk.database.close()


def test_pages_are_listed_and_acknowledged(opened, ok, value, run, config):
    assert ok("pages", "list") == "Nobody has to be told anything.\n"
    config.write_text(config.read_text() + HOOK)
    late(config)
    (page,) = value("pages", "list")
    assert (page["kind"], page["sends"][0]["state"]) == ("anchors_late", "waiting")
    assert "drop: waiting" in ok("pages", "list")
    assert "is acknowledged" in ok("pages", "ack", page["page"][:8])
    assert "acknowledged by maria" in ok("pages", "list")
    assert run("pages", "ack", page["page"]).exit_code == 2


def test_a_test_needs_a_hook(opened, ok, run, config):
    assert run("pages", "test").exit_code == 2
    config.write_text(config.read_text() + HOOK)
    assert "goes to drop" in ok("pages", "test")
