"""What a step does besides moving the case: one function a row, in the step's own transaction.

Each returns fields for the step's ledger record, and the case with what the row changed in it.
Nothing here reaches a network: what must (bundles, locks) is ordered by rows for the worker.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from archive.canonical import JsonValue
from stationd.accounts.model import RecordState, Service, Standing
from stationd.accounts.records import store_facts
from stationd.accounts.service import facts as account_facts
from stationd.accounts.store import (
    read_account,
    read_contract,
    read_site,
    read_transmitters,
    record_quarantine,
    record_service,
    record_standing,
    record_state,
)
from stationd.billing.standing import statement, statement_json
from stationd.billing.store import read_lines
from stationd.bundles import store as bundles
from stationd.bundles.model import Kind
from stationd.bundles.service import place
from stationd.cases import store
from stationd.cases.effective import Effective, effective
from stationd.cases.facts import notice_fact
from stationd.cases.kinds import CHANNELS
from stationd.cases.model import Case, Facts
from stationd.cases.notices import of_this_round
from stationd.cases.periods import inputs
from stationd.cases.proofs import LOCK_MODE
from stationd.cases.reasons import RULES
from stationd.cases.reviewing import COLLECTION, DISPUTE, FIRST, POLL, TAIL
from stationd.cases.states import State
from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import CheckFailedError
from stationd.gaps.service import read_account_gaps
from stationd.holds.service import place_case_hold, release_case_hold
from stationd.ledger.model import RecordDraft
from stationd.ledger.store import read_head
from stationd.schedule.store import cancel_due, record_due
from stationd.staff.model import Person
from stationd.tasks.store import settle

__all__ = [
    "CLOSING",
    "EFFECTS",
    "EVALUATE",
    "EXTEND",
    "REPORT",
    "SECOND_NOTICE",
    "TELL_AUTHORITY",
    "Effect",
    "Scene",
    "evaluations",
    "keep_fact",
]

EVALUATE = "notice.evaluate"
CLOSING = "bundle.closing"
EXTEND = "lock.extend"
REPORT = "dispute.report"
TELL_AUTHORITY = "letter.authority"
SECOND_NOTICE = "letter.second"

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


def _stand(scene: Scene, standing: Standing) -> None:
    """Set how the contract stands; a bankruptcy stay is lifted by its end alone."""
    contract = read_contract(scene.connection, scene.case.contract_id)
    stays = contract.standing is Standing.BANKRUPTCY_STAY and standing is not Standing.ENDED
    if not stays:
        record_standing(scene.connection, contract.id, standing)


def _opened(scene: Scene) -> tuple[Case, _Fields]:
    """Hold the records, and keep what there was: facts of the account, size, gaps, vendors."""
    acct = scene.case.acct
    place_case_hold(scene.desk, scene.connection, acct, scene.case.id, by=scene.by)
    known = {**account_facts(scene.connection, acct), "billing": _billing(scene)}
    doc = store_facts(scene.desk, scene.connection, known)
    keep_fact(scene, "snapshot", {"doc": doc.hex()})
    account = read_account(scene.connection, acct)
    vendors = account.details.get("vendors")
    preflight: _Fields = {
        "epoch": account.epoch,
        "records": read_head(scene.connection, acct, account.epoch).size,
        "gaps": len(read_account_gaps(scene.connection, acct)),
        "vendors": vendors if isinstance(vendors, list) else [],
    }
    keep_fact(scene, "preflight", preflight)
    counted = {name: preflight[name] for name in ("records", "gaps")}
    return scene.case, {"reason": scene.case.reason.value, "doc": doc.hex(), "there": counted}


def _billing(scene: Scene) -> JsonValue:
    """Return the contract's billing as it stands at the site today; None: it has no lines."""
    contract = read_contract(scene.connection, scene.case.contract_id)
    site = read_site(scene.connection, contract.site_id)
    lines = read_lines(scene.connection, contract.id)
    today = scene.now.astimezone(ZoneInfo(site.zone)).date()
    return statement_json(statement(lines, today)) if lines else None


