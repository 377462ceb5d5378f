"""How cases look: for people and, with ``--json``, for programs."""

from datetime import datetime

from archive.canonical import JsonValue
from stationd.approvals.model import Approval, Purpose
from stationd.billing.model import CREDITS, money
from stationd.billing.standing import statement_json
from stationd.bundles.model import Order
from stationd.cases import service
from stationd.cases.contacting import CHECK, CONTACT
from stationd.cases.effects import CLOSING, EVALUATE, EXTEND
from stationd.cases.kinds import KINDS
from stationd.cases.ladder import Task
from stationd.cases.model import Case, Status
from stationd.cases.results import as_json
from stationd.cases.states import STATES, State
from stationd.cli.output import table
from stationd.clock import iso
from stationd.staff.model import Role
from stationd.staff.rights import title

__all__ = [
    "approval_row",
    "approval_value",
    "case_value",
    "fact_rows",
    "fact_value",
    "says",
    "shown",
    "task_text",
    "task_value",
    "view_text",
    "view_value",
]

_DUE = {
    EVALUATE: "look whether service can end",
    CLOSING: "append the close record and order the closing bundle",
    EXTEND: "lock every bundle of the account as long",
    CONTACT: "say that the next contact is due",
    CHECK: "look whether the promise was kept",
}
_PRIVILEGED = "privileged"
_MARKS = {
    Status.PASSED: "passed",
    Status.FAILED: "FAILED",
    Status.WARNED: "warned",
    Status.WAIVED: "waived",
    Status.NOT_APPLICABLE: "-",
}


