"""The review of holds: a task when its day has come, and the next day once somebody did it."""

from datetime import timedelta

from stationd.desk import Desk
from stationd.holds.store import read_holds, record_review
from stationd.tasks.service import ask
from stationd.tasks.store import read_tasks

__all__ = ["JOB", "review"]

JOB = "hold.review"

_EVERY = timedelta(days=90)


def review(desk: Desk) -> str:
    """Ask people to look at holds that are due, and put off those that were looked at."""
    now = desk.clock.now()
    asked = put_off = 0
    with desk.database.writing() as connection:
        done = {
            (one.subject, one.due_at): one.done_at
            for one in read_tasks(connection, open_only=False, job=JOB)
            if one.done_at is not None
        }
        for hold in read_holds(connection):
            if hold.review_at is None or hold.review_at > now:
                continue
            done_at = done.get((hold.id, hold.review_at))
            if done_at is not None:
                record_review(connection, hold.id, done_at + _EVERY)
                put_off += 1
            else:
                said = (
                    f"Hold {hold.id} on the {hold.kind} of {hold.reach}: is its ground still so? "
                    "Say so, or have it lifted (`stationctl hold lift`)."
                )
                asked += ask(connection, desk, JOB, hold.id, due_at=hold.review_at, said=said)
    return f"{asked} task(s) were made, {put_off} hold(s) have a new day of review"