def _contacting(scene: Scene) -> tuple[Case, _Fields]:
    """Keep the ladder as it is today: a later one is not this case's."""
    version, ladder = scene.desk.ladder.for_reason(scene.case.reason)
    terms = read_contract(scene.connection, scene.case.contract_id).terms
    steps: list[JsonValue] = [
        {
            "name": step.name,
            "title": step.title,
            "way": step.way,
            "after_s": step.after // timedelta(seconds=1),
        }
        for step in ladder
        if step.needs_term is None or terms.get(step.needs_term)
    ]
    keep_fact(scene, "ladder", {"version": version, "steps": steps})
    _stand(scene, Standing.IN_DEFAULT)
    return scene.case, {"ladder": version}


def _comes_round(scene: Scene, job: str) -> None:
    """Note when a job of `stationd.cases.reviewing` is due first."""
    record_due(scene.connection, scene.case.id, job, [scene.now + FIRST[job]])


def _disputed(scene: Scene) -> tuple[Case, _Fields]:
    _stand(scene, Standing.DISPUTED)
    _comes_round(scene, DISPUTE)
    record_due(scene.connection, scene.case.id, REPORT, [scene.now])
    return scene.case, {"previous": scene.case.previous_state}


def _referred(scene: Scene) -> tuple[Case, _Fields]:
    _stand(scene, Standing.IN_COLLECTION)
    _comes_round(scene, COLLECTION)
    return scene.case, {"previous": scene.case.previous_state}


def _returned(scene: Scene) -> tuple[Case, _Fields]:
    """A case that must send its notice again forgets the old one's times."""
    case = scene.case
    settle(scene.connection, case.id, at=scene.now, outcome=f"the case is {case.state}")
    _stand(scene, _standing_of(case))
    if case.state == State.NOTICED or case.effective_at is None:
        return case, {}
    if case.state in (State.DISPUTE_HOLD, State.COLLECTION_HOLD):
        return case, {}
    cancel_due(scene.connection, case.id, at=scene.now, outcome="the notice has to be sent anew")
    return replace(case, noticed_at=None, effective_at=None, overdue=False), {"renotice": True}


def _standing_of(case: Case) -> Standing:
    """Return how a contract stands once a hold of its case is over."""
    if case.state == State.COLLECTION_HOLD:
        return Standing.IN_COLLECTION
    if case.state == State.DISPUTE_HOLD:
        return Standing.DISPUTED
    return Standing.IN_DEFAULT if RULES[case.reason].ladder else Standing.CURRENT


def _cured(scene: Scene) -> tuple[Case, _Fields]:
    _stand(scene, Standing.CURRENT)
    return _released(scene)


def _released(scene: Scene) -> tuple[Case, _Fields]:
    release_case_hold(scene.desk, scene.connection, scene.case.id, by=scene.by)
    outcome = f"the case is {scene.case.state}"
    cancel_due(scene.connection, scene.case.id, at=scene.now, outcome=outcome)
    settle(scene.connection, scene.case.id, at=scene.now, outcome=outcome)
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
    record_due(scene.connection, case.id, EVALUATE, evaluations(computed.instant, scene.now))
    if scene.facts.newest("authority_draft", after=scene.facts.since) is not None:
        record_due(scene.connection, case.id, TELL_AUTHORITY, [scene.now])
    _comes_round(scene, POLL)
    return case, {"effective_at": iso(computed.instant), "order": order}


def evaluations(instant: datetime, now: datetime) -> list[datetime]:
    """Return when a case is looked at before service ends at ``instant``, and at it."""
    instants = [instant - before for before in _BEFORE]
    return [moment for moment in instants if moment > now] or [instant]