def shown(moment: datetime | None) -> str:
    """Return a moment for people; empty: none."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _moment(moment: datetime | None) -> JsonValue:
    return None if moment is None else iso(moment)


def case_value(one: Case) -> dict[str, JsonValue]:
    """Return a case for programs."""
    return {
        "id": one.id,
        "acct": one.acct,
        "reason": one.reason.value,
        "state": one.state,
        "previous_state": one.previous_state,
        "version": one.version,
        "overdue": one.overdue,
        "opened_at": iso(one.opened_at),
        "opened_by": one.opened_by,
        "noticed_at": _moment(one.noticed_at),
        "effective_at": _moment(one.effective_at),
        "ended_at": _moment(one.ended_at),
        "closed_at": _moment(one.closed_at),
    }


def fact_value(one: service.StoredFact) -> dict[str, JsonValue]:
    """Return a fact for programs; what is privileged is not among it."""
    said: dict[str, JsonValue] = {} if one.compartment == _PRIVILEGED else dict(one.fact)
    return {
        "id": one.id,
        "kind": one.kind,
        "fact": said,
        "compartment": one.compartment,
        "doc": None if one.doc is None else one.doc.hex(),
        "by": one.author,
        "at": iso(one.at),
    }


def _order_value(one: Order) -> dict[str, JsonValue]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "state": one.state.value,
        "name": one.name,
        "progress": one.progress,
        "verified_at": _moment(one.verified_at),
        "retain_until": _moment(one.retain_until),
        "why": one.why,
    }


def view_value(view: service.CaseView) -> dict[str, JsonValue]:
    """Return everything about a case for programs."""
    return {
        **case_value(view.case),
        "guards": [as_json(result) for result in view.results],
        "guards_hash": view.results_hash.hex(),
        "events": list(view.events),
        "possible": [
            {
                "row": one.row.id,
                "event": one.row.event.value,
                "roles": sorted(role.value for role in one.row.roles),
                "refused_by": [result.id for result in one.refused_by],
            }
            for one in view.possible
        ],
        "steps": [
            {
                "row": taken.row,
                "event": taken.event,
                "from": taken.from_state,
                "to": taken.to_state,
                "by": taken.by,
                "at": iso(taken.at),
            }
            for taken in view.history
        ],
        "facts": [fact_value(one) for one in view.facts],
        "due": [
            {"step": one.step, "due_at": iso(one.due_at), "outcome": one.outcome}
            for one in view.due
        ],
        "orders": [_order_value(one) for one in view.orders],
        "waits": view.waits,
        "task": task_value(view.task),
        "billing": None if view.stands is None else statement_json(view.stands),
        "missing": list(view.missing),
        "approvals": [approval_value(one) for one in view.approvals],
    }


def view_text(view: service.CaseView) -> list[str]:
    """Return a case for people: where it is, what can be done, then what it rests on."""
    parts = [
        *(_head(view), _possible(view), _guards(view), _bundles(view)),
        *(_due(view), _approvals(view), _past(view)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part).splitlines()


def _head(view: service.CaseView) -> list[str]:
    one = view.case
    overdue = ", overdue: service runs past the date told" if one.overdue else ""
    lines = [
        f"Case {one.id}, account {one.acct}, {one.reason}: {one.state}{overdue}",
        STATES[State(one.state)],
    ]
    if one.effective_at is not None:
        lines.append(f"Monitoring ends at {shown(one.effective_at)} at the earliest.")
    if view.stands is not None:
        lines += ["", *_money(view)]
    if view.task is not None:
        lines += ["", task_text(view.task)]
    if view.missing:
        lines += ["", "Missing, and who can supply it:", *(f"  - {one}" for one in view.missing)]
    return lines


def _money(view: service.CaseView) -> list[str]:
    """Return what the contract owes today, and what came in since the case was opened."""
    stands = view.stands
    assert stands is not None  # noqa: S101  (asked only where there are lines)
    lines = [
        (
            f"Balance {money(stands.balance)} {stands.currency}; {money(stands.overdue)} is "
            f"overdue, {stands.days_past_due} day(s) past due."
        )
    ]
    since = [
        line
        for line in stands.lines
        if line.kind in CREDITS and line.imported_at >= view.case.opened_at
    ]
    lines += [
        f"  {line.kind} {line.number} of {money(line.amount)} on {line.on} came in since the case "
        "was opened."
        for line in since
    ]
    return lines


def task_value(task: Task | None) -> JsonValue:
    """Return what a ladder asks for next, for programs."""
    if task is None:
        return None
    return {
        "step": task.step,
        "kind": task.kind,
        "title": task.title,
        "due_at": iso(task.due_at),
    }


def task_text(task: Task) -> str:
    """Return what a ladder asks for next, for people."""
    return f"Next, from {shown(task.due_at)} on: {task.title} ({task.step})"


def _possible(view: service.CaseView) -> list[str]:
    """Return the steps from here, who may take each, and what refuses it."""
    if not view.possible:
        return ["Steps from here: none; the case is over"]
    rows = []
    for one in view.possible:
        who = ", ".join(title(role) for role in Role if role in one.row.roles)
        refused = [f"{result.id}: {result.text}" for result in one.refused_by] or ["can be taken"]
        rows += [
            [one.row.event.value, who, refused[0]],
            *(["", "", more] for more in refused[1:]),
        ]
    return table(("step", "who", "now"), rows)


def _guards(view: service.CaseView) -> list[str]:
    return table(("guard", "status", ""), _guard_rows(view))


def _guard_rows(view: service.CaseView) -> list[list[str]]:
    """Return every guard; one that fails but stops no step from here is told to be not yet due."""
    asked = {result.id for one in view.possible for result in one.refused_by}
    return [
        [
            result.id,
            "not yet"
            if result.status is Status.FAILED and result.id not in asked
            else _MARKS[result.status],
            result.text,
        ]
        for result in view.results
    ]


def _bundles(view: service.CaseView) -> list[str]:
    rows = [
        [one.kind.value, one.state.value, f"{one.progress} %", one.name or "", one.why]
        for one in view.orders
    ]
    return table(("bundle", "state", "", "name", "last trouble"), rows) if rows else []


def _due(view: service.CaseView) -> list[str]:
    rows = [
        [_DUE.get(one.step, one.step), shown(one.due_at)] for one in view.due if one.done_at is None
    ]
    return table(("the worker will", "at"), rows) if rows else []


def _approvals(view: service.CaseView) -> list[str]:
    rows = [approval_row(one) for one in view.approvals]
    return table(("approval", "for", "asked", "by", "decided"), rows) if rows else []


def approval_row(one: Approval) -> list[str]:
    """Return an approval for people."""
    what = f"waive {', '.join(one.guards)} in" if one.purpose is Purpose.OVERRIDE else "take"
    said = "" if one.approved is None else ("approved" if one.approved else "refused")
    decided = f"{said} by {one.decided_by}, {shown(one.decided_at)}" if said else "waits"
    if one.used_at is not None:
        decided += ", used"
    return [one.id[:8], f"{what} {one.row}", shown(one.asked_at), one.asked_by, decided]


def approval_value(one: Approval) -> dict[str, JsonValue]:
    """Return an approval for programs."""
    return {
        "id": one.id,
        "case": one.case_id,
        "purpose": one.purpose.value,
        "row": one.row,
        "waive": list(one.guards),
        "code": one.code,
        "shown": one.results_hash.hex(),
        "asked_by": one.asked_by,
        "asked_at": iso(one.asked_at),
        "decided_by": one.decided_by,
        "decided_at": _moment(one.decided_at),
        "approved": one.approved,
        "sole_operator": one.alone,
        "used_at": _moment(one.used_at),
    }


def _past(view: service.CaseView) -> list[str]:
    steps = [[t.row, t.event, t.to_state, t.by, shown(t.at)] for t in view.history]
    return [
        *table(("row", "event", "to", "by", "at"), steps),
        "",
        *table(("fact", "at", "by", "what", ""), fact_rows(view)),
    ]


def fact_rows(view: service.CaseView) -> list[list[str]]:
    """Return the facts for people."""
    return [
        [one.id[:8], shown(one.at), one.author, KINDS[one.kind].title, says(one)]
        for one in view.facts
    ]


def says(one: service.StoredFact) -> str:
    """Return what people look for in a fact; of a privileged one nothing."""
    fact = one.fact
    if one.compartment == _PRIVILEGED:
        return "(privileged)"
    if one.kind == "notice":
        declared = "declared" if fact.get("declaration") else "not declared with it"
        return f"by {fact['channel']} to {fact['address']}, sent {fact['sent_at']}, {declared}"
    if one.kind == "retention":
        return f"kept until {fact['retain_until']}"
    if KINDS[one.kind].by_program:
        return ""
    return ", ".join(
        str(value) if name == "text" else f"{name} {value}"
        for name, value in fact.items()
        if name != "sha256"
    )
