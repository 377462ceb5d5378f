"""The standing board, read; and the renewals it is sorted by, moved on each day."""

import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from stationd.accounts.model import Service, Standing
from stationd.accounts.term import renewal_from
from stationd.board.model import NO_BUNDLE, NO_CASE, Asked, Row
from stationd.board.store import find, read_rows, read_terms, read_zones, record_renewals
from stationd.clock import parse_iso
from stationd.desk import Desk
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["board", "move_renewals"]

_BATCH = 1000
_WORKER_LOOKS = "the worker looks"


def board(desk: Desk, asked: Asked, by: Person) -> tuple[list[Row], bool]:
    """Return the wanted rows, and whether there are more than were asked for."""
    require(by, Right.SEE_MONEY)
    now = desk.clock.now()
    with desk.database.reading() as connection:
        days = {zone: _day(now, zone) for zone in read_zones(connection)}
        ids = find(connection, asked, days, now)
        rows = read_rows(connection, ids[: asked.limit])
    shown = [_row(rows[one], days) for one in ids[: asked.limit] if one in rows]
    return shown, len(ids) > asked.limit


def _day(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def _row(row: Any, days: dict[str, date]) -> Row:  # noqa: ANN401  (a row has the shape of its query)
    today = days[row.zone]
    next_step, next_due = _next(row)
    return Row(
        contract=row.number,
        acct=row.acct,
        customer=row.customer,
        site=row.site,
        dealer=row.dealer or "",
        tier=row.tier or "",
        service=Service(row.service),
        standing=Standing(row.standing),
        balance=row.balance,
        overdue=row.overdue or 0,
        currency=row.currency or "",
        days_past_due=_days(row.oldest_due, today),
        renews_on=renewal_from(json.loads(row.terms), today),
        case_id=row.case_id or "",
        case_state=row.state or NO_CASE,
        case_overdue=bool(row.case_overdue),
        next_step=next_step,
        next_due=None if next_due is None else parse_iso(next_due),
        bundle=row.bundle or NO_BUNDLE,
    )


def _days(oldest_due: str | None, today: date) -> int:
    return 0 if oldest_due is None else max((today - date.fromisoformat(oldest_due)).days, 0)


def _next(row: Any) -> tuple[str, str | None]:  # noqa: ANN401
    """Return what is due next, and when: a contact, or that the worker looks."""
    due = [one for one in (row.task_due, row.first_due) if one is not None]
    if not due:
        return "", None
    return (row.title if row.task_due == min(due) else _WORKER_LOOKS), min(due)


def move_renewals(desk: Desk) -> int:
    """Keep each contract's next renewal as of today; return how many changed."""
    count, after = 0, ""
    now = desk.clock.now()
    while True:
        with desk.database.reading() as connection:
            found = read_terms(connection, after=after, limit=_BATCH)
        changed = {}
        for contract_id, zone, kept, terms in found:
            next_one = renewal_from(terms, _day(now, zone))
            told = None if next_one is None else next_one.isoformat()
            if told != kept:
                changed[contract_id] = told
        if changed:
            with desk.database.writing() as connection:
                record_renewals(connection, changed)
        count += len(changed)
        if len(found) < _BATCH:
            return count
        after = found[-1][0]
