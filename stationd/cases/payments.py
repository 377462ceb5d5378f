"""Payments that billing brings: those after a notice went out become facts of the case."""

from collections.abc import Sequence

from stationd.billing.model import Line
from stationd.cases import store
from stationd.cases.chronicle import quiet_scene
from stationd.cases.contacting import plan_contact
from stationd.cases.model import Case
from stationd.cases.recording import place_payment
from stationd.cases.states import BEFORE_ENDED
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.ledger.model import RecordDraft
from stationd.staff.model import Person

__all__ = ["note_payments"]


def note_payments(
    connection: Connection, desk: Desk, lines: Sequence[Line], by: Person
) -> list[RecordDraft]:
    """Record new payments and credits that come after a notice; the caller appends what returns.

    A notice counts from when its sending is recorded: the customer may pay before T12 is taken.
    Nothing ends until a manager has decided each (`G8`).  A case that went back for a new notice
    had one too, and a payment since then is decided like any other.
    """
    drafts: list[RecordDraft] = []
    for line in lines:
        case = store.find_case(connection, line.contract_id)
        if case is None:
            continue
        # A promise may be kept by it.
        plan_contact(connection, desk, case)
        if not _was_noticed(connection, case):
            continue
        scene = quiet_scene(connection, desk, case, by)
        place_payment(scene, line)
        drafts += scene.drafts
    return drafts


def _was_noticed(connection: Connection, case: Case) -> bool:
    if case.state not in BEFORE_ENDED:
        return False
    if any(row.kind == "notice" for row in store.read_fact_rows(connection, case.id)):
        return True
    # Of a reason without a notice the step alone tells.
    return any(taken.row == "T12" for taken in store.read_history(connection, case.id))
