"""What is known of an account, as plain data for records and bundles; never a key."""

from collections.abc import Iterable, Mapping, Sequence

from archive.canonical import JsonValue
from stationd.accounts.model import (
    Account,
    Contract,
    Customer,
    Dealer,
    Link,
    Site,
    Transmitter,
)
from stationd.clock import iso

__all__ = ["account_facts", "changed_fields", "contract_facts", "transmitter_facts"]

Facts = Mapping[str, JsonValue]


def account_facts(
    account: Account, contract: Contract, site: Site, customer: Customer, dealer: Dealer | None
) -> dict[str, JsonValue]:
    """Return everything about an account but its transmitters."""
    return {
        "account": {
            "acct": account.acct,
            "service": account.service.value,
            "record": account.record.value,
            "epoch": account.epoch,
            "opened_at": iso(account.opened_at),
            "details": dict(account.details),
        },
        "contract": contract_facts(contract),
        "site": {
            "id": site.id,
            "name": site.name,
            "address": site.address,
            "zone": site.zone,
            "jurisdiction": site.jurisdiction,
        },
        "customer": {
            "id": customer.id,
            "name": customer.name,
            "details": dict(customer.details),
        },
        "dealer": None if dealer is None else {"id": dealer.id, "name": dealer.name},
    }


def contract_facts(contract: Contract) -> dict[str, JsonValue]:
    """Return a contract as plain data."""
    return {
        "id": contract.id,
        "number": contract.number,
        "party": contract.party.value,
        "standing": contract.standing.value,
        "notice_days": contract.notice_days,
        "cure_days": contract.cure_days,
        "terms": dict(contract.terms),
    }


def transmitter_facts(
    transmitters: Iterable[Transmitter], links: Sequence[Link]
) -> list[JsonValue]:
    """Return transmitters with the dates and scopes of ``links``; of keys only their number."""
    return [
        {
            "group": one.group,
            "number": one.number,
            "protocol": one.protocol,
            "keys": len(one.keys),
            "window_back": one.window_back,
            "window_ahead": one.window_ahead,
            "poll_interval": one.poll_interval,
            "switches": sorted(one.switches),
            "links": [_link(link) for link in links if link.transmitter_id == one.id],
        }
        for one in transmitters
    ]


def changed_fields(before: Facts, after: Facts, prefix: str = "") -> list[str]:
    """Return the dotted names of what differs between two facts, sorted."""
    names: list[str] = []
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            names += changed_fields(old, new, f"{prefix}{key}.")
        else:
            names.append(f"{prefix}{key}")
    return names


def _link(link: Link) -> dict[str, JsonValue]:
    return {
        "id": link.id,
        "scope": dict(link.scope),
        "valid_from": iso(link.valid_from),
        "valid_to": None if link.valid_to is None else iso(link.valid_to),
    }
