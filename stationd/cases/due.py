"""What becomes of a case when an instant has come.

Each function looks at the case as it is now and takes the one step that the facts allow, or none.
They may be called again at any time: what was done is not done twice.  They return a sentence for
the due step's row, or None where it stays due.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from archive.canonical import JsonValue
from stationd.accounts.store import read_account, record_state
from stationd.bundles import store as bundles
from stationd.bundles.model import Kind, OrderState
from stationd.bundles.service import place
from stationd.cases import store
from stationd.cases.contacting import CHECK, CONTACT, plan_contact
from stationd.cases.effects import EVALUATE, REPORT
from stationd.cases.facts import closing_epoch
from stationd.cases.model import Case
from stationd.cases.reporting import report_functioning
from stationd.cases.reviewing import REVIEWS
from stationd.cases.service import step
from stationd.cases.states import Event, State
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, RefusedError
from stationd.ledger.service import LedgerTree, LogSigner, close_epoch
from stationd.ledger.store import append
from stationd.staff.model import WORKER

__all__ = [
    "STEPS",
    "Reached",
    "close_account_epoch",
    "evaluate_notice",
    "mark_contact",
    "seal_covered",
    "waiting_to_seal",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far the follower has come with a journal: it had taken all there was at ``at``."""

    journal: str
    node: str
    at: datetime


def evaluate_notice(desk: Desk, case_id: str) -> str | None:
    """Take T14 if the time is over and every END guard passes; else T15, once."""
    case = _read(desk, case_id)
    if case.state != State.NOTICED:
        return f"nothing to do: the case is {case.state}"
    if not desk.policies.auto_end:
        return _await_manager(desk, case)
    try:
        step(desk, case_id, Event.TIME_OVER, WORKER)
    except RefusedError as refused:
        if case.effective_at is None or desk.clock.now() < case.effective_at:
            return f"looked: {refused}"
        if not case.overdue:
            step(desk, case_id, Event.OVERDUE, WORKER)
        # Service runs past its announced end: it stays due until the guards pass.
        return None
    return "service has ended"


def _await_manager(desk: Desk, case: Case) -> str | None:
    """Leave the end to a manager; the case is overdue when nobody has taken it for a while."""
    effective_at, now = case.effective_at, desk.clock.now()
    if effective_at is None or now < effective_at:
        return "looked: a manager ends the service when its time is over"
    if not case.overdue and now - effective_at >= desk.policies.end_confirm_within:
        step(desk, case.id, Event.OVERDUE, WORKER)
    return None


def close_account_epoch(
    desk: Desk,
    case_id: str,
    tree: LedgerTree,
    *,
    origin: str,
    log_key: LogSigner,
    reached: Sequence[Reached],
) -> tuple[str | None, str]:
    """Append `close` with its checkpoint and order the closing bundle, in one transaction.

    Returns the outcome for the due step, or None and what it waits for.  ``reached`` are all
    journals the follower knows; each must have been followed past the late buffer's end.
    """
    case, epoch, closed = _closing(desk, case_id)
    if case.state != State.ENDED or case.ended_at is None:
        return f"nothing to do: the case is {case.state}", ""
    if closed:
        return "the close record is there", ""
    end = case.ended_at + desk.policies.late_buffer
    late = [one.node for one in reached if one.at < end]
    if desk.clock.now() < end or late:
        return None, f"waits until journals are followed past {iso(end)}: {', '.join(late)}"
    followed: list[JsonValue] = [
        {"journal": one.journal, "node": one.node, "followed_at": iso(one.at)} for one in reached
    ]
    close_epoch(
        desk,
        tree,
        acct=case.acct,
        epoch=epoch,
        fields={"case": case.id, "followed": followed},
        origin=origin,
        log_key=log_key,
        also=lambda connection: _order_closing(connection, desk, case, epoch, followed),
    )
    return "the close record is appended and the closing bundle ordered", ""


def _order_closing(
    connection: Connection, desk: Desk, case: Case, epoch: int, followed: list[JsonValue]
) -> None:
    """Do what belongs to the close record, in its transaction; refuse if the case has moved."""
    now = desk.clock.now()
    current = store.read_case(connection, case.id)
    if current.version != case.version or closing_epoch(connection, case.id) is not None:
        raise MistakeError(f"Case {case.id} was moved meanwhile; nothing is closed.")
    _, draft = place(
        connection,
        desk,
        acct=case.acct,
        epoch=epoch,
        kind=Kind.CLOSING,
        by=WORKER,
        case_id=case.id,
    )
    fact: Mapping[str, JsonValue] = {"journals": followed, "epoch": epoch}
    store.record_fact_row(
        connection,
        fact_id=desk.ids.identifier(),
        case_id=case.id,
        kind="followed",
        fact=fact,
        doc=None,
        author=WORKER.login,
        at=now,
    )
    account = read_account(connection, case.acct)
    record_state(connection, case.acct, account.record, epoch=epoch + 1)
    append(connection, [draft], station=desk.station, now=now, ids=desk.ids)


def waiting_to_seal(desk: Desk) -> list[Case]:
    """Return the cases whose service has ended and that are not sealed yet."""
    with desk.database.reading() as connection:
        return store.read_cases(connection, state=State.ENDED, open_only=True)


def seal_covered(desk: Desk, case_id: str) -> Case | None:
    """Take T16 if the closing bundle is verified and covers everything; None: not yet."""
    with desk.database.reading() as connection:
        order = bundles.find_order(connection, case_id, Kind.CLOSING)
    if order is None or order.state is not OrderState.VERIFIED:
        # Asked of every ended case at each look, so it must not take the write lock for nothing.
        return None
    try:
        return step(desk, case_id, Event.COVERED, WORKER)
    except RefusedError:
        return None


def _read(desk: Desk, case_id: str) -> Case:
    with desk.database.reading() as connection:
        return store.read_case(connection, case_id)


def _closing(desk: Desk, case_id: str) -> tuple[Case, int, bool]:
    """Return the case, the epoch that takes its records, and whether its chain was closed."""
    with desk.database.reading() as connection:
        case = store.read_case(connection, case_id)
        epoch = read_account(connection, case.acct).epoch
        return case, epoch, closing_epoch(connection, case.id) is not None


def mark_contact(desk: Desk, case_id: str) -> str:
    """Say what the case's ladder asks for now: people do it, and nobody else."""
    with desk.database.writing() as connection:
        case = store.read_case(connection, case_id)
        task = plan_contact(connection, desk, case)
    if task is None:
        return f"nothing to do: the case is {case.state}"
    return f"next: {task.title}"


STEPS: Mapping[str, Callable[[Desk, str], str | None]] = MappingProxyType(
    {
        EVALUATE: evaluate_notice,
        CONTACT: mark_contact,
        CHECK: mark_contact,
        REPORT: report_functioning,
        **REVIEWS,
    }
)
"""What takes each kind of due step, given the desk and the case; those that need more the worker
knows itself."""
