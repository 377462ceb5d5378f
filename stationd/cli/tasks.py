"""`stationctl tasks`."""

import click

from archive.canonical import JsonValue
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.tasks import service
from stationd.tasks.model import Task

__all__ = ["tasks"]


@click.group()
def tasks() -> None:
    """Show what people are to do because its time has come, and note that it was done."""


@tasks.command(name="list", epilog="Example: stationctl tasks list")
@click.option("--all", "everything", is_flag=True, help="Those that are done, too.")
@click.pass_obj
def list_(office: Office, *, everything: bool) -> None:
    """List tasks, the longest due first."""
    found = service.tasks(office.desk, open_only=not everything)
    office.trail.reading("tasks")
    lines: list[str] = []
    if found:
        head = ("task", "job", "about", "due", "done by")
        lines = [*table(head, [_row(one) for one in found])]
        lines += [f"{one.id[:8]}: {one.said}" for one in found]
    value: list[JsonValue] = [_value(one) for one in found]
    office.show(value, lines or "Nothing is to be done.")


@tasks.command(
    name="done", epilog='Example: stationctl tasks done 3f9a --outcome "Adler & Co: filed on 3 May"'
)
@click.argument("task_id", metavar="TASK")
@click.option("--outcome", required=True, help="What came of it.")
@click.pass_obj
def done(office: Office, task_id: str, outcome: str) -> None:
    """Note that TASK (its id, or the beginning) was done; that moves no case by itself."""
    made = service.finish(office.desk, task_id, outcome, by=office.person())
    office.show(_value(made), f"Task {made.id} is done.")


def _row(task: Task) -> list[str]:
    due = f"{task.due_at:%Y-%m-%d %H:%M} UTC"
    return [task.id[:8], task.job, task.subject[:16], due, task.done_by or ""]


def _value(task: Task) -> dict[str, JsonValue]:
    return {
        "task": task.id,
        "job": task.job,
        "subject": task.subject,
        "said": task.said,
        "due_at": iso(task.due_at),
        "made_at": iso(task.made_at),
        "done_at": None if task.done_at is None else iso(task.done_at),
        "done_by": task.done_by,
        "outcome": task.outcome,
    }
