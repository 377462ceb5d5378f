"""What comes round for a case: reviews of disputes and referrals, asking carriers, the tail.

Each looks at the case as it is, asks people by a task, and notes its next instant; the instants
stand on a grid from when the case came to its state, so that a step of the clock, or a worker that
stood still, brings each once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from stationd.bundles.model import Kind
from stationd.bundles.service import place
from stationd.bundles.store import find_order
from stationd.cases import store
from stationd.cases.facts import closing_epoch
from stationd.cases.model import Case
from stationd.cases.states import State
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.ledger.store import append, read_heads
from stationd.schedule.store import record_due
from stationd.staff.model import WORKER
from stationd.tasks.service import ask
from stationd.tasks.store import settle

__all__ = ["COLLECTION", "DISPUTE", "FIRST", "POLL", "REVIEWS", "TAIL", "Review", "order_tail"]

DISPUTE = "dispute.review"
COLLECTION = "collection.status"
POLL = "notice.poll"
TAIL = "bundle.tail"

# What says that nobody need ask a carrier any more.
_ARRIVED = frozenset({"notice_delivered", "notice_returned"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What comes round in a state: how often, until how long after, and what people are to do."""

    state: State
    every: timedelta
    said: str
    until: timedelta | None = None


_REVIEWS: Mapping[str, Review] = MappingProxyType(
    {
        DISPUTE: Review(
            state=State.DISPUTE_HOLD,
            every=timedelta(days=14),
            said="Case {case} of account {acct}: the dispute is open for {days} days. Look at the "
            "functioning report, speak with the customer, and decide it or say what is missing.",
        ),
        COLLECTION: Review(
            state=State.COLLECTION_HOLD,
            every=timedelta(days=30),
            said="Case {case} of account {acct}: with the attorney or agency for {days} days. Ask "
            "how it stands, and record proceedings, clearance or return if there are any.",
        ),
        POLL: Review(
            state=State.NOTICED,
            every=timedelta(hours=6),
            said="Case {case} of account {acct}: ask the carriers or mail servers of the notice "
            "what became of it, and record it (`notice_delivered`, `notice_returned`). They drop "
            "what they know in time.",
            until=timedelta(days=30),
        ),
    }
)

FIRST: Mapping[str, timedelta] = MappingProxyType(
    {**{name: one.every for name, one in _REVIEWS.items()}, TAIL: timedelta(days=90)}
)
"""How long after its state began each of these is due first."""


def _review(job: str) -> Callable[[Desk, str], str]:
    def look(desk: Desk, case_id: str) -> str:
        with desk.database.writing() as connection:
            return _come_round(connection, desk, job, case_id)

    return look


def _come_round(connection: Connection, desk: Desk, job: str, case_id: str) -> str:
    review, now = _REVIEWS[job], desk.clock.now()
    case = store.read_case(connection, case_id)
    over = _is_over(connection, review, job, case, now)
    if over is not None:
        settle(connection, case.id, job=job, at=now, outcome=over)
        return f"nothing to do: {over}"
    since = _since(connection, case)
    rounds = (now - since) // review.every
    if rounds < 1:
        # It was due for a stay in this state that is over, or the clock was set back.
        record_due(connection, case.id, job, [since + review.every])
        return "not yet: the case came to this state later"
    said = review.said.format(case=case.id, acct=case.acct, days=(now - since).days)
    made = ask(connection, desk, job, case.id, due_at=since + rounds * review.every, said=said)
    record_due(connection, case.id, job, [since + (rounds + 1) * review.every])
    return "a task was made" if made else "the task of before is still open"


def _is_over(
    connection: Connection, review: Review, job: str, case: Case, now: datetime
) -> str | None:
    """Return why nobody has to be asked any more; None: somebody has."""
    if case.state != review.state:
        return f"the case is {case.state}"
    if review.until is not None and now >= _since(connection, case) + review.until:
        return f"{review.until.days} days are over"
    if job == POLL:
        since = _since(connection, case)
        rows = store.read_fact_rows(connection, case.id)
        arrived = [row.kind for row in rows if row.kind in _ARRIVED and row.at >= since]
        if arrived:
            return f"{arrived[-1]} was recorded"
    return None


def _since(connection: Connection, case: Case) -> datetime:
    """Return when a case last came to the state it is in."""
    steps = store.read_history(connection, case.id)
    came = [one.at for one in steps if one.to_state == case.state != one.from_state]
    return came[-1] if came else case.opened_at


def order_tail(desk: Desk, case_id: str) -> str:
    """Order a bundle of what came after the `close` record, once, if anything did."""
    with desk.database.writing() as connection:
        case = store.read_case(connection, case_id)
        if case.state != State.CLOSED:
            return f"nothing to do: the case is {case.state}"
        closed = closing_epoch(connection, case.id)
        later = [
            one.epoch
            for one in read_heads(connection, case.acct)
            if closed is not None and one.epoch > closed and one.size
        ]
        if not later:
            return "nothing came after the close record"
        if find_order(connection, case.id, Kind.ON_REQUEST) is not None:
            return "the tail's bundle is ordered already"
        order, draft = place(
            connection,
            desk,
            acct=case.acct,
            epoch=later[-1],
            kind=Kind.ON_REQUEST,
            by=WORKER,
            case_id=case.id,
            told={"tail": True},
        )
        append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)
        return f"the tail's bundle is ordered: {order}"


REVIEWS: Mapping[str, Callable[[Desk, str], str]] = MappingProxyType(
    {**{name: _review(name) for name in _REVIEWS}, TAIL: order_tail}
)
"""What takes each of these due steps."""
