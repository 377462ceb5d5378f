"""SQL of the standing board.

First the rows are found: by what they are filtered and sorted by, and nothing else.  What they show
is read for those alone, so a board of a hundred thousand contracts is no slower than its filter.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from stationd.accounts.model import RecordState
from stationd.board.model import NO_BUNDLE, NO_CASE, Asked, Sort
from stationd.clock import iso
from stationd.db.engine import Connection, slices
from stationd.db.schema import (
    accounts,
    billing_balances,
    cases,
    contact_tasks,
    contracts,
    customers,
    dealers,
    due_steps,
    orders,
    sites,
)

__all__ = ["find", "read_rows", "read_terms", "read_zones", "record_renewals"]

Days = Mapping[str, date]
"""Which day it is in each zone."""


def read_zones(connection: Connection) -> list[str]:
    """Return the time zones of all sites."""
    return list(connection.execute(sa.select(sites.c.zone).distinct()).scalars())


def find(connection: Connection, asked: Asked, days: Days, now: datetime) -> list[str]:
    """Return the contracts of the wanted rows, sorted: one more than wanted, if there are more."""
    query = (
        sa.select(contracts.c.id)
        .select_from(_tables(asked))
        .where(accounts.c.record == RecordState.OPEN.value, *_wanted(asked, days, now))
        .order_by(*_sorted(asked.sort), accounts.c.acct)
        .limit(asked.limit + 1)
    )
    return list(connection.execute(query).scalars())


def _tables(asked: Asked) -> sa.FromClause:
    """Return what is joined; what nothing is asked of is left out."""
    joined: sa.FromClause = accounts.join(contracts, contracts.c.id == accounts.c.contract_id)
    joined = joined.join(sites, sites.c.id == contracts.c.site_id)
    owed = billing_balances.c.contract_id == contracts.c.id
    if asked.over is not None:
        joined = joined.join(billing_balances, owed)
    elif asked.sort in {Sort.DAYS, Sort.BALANCE}:
        joined = joined.outerjoin(billing_balances, owed)
    if asked.dealer:
        joined = joined.join(customers, customers.c.id == sites.c.customer_id)
        joined = joined.join(dealers, dealers.c.id == customers.c.dealer_id)
    worked = cases.c.open_contract_id == contracts.c.id
    if asked.due or asked.state not in {"", NO_CASE}:
        joined = joined.join(cases, worked)
    elif asked.state or asked.sort is Sort.NEXT:
        joined = joined.outerjoin(cases, worked)
    if asked.due or asked.sort is Sort.NEXT:
        joined = joined.outerjoin(contact_tasks, contact_tasks.c.case_id == cases.c.id)
    return joined


def _wanted(asked: Asked, days: Days, now: datetime) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if asked.state:
        wanted.append(
            cases.c.id.is_(None) if asked.state == NO_CASE else cases.c.state == asked.state
        )
    if asked.standing is not None:
        wanted.append(contracts.c.standing == asked.standing.value)
    if asked.over is not None:
        wanted.append(billing_balances.c.oldest_due < _shifted(days, -asked.over))
    if asked.tier:
        wanted.append(contracts.c.tier == asked.tier)
    if asked.dealer:
        wanted.append(dealers.c.name == asked.dealer)
    if asked.renews_within is not None:
        # The daily round has moved on those whose day is over.
        wanted.append(
            contracts.c.renews_on.between(_shifted(days, 0), _shifted(days, asked.renews_within))
        )
    if asked.due:
        wanted.append(_next_due() <= iso(now))
    if asked.bundle == NO_BUNDLE:
        wanted.append(_bundle().is_(None))
    elif asked.bundle:
        wanted.append(_bundle() == asked.bundle)
    return wanted


def _sorted(sort: Sort) -> list[sa.ColumnElement[Any]]:
    match sort:
        case Sort.DAYS:
            return [billing_balances.c.oldest_due.is_(None), billing_balances.c.oldest_due]
        case Sort.BALANCE:
            balance = billing_balances.c.balance
            return [balance.is_(None), balance.desc()]
        case Sort.RENEWAL:
            return [contracts.c.renews_on.is_(None), contracts.c.renews_on]
        case Sort.NEXT:
            return [_next_due().is_(None), _next_due()]
        case Sort.ACCOUNT:
            return []


def _shifted(days: Days, by: int) -> sa.ColumnElement[str]:
    """Return the day that is ``by`` days from today at the row's site."""
    zones: dict[str, list[str]] = {}
    for zone, day in days.items():
        zones.setdefault((day + timedelta(days=by)).isoformat(), []).append(zone)
    if len(zones) <= 1:
        return sa.literal(next(iter(zones), ""))
    return sa.case(*((sites.c.zone.in_(named), sa.literal(day)) for day, named in zones.items()))


