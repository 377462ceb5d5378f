"""Reports by the clock: made from the rows each time, put into a folder whole."""

import csv
import io
import os
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from stationd.desk import Desk
from stationd.errors import UnavailableError
from stationd.reports.store import read_unmonitored
from stationd.reports.unmonitored import Location, as_csv, month_before, span
from stationd.retention.plan import Planned
from stationd.retention.service import plan

__all__ = ["unmonitored", "write_retention_plan", "write_unmonitored"]


def unmonitored(desk: Desk, month: date, zone: ZoneInfo) -> list[Location]:
    """Return the locations where monitoring ended in a month and nothing else goes on."""
    since, until = span(month, zone)
    with desk.database.reading() as connection:
        return read_unmonitored(connection, since, until)


def write_unmonitored(desk: Desk, folder: Path, zone: ZoneInfo) -> str:
    """Write the list of the month before; return a sentence."""
    month = month_before(desk.clock.now(), zone)
    found = unmonitored(desk, month, zone)
    path = folder / f"unmonitored-{month:%Y-%m}.csv"
    _put(path, as_csv(found))
    return f"{path}: {len(found)} location(s) no longer monitored"


def write_retention_plan(desk: Desk, folder: Path, zone: ZoneInfo) -> str:
    """Write what would go, when, by which rule, and what holds it; nothing is removed."""
    now = desk.clock.now()
    rows = plan(desk)
    year, week, _ = now.astimezone(zone).isocalendar()
    path = folder / f"retention-plan-{year}-W{week:02}.csv"
    _put(path, _plan_csv(rows, now))
    goes = sum(1 for row in rows if row.goes(now))
    return f"{path}: {len(rows)} row(s), {goes} may go now"


def _plan_csv(rows: list[Planned], now: datetime) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(
        ("may_go", "account", "class", "starts", "at", "months", "rule", "held_by", "goes")
    )
    writer.writerows(
        (
            f"{row.due_at:%Y-%m-%d}",
            row.acct,
            row.data_class.value,
            f"{row.start:%Y-%m-%d}",
            row.start_why,
            row.rule.months,
            row.rule.source,
            "; ".join(row.held_by),
            "yes" if row.goes(now) else "no",
        )
        for row in rows
    )
    return text.getvalue()


def _put(path: Path, text: str) -> None:
    """Write a file whole: the same name again takes the place of the one before."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise UnavailableError(
            f"{path}: {error.strerror or error}; the worker must be able to write worker.reports"
        ) from None
