"""Everything the station database has of accounts, in memory, found by what files name it by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TypeAlias

from archive.canonical import JsonValue
from stationd.accounts.facts import account_facts
from stationd.accounts.model import (
    Account,
    Contract,
    Customer,
    Dealer,
    Link,
    SealedKey,
    Site,
    Transmitter,
)

__all__ = ["Books", "Thing"]

Thing: TypeAlias = Dealer | Customer | Site | Contract | Account | Transmitter | Link


@dataclass(slots=True)
class Books:
    """Dealers, customers, sites, contracts, accounts, transmitters and links, each findable.

    ``group_keys`` are those of whole receiver groups.  ``closed`` are the accounts whose chain has
    its `close` record.
    """

    dealers: dict[str, Dealer] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    transmitters: dict[tuple[str, str], Transmitter] = field(default_factory=dict)
    links: dict[str, dict[str, Link]] = field(default_factory=dict)
    customers_named: dict[str, list[str]] = field(default_factory=dict)
    sites_at: dict[tuple[str, str, str], str] = field(default_factory=dict)
    contracts_numbered: dict[str, str] = field(default_factory=dict)
    accounts_of: dict[str, str] = field(default_factory=dict)
    dealers_named: dict[str, str] = field(default_factory=dict)
    group_keys: dict[str, tuple[SealedKey, ...]] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()

    def copy(self) -> "Books":
        """Return books that can change without these."""
        copied = Books(closed=self.closed)
        for one in fields(self):
            if isinstance(table := getattr(self, one.name), dict):
                setattr(copied, one.name, dict(table))
        copied.links = {key: dict(links) for key, links in self.links.items()}
        copied.customers_named = {name: list(ids) for name, ids in self.customers_named.items()}
        return copied

    def put(self, things: Iterable[Thing]) -> None:
        """Add things, or replace those of the same id."""
        for thing in things:
            self._put(thing)

    def _put(self, thing: Thing) -> None:
        match thing:
            case Dealer():
                self.dealers[thing.id] = thing
                self.dealers_named[thing.name] = thing.id
            case Customer():
                if thing.id not in self.customers:
                    self.customers_named.setdefault(thing.name, []).append(thing.id)
                self.customers[thing.id] = thing
            case Site():
                self.sites[thing.id] = thing
                self.sites_at[thing.customer_id, thing.name, thing.address] = thing.id
            case Contract():
                self.contracts[thing.id] = thing
                self.contracts_numbered[thing.number] = thing.id
            case Account():
                self.accounts[thing.acct] = thing
                self.accounts_of[thing.contract_id] = thing.acct
            case Transmitter():
                self.transmitters[thing.group, thing.number] = thing
            case Link():
                self.links.setdefault(thing.transmitter_id, {})[thing.id] = thing

    def links_of(self, transmitter_id: str) -> list[Link]:
        """Return the links of a transmitter."""
        return list(self.links.get(transmitter_id, {}).values())

    def site_of(self, account: Account) -> Site:
        """Return the site of an account."""
        return self.sites[self.contracts[account.contract_id].site_id]

    def facts(self, account: Account) -> Mapping[str, JsonValue]:
        """Return what is known of an account, without its transmitters."""
        contract = self.contracts[account.contract_id]
        site = self.sites[contract.site_id]
        customer = self.customers[site.customer_id]
        dealer = None if customer.dealer_id is None else self.dealers[customer.dealer_id]
        return account_facts(account, contract, site, customer, dealer)
