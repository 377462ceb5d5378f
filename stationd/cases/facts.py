"""The facts that guards see, read in the transaction of the step that they decide."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from stationd.accounts.model import Account, Contract, Site
from stationd.accounts.store import read_account, read_contract, read_site
from stationd.approvals.store import read_approvals
from stationd.approvals.two_persons import may_be_alone
from stationd.audit.store import read_mismatches
from stationd.billing.standing import statement
from stationd.billing.store import read_lines
from stationd.bundles import store as bundles
from stationd.bundles.model import Kind, Order
from stationd.cases import store
from stationd.cases.effective import effective
from stationd.cases.model import (
    AccountFact,
    AlarmFact,
    BillingFact,
    BundleFact,
    Case,
    ChainFact,
    ContractFact,
    Facts,
    MismatchFact,
    NodeFact,
    NoticeFact,
    ObjectFact,
    Reason,
    StepTaken,
)
from stationd.cases.periods import inputs
from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.ledger.store import read_head
from stationd.letters.store import read_forms
from stationd.signals.store import read_unsettled
from stationd.staff.model import Role
from stationd.staff.store import count_enabled

__all__ = [
    "account_fact",
    "billing_fact",
    "closing_epoch",
    "contract_fact",
    "notice_fact",
    "read_facts",
]

# Rows after which a notice must be sent anew.
_MADE_READY = frozenset({"T4", "T5", "T9"})


def read_facts(connection: Connection, desk: Desk, case: Case, now: datetime) -> Facts:
    """Return the facts about a case; the caller's transaction keeps them true."""
    history = store.read_history(connection, case.id)
    noticed = _noticed_versions(history)
    rows = store.read_fact_rows(connection, case.id)
    orders = bundles.read_orders(connection, acct=case.acct)
    own = [order for order in orders if order.case_id == case.id]
    account = read_account(connection, case.acct)
    contract = read_contract(connection, case.contract_id)
    site = read_site(connection, contract.site_id)
    return Facts(
        now=now,
        reason=case.reason,
        state=case.state,
        opened_at=case.opened_at,
        opened_by=case.opened_by,
        entered_at=_entered(history),
        contacting_since=_first(history, "T3"),
        since=_ready_since(history),
        noticed_since=_first(history, "T12"),
        noticed_version=noticed[0],
        renoticed_version=noticed[-1],
        recorded=tuple(row.recorded for row in rows),
        notices=tuple(notice_fact(row, rows) for row in rows if row.kind == "notice"),
        methods=_methods(contract),
        contract=contract_fact(contract),
        account=account_fact(account, site),
        billing=billing_fact(connection, contract, site, now),
        ladder=_ladder(desk, contract, case.reason, rows),
        forms=tuple(read_forms(connection)),
        approvals=tuple(read_approvals(connection, case_id=case.id)),
        approval_valid=desk.approvals.valid,
        alone=may_be_alone(desk.approvals, count_enabled(connection, Role.MANAGER)),
        sole_wait=desk.approvals.sole_wait,
        told_systems=frozenset(desk.policies.authority_systems),
        alarm=_alarm(connection, case.acct, now - desk.policies.alarm_settles),
        on_test_until=_on_test(account),
        projected=_projected(desk, contract, site, now),
        effective_at=case.effective_at,
        ended_at=case.ended_at,
        late_buffer=desk.policies.late_buffer,
        verified_within=desk.policies.verified_within,
        holds=store.read_holds(connection, case),
        bundles=tuple(_bundle(connection, order) for order in own),
        stored=tuple(
            _bundle(connection, order) for order in orders if order.state.value != "failed"
        ),
        chain=_chain(connection, case, own),
        mismatches=_mismatches(connection, case),
        nodes=_nodes(rows),
    )


def _mismatches(connection: Connection, case: Case) -> tuple[MismatchFact, ...]:
    return tuple(
        MismatchFact(id=one.id, text=one.fault.text, found_at=one.found_at)
        for one in read_mismatches(connection, acct=case.acct)
    )


def contract_fact(contract: Contract) -> ContractFact:
    """Return what guards see of a contract."""
    return ContractFact(
        number=contract.number,
        party=contract.party,
        standing=contract.standing,
        terms=contract.terms,
    )


def account_fact(account: Account, site: Site) -> AccountFact:
    """Return what guards see of an account and its site."""
    return AccountFact(
        service=account.service,
        zone=site.zone,
        jurisdiction=site.jurisdiction,
        details=account.details,
    )


def billing_fact(
    connection: Connection, contract: Contract, site: Site, now: datetime
) -> BillingFact | None:
    """Return what guards see of a contract's billing lines; None: it has none."""
    lines = read_lines(connection, contract.id)
    if not lines:
        return None
    stands = statement(lines, now.astimezone(ZoneInfo(site.zone)).date())
    return BillingFact(
        balance=stands.balance,
        overdue=stands.overdue,
        days_past_due=stands.days_past_due,
        currency=stands.currency,
        oldest_due=stands.oldest_due,
        paid_through=stands.paid_through,
    )


