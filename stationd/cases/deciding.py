"""Two persons: one asks, another approves exactly what the guards show.

An approval is asked for a step that needs one (T12), or to waive guards that failed.  It carries
the hash of the results that were shown, dies when they change, and after a day.  Both persons give
their proofs again.  Asking, approving and refusing are records of the ledger; what was written lies
in the documents.
"""

from collections.abc import Sequence

from archive.canonical import JsonValue
from stationd.approvals import store as approvals
from stationd.approvals.model import Approval, Purpose
from stationd.approvals.two_persons import check_confirmed, check_second
from stationd.cases import store
from stationd.cases.chronicle import append_gathered, gather, quiet_scene
from stationd.cases.effects import Scene
from stationd.cases.facts import read_facts
from stationd.cases.guards import approvable, evaluate
from stationd.cases.model import Attachment, Case, Facts, GuardResult, Status
from stationd.cases.overrides import CODES, LEAST_TEXT, RULES, Class, ClassRule, class_of
from stationd.cases.recording import keep_document
from stationd.cases.results import as_json, refusals
from stationd.cases.states import TABLE, Row, State, row
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError, RefusedError
from stationd.ledger.model import RecordType
from stationd.staff.model import Confirmed, Person, Role
from stationd.staff.rights import Right, require, title
from stationd.staff.store import count_enabled, find_member

__all__ = ["approve", "ask", "ask_override", "open_approvals", "refuse"]

_STEP_APPROVERS = frozenset({Role.MANAGER, Role.ADMINISTRATOR})
_PRIVILEGED = "privileged"


def open_approvals(desk: Desk) -> list[tuple[Approval, Case]]:
    """Return what waits for a second person, the oldest first, with its case."""
    with desk.database.reading() as connection:
        found = approvals.read_approvals(connection, undecided=True)
        since = desk.clock.now() - desk.approvals.valid
        return [
            (one, store.read_case(connection, one.case_id)) for one in found if one.asked_at > since
        ]


def ask(desk: Desk, case_id: str, event: str, by: Confirmed, *, text: str = "") -> Approval:
    """Ask that a second person approve a step; every guard of it but the approval must pass."""
    check_confirmed(by, desk.approvals, desk.clock.now())
    with desk.database.writing() as connection:
        case, facts, found = _read(connection, desk, case_id, event)
        if not found.approval:
            raise MistakeError(f"The step {event} needs no approval.")
        _require_role(by.person, found.roles, f"ask for the step {event}")
        results = evaluate(found, facts)
        open_ones = [one for one in refusals(results) if one.id not in {"approval", *found.unshown}]
        if open_ones:
            named = ", ".join(one.id for one in open_ones)
            raise RefusedError(f"{found.id} ({event}) cannot be approved yet: {named}.", results)
        scene = quiet_scene(connection, desk, case, by.person)
        asked = _place(scene, facts, found, Purpose.STEP, text=text or "-")
        append_gathered(scene)
        return asked


def ask_override(  # noqa: PLR0913  (what an override is made of)
    desk: Desk,
    case_id: str,
    event: str,
    guards: Sequence[str],
    by: Confirmed,
    *,
    code: str,
    text: str,
    document: Attachment | None = None,
) -> Approval:
    """Ask that guards which refuse a step be waived; who may is in `stationd.cases.overrides`."""
    check_confirmed(by, desk.approvals, desk.clock.now())
    if code not in CODES:
        raise MistakeError(f"There is no reason code {code}; there are: {', '.join(CODES)}.")
    if len(text.strip()) < LEAST_TEXT:
        raise MistakeError(f"The ground of an override has at least {LEAST_TEXT} characters.")
    with desk.database.writing() as connection:
        case, facts, found = _read(connection, desk, case_id, event)
        results, _ = approvable(found, facts)
        for guard in dict.fromkeys(guards):
            rule = _failing(results, found, guard)
            _require_role(by.person, rule.asks, f"ask to waive {guard}")
            if rule.document and document is None:
                raise RefusedError(f"{guard} cannot be waived so: {rule.who}.")
        if not guards:
            raise MistakeError("An override names the guards that it waives.")
        scene = quiet_scene(connection, desk, case, by.person)
        asked = _place(
            scene,
            facts,
            found,
            Purpose.OVERRIDE,
            text=text.strip(),
            guards=tuple(dict.fromkeys(guards)),
            code=code,
            document=document,
        )
        append_gathered(scene)
        return asked


def approve(desk: Desk, approval_id: str, by: Confirmed) -> Approval:
    """Approve what somebody else asked for, if the guards still show what they showed."""
    now = desk.clock.now()
    check_confirmed(by, desk.approvals, now)
    with desk.database.writing() as connection:
        asked = _undecided(connection, desk, approval_id)
        case = store.read_case(connection, asked.case_id)
        facts = read_facts(connection, desk, case, now)
        found = _row_named(case, asked.row)
        if found is None or approvable(found, facts)[1] != asked.results_hash:
            raise RefusedError(
                "What the guards show has changed since this was asked for; it has to be asked for "
                "anew (`case ask`).",
                () if found is None else evaluate(found, facts),
            )
        alone = check_second(
            first=asked.asked_by,
            asked_at=asked.asked_at,
            by=by.person,
            settings=desk.approvals,
            managers=count_enabled(connection, Role.MANAGER),
            now=now,
        )
        _check_approver(connection, asked, facts, by.person, alone=alone)
        return _decide(connection, desk, asked, case, by.person, approved=True, alone=alone)


