"""What a step does besides moving the case: one function a row, in the step's own transaction.

Each returns fields for the step's ledger record, and the case with what the row changed in it.
Nothing here reaches a network: what must (bundles, locks) is ordered by rows for the worker.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

from archive.canonical import JsonValue
from stationd.accounts.model import RecordState, Service
from stationd.accounts.store import (
    read_account,
    read_contract,
    read_site,
    record_service,
    record_state,
)
from stationd.bundles import store as bundles
from stationd.bundles.model import Kind
from stationd.bundles.service import place
from stationd.cases import store
from stationd.cases.effective import Effective, Inputs, effective
from stationd.cases.facts import notice_fact
from stationd.cases.guards import LOCK_MODE
from stationd.cases.kinds import CHANNELS, notice_kind
from stationd.cases.model import Case, Facts
from stationd.cases.states import State
from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import CheckFailedError
from stationd.holds.service import place_case_hold, release_case_hold
from stationd.ledger.model import RecordDraft
from stationd.schedule.store import cancel_due, record_due
from stationd.staff.model import Person

__all__ = ["CLOSING", "EFFECTS", "EVALUATE", "EXTEND", "Effect", "Scene", "keep_fact"]

EVALUATE = "notice.evaluate"
CLOSING = "bundle.closing"
EXTEND = "lock.extend"

_BEFORE = (timedelta(hours=72), timedelta(hours=24), timedelta(hours=1), timedelta())
_Fields = dict[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a step happens: the open transaction, the case as it leaves the row, who and when.

    ``drafts`` gathers the ledger records of the step; they are appended together at its end, so
    that all chains are locked in one order.
    """

    connection: Connection
    desk: Desk
    case: Case
    facts: Facts
    by: Person
    drafts: list[RecordDraft] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The step's moment."""
        return self.facts.now


Effect = Callable[[Scene], tuple[Case, _Fields]]


def keep_fact(scene: Scene, kind: str, fact: Mapping[str, JsonValue]) -> None:
    """Record a fact that the program itself states."""
    store.record_fact_row(
        scene.connection,
        fact_id=scene.desk.ids.identifier(),
        case_id=scene.case.id,
        kind=kind,
        fact=fact,
        doc=None,
        author=scene.by.login,
        at=scene.now,
    )


def _opened(scene: Scene) -> tuple[Case, _Fields]:
    place_case_hold(scene.desk, scene.connection, scene.case.acct, scene.case.id, by=scene.by)
    return scene.case, {"reason": scene.case.reason.value}


def _held(scene: Scene) -> tuple[Case, _Fields]:
    previous = scene.case.previous_state
    return scene.case, {"previous": previous}


def _returned(scene: Scene) -> tuple[Case, _Fields]:
    """A case that must send its notice again forgets the old one's times."""
    case = scene.case
    if case.state == State.NOTICED or case.effective_at is None:
        return case, {}
    if case.state in (State.DISPUTE_HOLD, State.COLLECTION_HOLD):
        return case, {}
    return replace(case, noticed_at=None, effective_at=None, overdue=False), {"renotice": True}


def _released(scene: Scene) -> tuple[Case, _Fields]:
    release_case_hold(scene.desk, scene.connection, scene.case.id, by=scene.by)
    outcome = f"the case is {scene.case.state}"
    cancel_due(scene.connection, scene.case.id, at=scene.now, outcome=outcome)
    return replace(scene.case, closed_at=scene.now), {}


def _noticed(scene: Scene) -> tuple[Case, _Fields]:
    computed = _effective(scene)
    keep_fact(scene, "effective", computed.as_json())
    case = replace(
        scene.case, noticed_at=computed.inputs.sent_at, effective_at=computed.instant, overdue=False
    )
    account = read_account(scene.connection, case.acct)
    order, draft = place(
        scene.connection,
        scene.desk,
        acct=case.acct,
        epoch=account.epoch,
        kind=Kind.PRIMARY,
        by=scene.by,
        case_id=case.id,
    )
    scene.drafts.append(draft)
    instants = [computed.instant - before for before in _BEFORE]
    due = [moment for moment in instants if moment > scene.now] or [computed.instant]
    record_due(scene.connection, case.id, EVALUATE, due)
    return case, {"effective_at": iso(computed.instant), "order": order}


def _effective(scene: Scene) -> Effective:
    """Return the latest of the instants that the declared notices of this round lead to."""
    rows = store.read_fact_rows(scene.connection, scene.case.id)
    facts = scene.facts
    computed: list[Effective] = []
    for row in rows:
        if row.kind != "notice":
            continue
        notice = notice_fact(row, rows)
        counts = (
            notice.declared
            and notice.kind == notice_kind(facts.reason)
            and (facts.since is None or notice.at >= facts.since)
            and (not facts.methods or notice.channel in facts.methods)
        )
        if counts:
            computed.append(effective(_inputs(scene, row.fact)))
    return max(computed, key=lambda one: one.instant)


def _inputs(scene: Scene, notice: Mapping[str, str]) -> Inputs:
    contract = read_contract(scene.connection, scene.case.contract_id)
    site = read_site(scene.connection, contract.site_id)
    policies = scene.desk.policies
    clause = contract.terms.get("clause_date")
    return Inputs(
        sent_at=parse_iso(notice["sent_at"]),
        zone=site.zone,
        notice_days=contract.notice_days,
        mail_allowance=policies.mail_allowance if CHANNELS[notice["channel"]] else timedelta(),
        cure_days=contract.cure_days,
        clause=date.fromisoformat(clause) if isinstance(clause, str) else None,
        requested=date.fromisoformat(notice["ends_on"]) if notice.get("ends_on") else None,
        roll=policies.effective_roll,
        hour=policies.effective_hour,
    )


def _ended(scene: Scene) -> tuple[Case, _Fields]:
    case = replace(scene.case, ended_at=scene.now, overdue=False)
    record_service(scene.connection, case.acct, Service.ENDED)
    cancel_due(scene.connection, case.id, at=scene.now, outcome="service has ended")
    due = scene.now + scene.desk.policies.late_buffer
    record_due(scene.connection, case.id, CLOSING, [due])
    return case, {"ended_at": iso(scene.now), "closing_due_at": iso(due)}


def _overdue(scene: Scene) -> tuple[Case, _Fields]:
    return replace(scene.case, overdue=True), {}


def _closed(scene: Scene) -> tuple[Case, _Fields]:
    closing = bundles.find_order(scene.connection, scene.case.id, Kind.CLOSING)
    assert closing is not None  # noqa: S101  (G11 has passed)
    held = bundles.read_objects(scene.connection, closing.id)
    dates = [one.retain_until for one in held if one.retain_until is not None]
    if not dates or len(dates) != len(held) or any(one.mode != LOCK_MODE for one in held):
        msg = "The closing bundle's objects are not all locked, though G11 has passed."
        raise CheckFailedError(msg)
    retain_until = min(dates)
    keep_fact(
        scene,
        "retention",
        {"retain_until": iso(retain_until), "order": closing.id, "rule": "archive.retention"},
    )
    record_state(scene.connection, scene.case.acct, RecordState.CLOSED)
    case, _ = _released(scene)
    record_due(scene.connection, case.id, EXTEND, [scene.now])
    return case, {"order": closing.id, "retain_until": iso(retain_until)}


EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "T1": _opened,
        "T6": _held,
        "T7": _returned,
        "T8": _held,
        "T9": _returned,
        "T10": _released,
        "T11": _released,
        "T12": _noticed,
        "T14": _ended,
        "T15": _overdue,
        "T17": _closed,
    }
)
