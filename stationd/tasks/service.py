"""Tasks: a job makes one, and no second while that one is open; a person says what came of it."""

from datetime import datetime

from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError
from stationd.staff.model import Person
from stationd.staff.rights import Right, require
from stationd.tasks import store
from stationd.tasks.model import Task

__all__ = ["ask", "finish", "tasks"]


def ask(
    connection: Connection, desk: Desk, job: str, subject: str, *, due_at: datetime, said: str
) -> bool:
    """Make a task within the caller's transaction; False: one of this job is open already."""
    if store.find_open(connection, job, subject) is not None:
        return False
    task = Task(
        id=desk.ids.identifier(),
        job=job,
        subject=subject,
        due_at=due_at,
        said=said,
        made_at=desk.clock.now(),
    )
    store.record_task(connection, task)
    return True


def finish(desk: Desk, task_id: str, outcome: str, *, by: Person) -> Task:
    """Note that a task was done, and what came of it; that moves no case by itself."""
    require(by, Right.LOG_CONTACTS)
    if not outcome.strip():
        raise MistakeError("What came of a task has to be said: who was asked, what they answered.")
    with desk.database.writing() as connection:
        task = store.read_task(connection, task_id)
        if task.done_at is not None:
            raise MistakeError(f"Task {task.id} was done already, by {task.done_by}.")
        at = desk.clock.now()
        store.record_done(connection, task.id, by=by.login, at=at, outcome=outcome.strip())
        return store.read_task(connection, task.id)


def tasks(desk: Desk, *, open_only: bool = True) -> list[Task]:
    """Return tasks, the longest due first."""
    with desk.database.reading() as connection:
        return store.read_tasks(connection, open_only=open_only)
