"""SQL of tasks."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection, inserting
from stationd.db.schema import tasks
from stationd.errors import NotFoundError
from stationd.tasks.model import Task

__all__ = ["find_open", "read_task", "read_tasks", "record_done", "record_task", "settle"]


def record_task(connection: Connection, task: Task) -> None:
    """Add a task; one for the same job, subject and instant stays as it is."""
    connection.execute(
        inserting(connection, tasks).on_conflict_do_nothing(),
        {
            "id": task.id,
            "job": task.job,
            "subject": task.subject,
            "due_at": iso(task.due_at),
            "said": task.said,
            "made_at": iso(task.made_at),
        },
    )


def find_open(connection: Connection, job: str, subject: str) -> Task | None:
    """Return the open task of a job about something; None: there is none."""
    query = sa.select(tasks).where(
        tasks.c.job == job, tasks.c.subject == subject, tasks.c.done_at.is_(None)
    )
    row = connection.execute(query.order_by(tasks.c.due_at.desc()).limit(1)).one_or_none()
    return None if row is None else _task(row)


def read_task(connection: Connection, task_id: str) -> Task:
    """Return a task by its id or the beginning of it, or raise `NotFoundError`."""
    query = sa.select(tasks).where(tasks.c.id.startswith(task_id, autoescape=True)).limit(2)
    rows = connection.execute(query).all() if task_id else []
    if len(rows) != 1:
        what = "There are several tasks" if rows else "There is no task"
        raise NotFoundError(f"{what} {task_id}. `stationctl tasks list` shows those there are.")
    return _task(rows[0])


def read_tasks(
    connection: Connection,
    *,
    open_only: bool = True,
    job: str | None = None,
    subject: str | None = None,
) -> list[Task]:
    """Return tasks, the longest due first."""
    query = sa.select(tasks).order_by(tasks.c.due_at, tasks.c.job, tasks.c.subject)
    if open_only:
        query = query.where(tasks.c.done_at.is_(None))
    if job is not None:
        query = query.where(tasks.c.job == job)
    if subject is not None:
        query = query.where(tasks.c.subject == subject)
    return [_task(row) for row in connection.execute(query)]


def record_done(
    connection: Connection, task_id: str, *, by: str, at: datetime, outcome: str
) -> None:
    """Note that somebody did a task."""
    connection.execute(
        sa.update(tasks)
        .where(tasks.c.id == task_id)
        .values(done_at=iso(at), done_by=by, outcome=outcome)
    )


def settle(
    connection: Connection,
    subject: str,
    *,
    at: datetime,
    outcome: str,
    job: str | None = None,
) -> None:
    """Note of the open tasks about something that nobody has to do them any more."""
    change = sa.update(tasks).where(tasks.c.subject == subject, tasks.c.done_at.is_(None))
    if job is not None:
        change = change.where(tasks.c.job == job)
    connection.execute(change.values(done_at=iso(at), done_by="worker", outcome=outcome))


def _task(row: Any) -> Task:  # noqa: ANN401  (a row has the shape of its query)
    return Task(
        id=row.id,
        job=row.job,
        subject=row.subject,
        due_at=parse_iso(row.due_at),
        said=row.said,
        made_at=parse_iso(row.made_at),
        done_at=None if row.done_at is None else parse_iso(row.done_at),
        done_by=row.done_by,
        outcome=row.outcome,
    )