def _ladder(
    desk: Desk, contract: Contract, reason: Reason, rows: list[store.StoredFact]
) -> tuple[str, ...]:
    """Return the steps that the customer has to be contacted by: as kept, else as in force."""
    kept = [row for row in rows if row.kind == "ladder"]
    if kept:
        return tuple(step["name"] for step in kept[-1].fact["steps"])
    _, steps = desk.ladder.for_reason(reason)
    return tuple(
        step.name
        for step in steps
        if step.needs_term is None or contract.terms.get(step.needs_term)
    )


def _alarm(connection: Connection, acct: str, since: datetime) -> AlarmFact | None:
    found = read_unsettled(connection, acct, iso(since))
    return None if found is None else AlarmFact(received_at=parse_iso(found[0]), name=found[1])


def _on_test(account: Account) -> datetime | None:
    until = account.details.get("on_test_until")
    return parse_iso(until) if isinstance(until, str) else None


def _projected(desk: Desk, contract: Contract, site: Site, now: datetime) -> datetime:
    """Return when service would end if the notice went out now, by hand."""
    given = inputs(contract, site, desk.policies, sent_at=now, mail=timedelta())
    return effective(given).instant


def closing_epoch(connection: Connection, case_id: str) -> int | None:
    """Return the epoch that a case closed; None: its chain is still open."""
    order = bundles.find_order(connection, case_id, Kind.CLOSING)
    return None if order is None else order.epoch


def notice_fact(row: store.StoredFact, rows: list[store.StoredFact]) -> NoticeFact:
    """Return what guards see of a notice; a declaration may have been recorded later."""
    declared = bool(row.fact.get("declaration")) or any(
        other.kind == "declaration" and other.fact["notice"] == row.id for other in rows
    )
    return NoticeFact(
        id=row.id,
        kind=row.fact["kind"],
        channel=row.fact["channel"],
        sent_at=parse_iso(row.fact["sent_at"]),
        at=row.at,
        declared=declared,
        sha256=row.fact.get("sha256", ""),
    )


def _entered(history: tuple[StepTaken, ...]) -> datetime | None:
    """Return when the case came into the state it is in."""
    changes = [taken.at for taken in history if taken.from_state != taken.to_state]
    return changes[-1] if changes else None


def _ready_since(history: tuple[StepTaken, ...]) -> datetime | None:
    ready = [
        taken.at
        for taken in history
        if taken.row in _MADE_READY and taken.to_state == "ready_for_notice"
    ]
    return ready[-1] if ready else None


def _first(history: tuple[StepTaken, ...], row: str) -> datetime | None:
    return next((taken.at for taken in history if taken.row == row), None)


def _noticed_versions(history: tuple[StepTaken, ...]) -> list[int]:
    """Return the case's versions by each notice step; of none 0."""
    return [taken.version for taken in history if taken.row == "T12"] or [0]


def _methods(contract: Contract) -> tuple[str, ...]:
    named = contract.terms.get("notice_methods")
    return tuple(str(method) for method in named) if isinstance(named, list) else ()


def _bundle(connection: Connection, order: Order) -> BundleFact:
    return BundleFact(
        order_id=order.id,
        kind=order.kind.value,
        state=order.state.value,
        epoch=order.epoch,
        records=order.records,
        retain_until=order.retain_until,
        verified_at=order.verified_at,
        why=order.why,
        objects=tuple(
            ObjectFact(
                file=held.file,
                version_id=held.version_id,
                mode=held.mode,
                retain_until=held.retain_until,
                legal_hold=held.legal_hold,
                verified_at=held.verified_at,
            )
            for held in bundles.read_objects(connection, order.id)
        ),
    )


def _chain(connection: Connection, case: Case, own: list[Order]) -> ChainFact | None:
    closing = next((order for order in own if order.kind is Kind.CLOSING), None)
    if closing is None:
        return None
    head = read_head(connection, case.acct, closing.epoch)
    first, last = store.read_ends(connection, case.acct, closing.epoch, head.size)
    return ChainFact(epoch=closing.epoch, size=head.size, first=first, last=last)


def _nodes(rows: list[store.StoredFact]) -> tuple[NodeFact, ...]:
    told = [row for row in rows if row.kind == "followed"]
    if not told:
        return (NodeFact(journal="", node="every node", followed_at=None),)
    return tuple(
        NodeFact(
            journal=node["journal"], node=node["node"], followed_at=parse_iso(node["followed_at"])
        )
        for node in told[-1].fact["journals"]
    )
