"""SQL of locations that are no longer monitored."""

import json
from datetime import datetime

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import accounts, cases, contracts, sites
from stationd.reports.unmonitored import Location

__all__ = ["read_unmonitored"]


def read_unmonitored(connection: Connection, since: datetime, until: datetime) -> list[Location]:
    """Return sites where service ended in a span and nothing else is monitored.

    A case whose service was a duplicate or an error ended nothing: another account goes on there.
    """
    other, contract = accounts.alias(), contracts.alias()
    goes_on = (
        sa.exists()
        .select_from(other.join(contract, contract.c.id == other.c.contract_id))
        .where(contract.c.site_id == sites.c.id, other.c.service != "ended")
    )
    query = (
        sa.select(
            cases.c.acct,
            cases.c.ended_at,
            sites.c.name,
            sites.c.address,
            sites.c.zone,
            sites.c.jurisdiction,
            accounts.c.details,
        )
        .join(accounts, accounts.c.acct == cases.c.acct)
        .join(contracts, contracts.c.id == cases.c.contract_id)
        .join(sites, sites.c.id == contracts.c.site_id)
        .where(cases.c.ended_at >= iso(since), cases.c.ended_at < iso(until), ~goes_on)
        .order_by(sites.c.jurisdiction, sites.c.address, cases.c.acct)
    )
    return [
        Location(
            acct=row.acct,
            name=row.name,
            address=row.address,
            jurisdiction=row.jurisdiction,
            zone=row.zone,
            systems=_systems(row.details),
            ended_at=parse_iso(row.ended_at),
        )
        for row in connection.execute(query)
    ]


def _systems(details: str) -> tuple[str, ...]:
    found = json.loads(details).get("systems")
    return tuple(str(one) for one in found) if isinstance(found, list) else ()