def _effective(scene: Scene) -> Effective:
    """Return the latest of the instants that the declared notices of this round lead to."""
    rows = store.read_fact_rows(scene.connection, scene.case.id)
    facts = scene.facts
    kind = RULES[facts.reason].notice
    if kind is None:
        return _computed(scene, sent_at=scene.now, mail=timedelta(), requested=None)
    computed: list[Effective] = []
    for row in rows:
        if row.kind != "notice":
            continue
        notice = notice_fact(row, rows)
        counts = (
            notice.declared
            and of_this_round(notice, kind, facts)
            and (not facts.methods or notice.channel in facts.methods)
        )
        if counts:
            asked = row.fact.get("ends_on")
            one = _computed(
                scene,
                sent_at=parse_iso(row.fact["sent_at"]),
                mail=_mail(scene, notice.channel),
                requested=date.fromisoformat(asked) if asked else None,
            )
            computed.append(_as_stated(one, row.fact.get("stated_at")))
    return max(computed, key=lambda one: one.instant)


def _as_stated(computed: Effective, stated: str | None) -> Effective:
    """Return the instant that a letter tells, which may be later than the one it leads to."""
    if stated is None:
        return computed
    told = parse_iso(stated)
    bounds = {**computed.bounds, "stated": told}
    return replace(computed, instant=max(computed.instant, told), bounds=bounds)


def _mail(scene: Scene, channel: str) -> timedelta:
    return scene.desk.policies.mail_allowance if CHANNELS[channel] else timedelta()


def _computed(
    scene: Scene, *, sent_at: datetime, mail: timedelta, requested: date | None
) -> Effective:
    contract = read_contract(scene.connection, scene.case.contract_id)
    site = read_site(scene.connection, contract.site_id)
    given = inputs(
        contract, site, scene.desk.policies, sent_at=sent_at, mail=mail, requested=requested
    )
    return effective(given)


def _ended(scene: Scene) -> tuple[Case, _Fields]:
    case = replace(scene.case, ended_at=scene.now, overdue=False)
    record_service(scene.connection, case.acct, Service.ENDED)
    _stand(scene, Standing.ENDED)
    cancel_due(scene.connection, case.id, at=scene.now, outcome="service has ended")
    settle(scene.connection, case.id, at=scene.now, outcome="service has ended")
    due = scene.now + scene.desk.policies.late_buffer
    record_due(scene.connection, case.id, CLOSING, [due])
    record_due(scene.connection, case.id, SECOND_NOTICE, [scene.now])
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
    _quarantine(scene)
    case, _ = _released(scene)
    record_due(scene.connection, case.id, EXTEND, [scene.now])
    _comes_round(scene, TAIL)
    return case, {"order": closing.id, "retain_until": iso(retain_until)}


def _purged(scene: Scene) -> tuple[Case, _Fields]:
    """Only the purge procedure comes here: it has marked the record in the same transaction."""
    if read_account(scene.connection, scene.case.acct).record is not RecordState.PURGED:
        raise CheckFailedError(f"The record of {scene.case.acct} was not purged; nothing is told.")
    return scene.case, {}


def _quarantine(scene: Scene) -> None:
    """Keep the account's numbers from others for a while: what still comes is of this account."""
    until = scene.now + scene.desk.policies.quarantine
    numbers: list[JsonValue] = []
    for one in read_transmitters(scene.connection, scene.case.acct):
        record_quarantine(scene.connection, one.id, until)
        numbers.append({"group": one.group, "number": one.number})
    if numbers:
        keep_fact(scene, "quarantine", {"numbers": numbers, "until": iso(until)})


EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "T1": _opened,
        "T3": _contacting,
        "T6": _disputed,
        "T7": _returned,
        "T8": _referred,
        "T9": _returned,
        "T10": _cured,
        "T11": _released,
        "T12": _noticed,
        "T14": _ended,
        "T15": _overdue,
        "T17": _closed,
        "T19": _purged,
    }
)