def refuse(desk: Desk, approval_id: str, by: Person) -> Approval:
    """Refuse what was asked for; it may be asked for anew."""
    require(by, Right.APPROVE)
    with desk.database.writing() as connection:
        asked = _undecided(connection, desk, approval_id)
        case = store.read_case(connection, asked.case_id)
        return _decide(connection, desk, asked, case, by, approved=False, alone=False)


# --- Parts ---


def _read(connection: Connection, desk: Desk, case_id: str, event: str) -> tuple[Case, Facts, Row]:
    case = store.read_case(connection, case_id)
    facts = read_facts(connection, desk, case, desk.clock.now())
    return case, facts, row(State(case.state), event, case.reason)


def _row_named(case: Case, name: str) -> Row | None:
    """Return the row of a name that leaves the case's state; None: it has moved on."""
    return next(
        (
            one
            for one in TABLE
            if (one.id, one.source) == (name, case.state) and case.reason in one.reasons
        ),
        None,
    )


def _failing(results: Sequence[GuardResult], found: Row, guard: str) -> ClassRule:
    """Return the rule by which a guard may be waived, or raise where it may not."""
    failing = [one.id for one in results if one.status is Status.FAILED]
    if guard not in failing:
        named = ", ".join(failing) or "nothing"
        raise MistakeError(f"{guard} does not refuse the step {found.event}; {named} does.")
    kind = class_of(guard, found.id)
    rule = RULES[kind]
    if kind in (Class.NEVER, Class.DISCLOSE):
        raise RefusedError(f"{guard} is waived by {rule.who}.", results)
    return rule


def _require_role(by: Person, roles: frozenset[Role], what: str) -> None:
    if by.role not in roles:
        allowed = ", ".join(title(role) for role in Role if role in roles)
        raise NotAuthorisedError(
            f"{by.login} ({title(by.role)}) may not {what}. Who may: {allowed}."
        )


def _place(  # noqa: PLR0913  (what an approval is made of)
    scene: Scene,
    facts: Facts,
    found: Row,
    purpose: Purpose,
    *,
    text: str,
    guards: tuple[str, ...] = (),
    code: str = "",
    document: Attachment | None = None,
) -> Approval:
    counsel = any(class_of(guard, found.id) is Class.COUNSEL for guard in guards)
    where = _PRIVILEGED if counsel else "producible"
    said = Attachment(name="ground.txt", media_type="text/plain", content=text.encode())
    results, shown = approvable(found, facts)
    asked = Approval(
        id=scene.desk.ids.identifier(),
        case_id=scene.case.id,
        purpose=purpose,
        row=found.id,
        guards=guards,
        results=tuple(as_json(one) for one in results),
        results_hash=shown,
        code=code,
        doc=keep_document(scene, "approval", said, compartment=where),
        file=None
        if document is None
        else keep_document(scene, "approval", document, compartment=where),
        asked_by=scene.by.login,
        asked_at=scene.now,
    )
    approvals.record_approval(scene.connection, asked)
    _tell(scene, asked, "approval_asked")
    return asked


def _undecided(connection: Connection, desk: Desk, approval_id: str) -> Approval:
    asked = approvals.read_approval(connection, approval_id)
    if asked.approved is not None:
        said = "approved" if asked.approved else "refused"
        raise MistakeError(f"{asked.decided_by} {said} this already.")
    if desk.clock.now() - asked.asked_at > desk.approvals.valid:
        raise RefusedError("This was asked for too long ago; it has to be asked for anew.")
    return asked


def _check_approver(
    connection: Connection, asked: Approval, facts: Facts, by: Person, *, alone: bool
) -> None:
    """Raise unless ``by`` may be the second person for what was asked."""
    roles = _STEP_APPROVERS if asked.purpose is Purpose.STEP else frozenset(Role)
    for guard in asked.guards:
        roles &= RULES[class_of(guard, asked.row)].approves
    _require_role(by, roles, "approve this")
    member = find_member(connection, asked.asked_by)
    if by.role is Role.ADMINISTRATOR and (member is None or member.role is not Role.MANAGER):
        raise NotAuthorisedError(
            f"{by.login} (administrator) approves only what a manager asked for."
        )
    authors = {one.author for one in facts.of("notice_draft", after=facts.since)}
    if asked.purpose is Purpose.STEP and by.login in authors and not alone:
        raise RefusedError(
            f"{by.login} drafted the letter; somebody else approves that it goes out."
        )


def _decide(  # noqa: PLR0913  (what a decision is made of)
    connection: Connection,
    desk: Desk,
    asked: Approval,
    case: Case,
    by: Person,
    *,
    approved: bool,
    alone: bool,
) -> Approval:
    scene = quiet_scene(connection, desk, case, by)
    approvals.record_decision(
        connection, asked.id, by=by.login, at=scene.now, approved=approved, alone=alone
    )
    kind = "approval_given" if approved else "approval_refused"
    _tell(scene, asked, kind, alone=alone)
    append_gathered(scene)
    return approvals.read_approval(connection, asked.id)


def _tell(scene: Scene, asked: Approval, kind: str, *, alone: bool = False) -> None:
    fields: dict[str, JsonValue] = {
        "kind": kind,
        "approval": asked.id,
        "purpose": asked.purpose.value,
        "row": asked.row,
        "shown": asked.results_hash.hex(),
    }
    if asked.guards:
        fields |= {"waive": list[JsonValue](asked.guards), "code": asked.code}
    if alone:
        fields["sole_operator"] = True
    gather(scene, RecordType.CASE, fields)
