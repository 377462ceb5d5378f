"""`stationctl tasks`."""

from datetime import UTC, datetime

from stationd.clock import SystemClock
from stationd.desk import open_desk
from stationd.ids import SystemIds
from stationd.settings import load
from stationd.tasks.service import ask


def test_tasks_are_listed_and_done(opened, ok, value, run, config):
    assert ok("tasks", "list") == "Nothing is to be done.\n"
    desk = open_desk(load(config), clock=SystemClock(), ids=SystemIds())
    with desk.database.writing() as connection:
        due = datetime(2026, 3, 1, tzinfo=UTC)
        ask(connection, desk, "hold.review", "h1", due_at=due, said="Look at hold h1.")
    desk.database.close()
    (task,) = value("tasks", "list")
    assert (task["job"], task["due_at"]) == ("hold.review", "2026-03-01T00:00:00.000000Z")
    assert "Look at hold h1." in ok("tasks", "list")
    assert "is done" in ok("tasks", "done", task["task"][:8], "--outcome", "still needed")
    assert ok("tasks", "list") == "Nothing is to be done.\n"
    assert value("tasks", "list", "--all")[0]["outcome"] == "still needed"
    assert run("tasks", "done", task["task"], "--outcome", "again").exit_code == 2
