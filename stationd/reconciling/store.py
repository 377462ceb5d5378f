"""SQL of lists of the automation platform, and of accounts that went from it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stationd.accounts.model import RecordState, Service
from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection, inserting, storable
from stationd.db.schema import (
    accounts,
    cases,
    contracts,
    customers,
    list_findings,
    platform_lists,
    sites,
    transmitter_links,
    transmitters,
    vanished,
)
from stationd.reconciling.model import Finding, Ours, PlatformList

__all__ = [
    "end_vanished",
    "quarantine",
    "read_last",
    "read_ours",
    "read_vanished",
    "record_findings",
    "record_list",
    "record_vanished",
]


def read_ours(connection: Connection, now: datetime) -> list[Ours]:
    """Return our accounts as a list should have them, by number.

    One is expected there while it is served and no case is on its contract; ended accounts and
    closed records are known, so that their numbers are.
    """
    numbers = _numbers(connection, now)
    on_case = sa.select(cases.c.open_contract_id).where(cases.c.open_contract_id.is_not(None))
    served = (Service.ACTIVE.value, Service.SUSPENDED.value)
    query = (
        sa.select(
            accounts.c.acct,
            customers.c.name,
            accounts.c.record,
            accounts.c.opened_at,
            sa.and_(
                accounts.c.service.in_(served),
                accounts.c.record == RecordState.OPEN.value,
                accounts.c.contract_id.not_in(on_case),
            ).label("expected"),
        )
        .join(contracts, contracts.c.id == accounts.c.contract_id)
        .join(sites, sites.c.id == contracts.c.site_id)
        .join(customers, customers.c.id == sites.c.customer_id)
        .order_by(accounts.c.acct)
    )
    return [
        Ours(
            acct=row.acct,
            customer=row.name,
            expected=bool(row.expected),
            closed=row.record != RecordState.OPEN.value,
            opened_at=parse_iso(row.opened_at),
            numbers=tuple(numbers.get(row.acct, ())),
        )
        for row in connection.execute(query)
    ]


def _numbers(connection: Connection, now: datetime) -> dict[str, list[tuple[str, str]]]:
    """Return the numbers that are an account's now, or in quarantine for it."""
    lasts = sa.or_(
        transmitter_links.c.valid_to.is_(None),
        transmitter_links.c.valid_to > iso(now),
        transmitters.c.quarantined_until > iso(now),
    )
    query = (
        sa.select(transmitter_links.c.acct, transmitters.c.receiver_group, transmitters.c.number)
        .join(transmitters, transmitters.c.id == transmitter_links.c.transmitter_id)
        .where(lasts, transmitter_links.c.valid_from <= iso(now))
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.acct, []).append((row.receiver_group, row.number))
    return found


def quarantine(connection: Connection, acct: str, until: datetime) -> None:
    """Keep the numbers of an account from others until then, if they are not for longer."""
    ids = sa.select(transmitter_links.c.transmitter_id).where(transmitter_links.c.acct == acct)
    shorter = sa.or_(
        transmitters.c.quarantined_until.is_(None), transmitters.c.quarantined_until < iso(until)
    )
    connection.execute(
        sa.update(transmitters)
        .where(transmitters.c.id.in_(ids), shorter)
        .values(quarantined_until=iso(until))
    )


def read_vanished(connection: Connection) -> set[str]:
    """Return the accounts that are known to be gone."""
    query = sa.select(vanished.c.acct).where(vanished.c.ended_at.is_(None))
    return set(connection.execute(query).scalars())


def record_vanished(
    connection: Connection, acct: str, *, list_id: str, order_id: str | None, at: datetime
) -> None:
    """Note that an account is gone, and the bundle that was ordered."""
    connection.execute(
        sa.insert(vanished).values(acct=acct, gone_at=iso(at), list_id=list_id, order_id=order_id)
    )


def end_vanished(connection: Connection, accts: Iterable[str], at: datetime) -> None:
    """Note of accounts that they are no longer gone without a reason."""
    for acct in accts:
        connection.execute(
            sa.update(vanished)
            .where(vanished.c.acct == acct, vanished.c.ended_at.is_(None))
            .values(ended_at=iso(at))
        )


def record_list(connection: Connection, one: PlatformList) -> None:
    """Add a list, or write what became of it."""
    values = {"state": one.state, "said": storable(one.said), "accounts": one.accounts}
    statement = inserting(connection, platform_lists).values(
        id=one.id,
        name=storable(one.name)[:200],
        sha256=one.sha256,
        at=iso(one.at),
        by=one.by,
        **values,
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=[platform_lists.c.id], set_=values)
    )


def read_last(connection: Connection) -> PlatformList | None:
    """Return the newest list; None: there was none."""
    query = sa.select(platform_lists).order_by(
        platform_lists.c.at.desc(), platform_lists.c.id.desc()
    )
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else _list(row)


def record_findings(connection: Connection, list_id: str, found: Iterable[Finding]) -> None:
    """Add what a list showed; what is noted already stays."""
    rows = [
        {"list_id": list_id, "kind": one.kind, "what": one.what[:80], "said": storable(one.said)}
        for one in found
    ]
    if rows:
        connection.execute(inserting(connection, list_findings).on_conflict_do_nothing(), rows)


def _list(row: Any) -> PlatformList:  # noqa: ANN401  (a row has the shape of its query)
    return PlatformList(
        id=row.id,
        name=row.name,
        sha256=row.sha256,
        at=parse_iso(row.at),
        by=row.by,
        accounts=row.accounts,
        state=row.state,
        said=row.said,
    )