def _next_due() -> sa.ColumnElement[str]:
    """Return when a case is due next: its contact, or what the worker looks at."""
    first = _first_due()
    task = contact_tasks.c.due_at
    return sa.case(
        (first.is_(None), task), (task.is_(None), first), (task <= first, task), else_=first
    )


def _first_due() -> sa.ScalarSelect[str]:
    return (
        sa.select(sa.func.min(due_steps.c.due_at))
        .where(due_steps.c.case_id == cases.c.id, due_steps.c.done_at.is_(None))
        .correlate(cases)
        .scalar_subquery()
    )


def _bundle() -> sa.ScalarSelect[str]:
    """Return the state of the bundle that was ordered last."""
    return (
        sa.select(orders.c.state)
        .where(orders.c.acct == accounts.c.acct)
        .order_by(orders.c.ordered_at.desc(), orders.c.id.desc())
        .limit(1)
        .correlate(accounts)
        .scalar_subquery()
    )


def read_rows(connection: Connection, contract_ids: Sequence[str]) -> dict[str, Any]:
    """Return what the board shows of some contracts, by contract."""
    query = (
        sa.select(
            contracts.c.id,
            contracts.c.number,
            contracts.c.standing,
            contracts.c.terms,
            contracts.c.tier,
            accounts.c.acct,
            accounts.c.service,
            sites.c.name.label("site"),
            sites.c.zone,
            customers.c.name.label("customer"),
            dealers.c.name.label("dealer"),
            billing_balances.c.balance,
            billing_balances.c.overdue,
            billing_balances.c.currency,
            billing_balances.c.oldest_due,
            cases.c.id.label("case_id"),
            cases.c.state,
            cases.c.overdue.label("case_overdue"),
            contact_tasks.c.title,
            contact_tasks.c.due_at.label("task_due"),
            _first_due().label("first_due"),
            _bundle().label("bundle"),
        )
        .select_from(accounts)
        .join(contracts, contracts.c.id == accounts.c.contract_id)
        .join(sites, sites.c.id == contracts.c.site_id)
        .join(customers, customers.c.id == sites.c.customer_id)
        .outerjoin(dealers, dealers.c.id == customers.c.dealer_id)
        .outerjoin(billing_balances, billing_balances.c.contract_id == contracts.c.id)
        .outerjoin(cases, cases.c.open_contract_id == contracts.c.id)
        .outerjoin(contact_tasks, contact_tasks.c.case_id == cases.c.id)
    )
    return {
        row.id: row
        for part in slices(contract_ids)
        for row in connection.execute(query.where(contracts.c.id.in_(part)))
    }


# --- Renewals ---


def read_terms(
    connection: Connection, *, after: str, limit: int
) -> list[tuple[str, str, str | None, dict[str, Any]]]:
    """Return id, zone, kept renewal and terms of contracts, in the order of their ids."""
    query = (
        sa.select(contracts.c.id, sites.c.zone, contracts.c.renews_on, contracts.c.terms)
        .join(sites, sites.c.id == contracts.c.site_id)
        .where(contracts.c.id > after)
        .order_by(contracts.c.id)
        .limit(limit)
    )
    return [
        (row.id, row.zone, row.renews_on, json.loads(row.terms))
        for row in connection.execute(query)
    ]


def record_renewals(connection: Connection, changed: Mapping[str, str | None]) -> None:
    """Keep the next renewals of contracts."""
    if changed:
        connection.execute(
            sa.update(contracts)
            .where(contracts.c.id == sa.bindparam("key"))
            .values(renews_on=sa.bindparam("day")),
            [{"key": key, "day": day} for key, day in changed.items()],
        )
