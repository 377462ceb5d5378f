"""What a case's ladder asks for next: read from its facts, kept as a row, due at an instant.

The row is derived, and written in the transaction of whatever changed it.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stationd.accounts.model import Site
from stationd.accounts.store import read_contract, read_site
from stationd.billing.model import CREDITS
from stationd.billing.store import read_lines
from stationd.cases import store
from stationd.cases.effects import Scene
from stationd.cases.ladder import (
    PROMISE,
    REASON,
    Ladder,
    Promise,
    Task,
    ladder_of,
    letter_fault,
    next_task,
)
from stationd.cases.model import Case
from stationd.cases.periods import at_business_hour
from stationd.cases.states import State
from stationd.cases.store import StoredFact
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import RefusedError
from stationd.schedule.store import cancel_due, record_due

__all__ = ["CHECK", "CONTACT", "LADDER_KINDS", "check_letter", "plan_contact", "read_task"]

CONTACT = "contact.step"
CHECK = "promise.check"

LADDER_KINDS = frozenset({"contact", "ladder_waiver", "promise", "nonpayment_reason", "payment"})
"""The kinds of fact that change what a ladder asks for next."""

_DAY = timedelta(days=1)


def read_task(connection: Connection, desk: Desk, case: Case) -> Task | None:
    """Return what a case's ladder asks for next; None: nothing."""
    ladder = _ladder(connection, case)
    if case.state != State.CONTACTING or ladder is None:
        return None
    site = read_site(connection, read_contract(connection, case.contract_id).site_id)

    def rolled(instant: datetime, span: timedelta) -> datetime:
        return _rolled(desk, site, instant, span)

    def checked(day: date) -> datetime:
        return _checked(desk, site, day)

    return next_task(ladder, desk.clock.now(), rolled=rolled, checked=checked)


def _rolled(desk: Desk, site: Site, instant: datetime, span: timedelta) -> datetime:
    """Return when a step is due: whole days count in the site's calendar, to a business hour."""
    due = instant + span
    if not desk.policies.effective_roll or span % _DAY:
        return due
    day = due.astimezone(ZoneInfo(site.zone)).date()
    return at_business_hour(day, site, desk.policies, desk.ladder.hour)


def _checked(desk: Desk, site: Site, day: date) -> datetime:
    """Return when a promise for a day is looked at: the next business day."""
    if desk.policies.effective_roll:
        return at_business_hour(day + _DAY, site, desk.policies, desk.ladder.hour)
    zone = ZoneInfo(site.zone)
    return datetime.combine(day + _DAY, time(), tzinfo=zone).astimezone(UTC)


def plan_contact(connection: Connection, desk: Desk, case: Case) -> Task | None:
    """Keep what a case's ladder asks for next, and when it is due; return it."""
    task = read_task(connection, desk, case)
    before = store.find_task(connection, case.id)
    if task == before:
        return task
    now = desk.clock.now()
    outcome = "nothing is next" if task is None else f"next: {task.title}"
    for step in (CONTACT, CHECK):
        cancel_due(connection, case.id, at=now, outcome=outcome, step=step)
    store.record_task(connection, case.id, task)
    if task is not None:
        step = CHECK if task.step == PROMISE else CONTACT
        record_due(connection, case.id, step, [task.due_at])
    return task


def check_letter(scene: Scene, step: str) -> None:
    """Return if a step of the ladder may be done, or raise `RefusedError`."""
    ladder = _ladder(scene.connection, scene.case)
    if ladder is not None and (fault := letter_fault(ladder, step)) is not None:
        raise RefusedError(fault)


def _ladder(connection: Connection, case: Case) -> Ladder | None:
    """Return a case's ladder and how far it is; None: it has none yet."""
    rows = store.read_fact_rows(connection, case.id)
    kept = [row for row in rows if row.kind == "ladder"]
    if not kept:
        return None
    began_at = kept[0].at
    done: dict[str, datetime] = {}
    for row in rows:
        step = row.fact.get("step")
        if row.kind in {"contact", "ladder_waiver"} and step:
            done.setdefault(str(step), row.at)
    known = REASON in done or any(row.kind == "nonpayment_reason" for row in rows)
    return Ladder(
        steps=ladder_of(kept[-1].fact),
        began_at=began_at,
        done=done,
        reason_known=known,
        promise=_promise(connection, case, rows),
    )


def _promise(connection: Connection, case: Case, rows: Sequence[StoredFact]) -> Promise | None:
    """Return the promise that counts: the newest with a day; None: none was made."""
    made = [row for row in rows if row.kind == "promise" and row.fact.get("due")]
    if not made:
        return None
    newest = made[-1]
    paid = [one for one in _came_in(connection, case, rows) if one[0] >= newest.at]
    told = newest.fact.get("amount")
    return Promise(
        at=newest.at,
        due=date.fromisoformat(newest.fact["due"]),
        amount=None if told is None else _cents(told),
        paid=sum(amount for _, amount in paid),
        paid_at=max((at for at, _ in paid), default=None),
    )


def _came_in(
    connection: Connection, case: Case, rows: Sequence[StoredFact]
) -> list[tuple[datetime, int]]:
    """Return when what came in: by billing, and what people recorded by hand."""
    lines = read_lines(connection, case.contract_id)
    by_hand = [row for row in rows if row.kind == "payment" and "line" not in row.fact]
    return [
        *((line.imported_at, line.amount) for line in lines if line.kind in CREDITS),
        *((row.at, _cents(row.fact["amount"])) for row in by_hand),
    ]


def _cents(told: str) -> int:
    whole, _, rest = str(told).partition(".")
    return int(whole) * 100 + int(rest or 0)
