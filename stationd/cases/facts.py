"""The facts that guards see, read in the transaction of the step that they decide."""

from datetime import datetime

from stationd.accounts.store import read_contract
from stationd.audit.store import read_mismatches
from stationd.bundles import store as bundles
from stationd.bundles.model import Kind, Order
from stationd.cases import store
from stationd.cases.model import (
    BundleFact,
    Case,
    ChainFact,
    Facts,
    MismatchFact,
    NodeFact,
    NoticeFact,
    ObjectFact,
    StepTaken,
)
from stationd.clock import parse_iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.ledger.store import read_head

__all__ = ["closing_epoch", "notice_fact", "read_facts"]

# Rows after which a notice must be sent anew.
_MADE_READY = frozenset({"T4", "T5", "T9"})


def read_facts(connection: Connection, desk: Desk, case: Case, now: datetime) -> Facts:
    """Return the facts about a case; the caller's transaction keeps them true."""
    history = store.read_history(connection, case.id)
    rows = store.read_fact_rows(connection, case.id)
    orders = bundles.read_orders(connection, acct=case.acct)
    own = [order for order in orders if order.case_id == case.id]
    return Facts(
        now=now,
        reason=case.reason,
        entered_at=_entered(history),
        since=_ready_since(history),
        recorded=tuple(row.recorded for row in rows),
        notices=tuple(notice_fact(row, rows) for row in rows if row.kind == "notice"),
        methods=_methods(connection, case),
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
        mismatches=tuple(
            MismatchFact(id=one.id, text=one.fault.text, found_at=one.found_at)
            for one in read_mismatches(connection, acct=case.acct)
        ),
        nodes=_nodes(rows),
    )


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


def _methods(connection: Connection, case: Case) -> tuple[str, ...]:
    named = read_contract(connection, case.contract_id).terms.get("notice_methods")
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
