"""SQL of retention: overrides, and what decides over accounts."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import (
    accounts,
    case_facts,
    cases,
    contracts,
    customers,
    objects,
    orders,
    records,
    retention_rules,
    sites,
)
from stationd.holds.store import read_holds_on
from stationd.retention.model import DataClass, Override, Rule
from stationd.retention.plan import OF_ACCOUNTS, AccountFacts
from stationd.tombstones.store import has_case_facts, has_records

__all__ = ["read_accounts", "read_facts", "read_overrides", "record_override"]


def record_override(connection: Connection, one: Override) -> None:
    """Add an override; one that was there stays, so that what counted before can be told."""
    connection.execute(
        sa.insert(retention_rules).values(
            id=one.id,
            data_class=one.rule.data_class.value,
            months=one.rule.months,
            jurisdiction=one.jurisdiction,
            dealer_id=one.dealer_id,
            source=one.rule.source,
            author=one.rule.author,
            set_at=iso(one.set_at),
        )
    )


def read_overrides(connection: Connection) -> list[Override]:
    """Return the override in force of each class, jurisdiction and dealer: the last one set."""
    query = sa.select(retention_rules).order_by(retention_rules.c.set_at, retention_rules.c.id)
    newest = {
        (row.data_class, row.jurisdiction, row.dealer_id): row for row in connection.execute(query)
    }
    return [_override(row) for row in newest.values()]


def read_accounts(connection: Connection) -> list[str]:
    """Return the accounts whose record is closed, or purged by now."""
    over = accounts.c.record.in_(["closed", "purged"])
    query = sa.select(accounts.c.acct).where(over)
    return list(connection.execute(query.order_by(accounts.c.acct)).scalars())


def read_facts(connection: Connection, acct: str) -> AccountFacts:
    """Return what decides over an account's data."""
    row = connection.execute(
        sa.select(
            accounts, sites.c.id.label("site_id"), sites.c.jurisdiction, customers.c.dealer_id
        )
        .join(contracts, contracts.c.id == accounts.c.contract_id)
        .join(sites, sites.c.id == contracts.c.site_id)
        .join(customers, customers.c.id == sites.c.customer_id)
        .where(accounts.c.acct == acct)
    ).one()
    # Of whichever kind: a purge waits until nobody orders anything kept or going on.
    held = read_holds_on(connection, acct)
    open_at_site = _open_at(connection, row.site_id)
    return AccountFacts(
        acct=acct,
        record=row.record,
        jurisdiction=row.jurisdiction,
        dealer_id=row.dealer_id or "",
        moments=_moments(connection, acct, row.opened_at),
        holds=[one.id for one in held],
        open_case=acct in open_at_site,
        siblings=[other for other in open_at_site if other != acct],
        lock_until=_lock(connection, acct),
        left=[one for one in OF_ACCOUNTS if _LEFT[one](connection, acct)],
    )


def _open_at(connection: Connection, site_id: str) -> list[str]:
    query = (
        sa.select(cases.c.acct)
        .join(contracts, contracts.c.id == cases.c.contract_id)
        .where(contracts.c.site_id == site_id, cases.c.open_contract_id.is_not(None))
        .order_by(cases.c.acct)
    )
    return list(connection.execute(query).scalars())


def _moments(connection: Connection, acct: str, opened_at: str) -> dict[str, datetime]:
    """Return what the clock may start at; what never was is not among it."""
    of_cases = sa.select(sa.func.max(cases.c.ended_at), sa.func.max(cases.c.closed_at)).where(
        cases.c.acct == acct
    )
    ended, closed = connection.execute(of_cases).one()
    fact = sa.select(sa.func.max(case_facts.c.at)).join(cases, cases.c.id == case_facts.c.case_id)
    found: dict[str, str | None] = {
        "opened": opened_at,
        "last record": _last(connection, acct),
        "last day monitored": ended,
        "case closed": closed,
        "last letter, visit or payment on a case": connection.execute(
            fact.where(cases.c.acct == acct)
        ).scalar(),
    }
    return {name: parse_iso(text) for name, text in found.items() if text is not None}


def _last(connection: Connection, acct: str) -> str | None:
    """Return when the last record of an account came, signals after its end included."""
    query = (
        sa.select(records.c.t)
        .where(records.c.acct == acct)
        .order_by(records.c.epoch.desc(), records.c.seq.desc())
        .limit(1)
    )
    found: str | None = connection.execute(query).scalar()
    return found


def _lock(connection: Connection, acct: str) -> datetime | None:
    query = (
        sa.select(sa.func.max(objects.c.retain_until))
        .join(orders, orders.c.id == objects.c.order_id)
        .where(orders.c.acct == acct, objects.c.mode.is_not(None), objects.c.gone_at.is_(None))
    )
    found: str | None = connection.execute(query).scalar()
    return None if found is None else parse_iso(found)


def _has_files(connection: Connection, acct: str) -> bool:
    """Tell whether any file of an account's bundles is there."""
    query = (
        sa.select(objects.c.file)
        .join(orders, orders.c.id == objects.c.order_id)
        .where(orders.c.acct == acct, objects.c.gone_at.is_(None))
        .limit(1)
    )
    return connection.execute(query).first() is not None


# Whether there is anything of a class still.
_LEFT: Mapping[DataClass, Callable[[Connection, str], bool]] = MappingProxyType(
    {
        DataClass.RECORDS: has_records,
        DataClass.CASES: has_case_facts,
        DataClass.BUNDLES: _has_files,
    }
)


def _override(row: Any) -> Override:  # noqa: ANN401  (a row has the shape of its query)
    rule = Rule(
        data_class=DataClass(row.data_class),
        months=row.months,
        source=row.source,
        author=row.author,
    )
    return Override(
        id=row.id,
        rule=rule,
        jurisdiction=row.jurisdiction,
        dealer_id=row.dealer_id,
        set_at=parse_iso(row.set_at),
    )
