"""From what is wanted and what there is to what has to be done; nothing is written here.

Things are resolved in the order of what belongs to what, so that each finds what it belongs to.
What belongs to something faulty is passed over in silence: its fault is told once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from archive.canonical import JsonValue
from stationd.accounts.links import conflict
from stationd.accounts.model import (
    Account,
    Contract,
    Customer,
    Dealer,
    Link,
    Party,
    RecordState,
    SealedKey,
    Service,
    Site,
    Standing,
    Transmitter,
)
from stationd.imports.books import Books, Thing
from stationd.imports.columns import KEY_FIELDS, Value
from stationd.imports.model import Fault
from stationd.imports.wanted import Gathered, Wanted
from stationd.keys.change import with_key
from stationd.keys.model import DEFAULT_OVERLAP, Ends
from stationd.sealing import Sealer

__all__ = ["TERMS", "Means", "Plan", "make_plan", "plain"]

_P = TypeVar("_P")
_Id: TypeAlias = str | tuple[str, str]

_NOTICE_DAYS = 30
_CUSTOMER_DETAILS = {"customer_address": "address", "phone": "phone", "email": "email"}
TERMS = (
    *("form", "form_signed_off", "started", "initial_term", "paid_through", "tier"),
    *("notice_methods", "renewal", "renewal_term", "renewal_notice_days", "payment_terms"),
    *("clause_date", "default_clause", "termination_clause", "late_fee_clause"),
    *("suspension_clause", "agency_clause", "cross_default_clause"),
    *("equipment", "residential", "e_notice_consent", "reports_to_bureau"),
)
"""The fields of an import that are terms of the contract."""

_DETAILS = ("systems", "certificate", "vendors", "test_hours", "test_grace", "test_by")
_SCOPE = ("areas", "zones", "classes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a plan needs beside facts: the time, new ids, the seal, and defaults."""

    now: datetime
    identifier: Callable[[], str]
    sealer: Callable[[], Sealer]
    defaults: Mapping[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """What has to be done: things that are new, and things before and after their change."""

    new: list[Thing] = field(default_factory=list)
    changed: list[tuple[Thing, Thing]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def make_plan(gathered: Gathered, books: Books, means: Means) -> Plan:
    """Return what has to be done so that what is wanted is there, and every fault of it.

    ``books`` hold what there is, and afterwards what there will be.
    """
    planner = _Planner(gathered, books, means)
    planner.recognise()
    planner.resolve()
    planner.plan.faults.sort(key=lambda fault: fault.place)
    return planner.plan


class _FaultError(Exception):
    """What is wanted cannot be; without a text: because of something told already."""


class _Planner:
    """Resolves what is wanted, one thing after the other."""

    def __init__(self, gathered: Gathered, books: Books, means: Means) -> None:
        self.plan = Plan()
        self._gathered = gathered
        self._books = books
        self._means = means
        # What wanted things stand for, known from accounts that are there already.
        self._known: dict[Wanted, str] = {}
        self._done: dict[Wanted, _Id] = {}
        self._taken: dict[tuple[str, str], Wanted] = {}

    def recognise(self) -> None:
        """Recognise contract, site and customer of accounts that are there, however described."""
        for wanted in self._gathered.of("account"):
            account = self._books.accounts.get(wanted.key[0])
            if account is None or wanted.parent is None:
                continue
            self._known[wanted.parent] = account.contract_id
            site_wanted = wanted.parent.parent
            if site_wanted is None:
                continue
            site = self._books.site_of(account)
            self._known[site_wanted] = site.id
            owner = site_wanted.parent
            customer = self._books.customers[site.customer_id]
            if owner is not None and owner.values.get("customer") == customer.name:
                self._known.setdefault(owner, customer.id)

    def resolve(self) -> None:
        """Make everything, parents first, noting what cannot be."""
        steps: list[tuple[str, Callable[[Wanted], None]]] = [
            ("customer", self._customer),
            ("site", self._site),
            ("contract", self._contract),
            ("account", self._account),
            ("transmitter", self._transmitter),
            ("link", self._link),
        ]
        for entity, make in steps:
            for wanted in self._gathered.of(entity):
                if wanted.broken:
                    continue
                try:
                    make(wanted)
                except _FaultError as fault:
                    if str(fault):
                        self.plan.faults.append(Fault(wanted.place, str(fault)))

    # --- Customers ---

    def _customer(self, wanted: Wanted) -> None:
        known = self._find_customer(wanted)
        details = {
            name: wanted.values[column]
            for column, name in _CUSTOMER_DETAILS.items()
            if column in wanted.values
        }
        if known is None:
            number = wanted.values.get("customer_no")
            new = Customer(
                id=str(number or self._means.identifier()),
                name=self._need(wanted, "customer", "a new customer"),
                dealer_id=self._dealer(wanted),
                details=plain(details),
            )
            self._add(wanted, new.id, new)
            return
        changed = replace(
            known,
            name=str(wanted.values.get("customer", known.name)),
            dealer_id=self._dealer(wanted) or known.dealer_id,
            details={**known.details, **plain(details)},
        )
        self._keep(wanted, known.id, known, changed)

    def _find_customer(self, wanted: Wanted) -> Customer | None:
        customers = self._books.customers
        if "customer_no" in wanted.values:
            return customers.get(str(wanted.values["customer_no"]))
        if wanted in self._known:
            return customers[self._known[wanted]]
        name = str(wanted.values["customer"])
        named = self._books.customers_named.get(name, [])
        if len(named) > 1:
            msg = (
                f"{len(named)} customers are called {name}; "
                f"customer_no tells them apart ({', '.join(named)})"
            )
            raise _FaultError(msg)
        return customers[named[0]] if named else None

    def _dealer(self, wanted: Wanted) -> str | None:
        name = self._value(wanted, "dealer")
        if name is None:
            return None
        if str(name) not in self._books.dealers_named:
            dealer = Dealer(id=self._means.identifier(), name=str(name))
            self._books.put([dealer])
            self.plan.new.append(dealer)
        return self._books.dealers_named[str(name)]

    # --- Sites ---

    def _site(self, wanted: Wanted) -> None:
        owner = self._parent(wanted, self._books.customers)
        known = self._find_site(wanted, owner)
        if known is None:
            if owner is None:
                raise _FaultError("a new site needs its customer: customer or customer_no")
            new = Site(
                id=str(wanted.values.get("site_no") or self._means.identifier()),
                customer_id=owner.id,
                name=str(self._value(wanted, "site") or owner.name),
                address=self._need(wanted, "address", "a new site"),
                zone=self._need(wanted, "zone", "a new site"),
                jurisdiction=str(self._value(wanted, "jurisdiction") or ""),
            )
            self._add(wanted, new.id, new)
            return
        if owner is not None and owner.id != known.customer_id:
            name = self._books.customers[known.customer_id].name
            msg = f"the site is that of customer {name} ({known.customer_id}), not of {owner.name}"
            raise _FaultError(msg)
        changed = replace(
            known,
            name=str(wanted.values.get("site", known.name)),
            address=str(wanted.values.get("address", known.address)),
            zone=str(wanted.values.get("zone", known.zone)),
            jurisdiction=str(wanted.values.get("jurisdiction", known.jurisdiction)),
        )
        self._keep(wanted, known.id, known, changed)

    def _find_site(self, wanted: Wanted, owner: Customer | None) -> Site | None:
        sites = self._books.sites
        if "site_no" in wanted.values:
            return sites.get(str(wanted.values["site_no"]))
        if wanted in self._known:
            return sites[self._known[wanted]]
        if owner is None:
            return None
        name = str(self._value(wanted, "site") or owner.name)
        found = self._books.sites_at.get((owner.id, name, str(wanted.values.get("address"))))
        return None if found is None else sites[found]

    # --- Contracts ---

    def _contract(self, wanted: Wanted) -> None:
        (number,) = wanted.key
        site = self._parent(wanted, self._books.sites)
        numbered = self._books.contracts_numbered.get(number)
        id_ = self._known.get(wanted, numbered)
        if id_ is None:
            self._new_contract(wanted, site)
            return
        if numbered not in (None, id_):
            raise _FaultError(f"contract {number} is that of another account")
        known = self._books.contracts[id_]
        if site is not None and site.id != known.site_id:
            raise _FaultError(f"contract {known.number} is for another site than this one")
        given = wanted.values
        cure = given.get("cure_days", known.cure_days)
        changed = replace(
            known,
            number=str(given.get("contract", known.number)),
            party=Party(str(given.get("party", known.party))),
            standing=Standing(str(given.get("standing", known.standing))),
            notice_days=_whole(given.get("notice_days", known.notice_days)),
            cure_days=None if cure is None else _whole(cure),
            terms={**known.terms, **plain(_part(given, TERMS))},
        )
        self._keep(wanted, id_, known, changed)

    def _new_contract(self, wanted: Wanted, site: Site | None) -> None:
        if site is None:
            raise _FaultError("a new contract needs its site: customer, and address or site_no")
        cure = self._value(wanted, "cure_days")
        notice = self._value(wanted, "notice_days")
        new = Contract(
            id=self._means.identifier(),
            site_id=site.id,
            number=wanted.key[0],
            party=Party(str(self._value(wanted, "party") or Party.STATION)),
            standing=Standing(str(self._value(wanted, "standing") or Standing.CURRENT)),
            notice_days=_NOTICE_DAYS if notice is None else _whole(notice),
            cure_days=None if cure is None else _whole(cure),
            terms=plain(_part({**self._means.defaults, **wanted.values}, TERMS)),
        )
        self._add(wanted, new.id, new)

    # --- Accounts ---

    def _account(self, wanted: Wanted) -> None:
        (acct,) = wanted.key
        contract = self._parent(wanted, self._books.contracts)
        known = self._books.accounts.get(acct)
        if known is None:
            self._new_account(wanted, contract)
            return
        if contract is not None and contract.id != known.contract_id:
            raise _FaultError(f"account {acct} has another contract; a new one is a new account")
        details = {**known.details, **plain(_part(wanted.values, _DETAILS))}
        self._keep(wanted, acct, known, replace(known, details=details))

    def _new_account(self, wanted: Wanted, contract: Contract | None) -> None:
        (acct,) = wanted.key
        if contract is None:
            msg = f"there is no account {acct}; a new one needs customer, address and zone"
            raise _FaultError(msg)
        other = self._books.accounts_of.get(contract.id)
        if other is not None:
            msg = f"contract {contract.number} has account {other}; a second account needs its own"
            raise _FaultError(msg)
        new = Account(
            acct=acct,
            contract_id=contract.id,
            service=Service(str(self._value(wanted, "service") or Service.ACTIVE)),
            record=RecordState.OPEN,
            epoch=1,
            details=plain(_part({**self._means.defaults, **wanted.values}, _DETAILS)),
            opened_at=self._means.now,
        )
        self._add(wanted, acct, new)

    # --- Transmitters and links ---

    def _transmitter(self, wanted: Wanted) -> None:
        group, number = wanted.key
        known = self._books.transmitters.get((group, number))
        key = _key(wanted.values)
        if known is None:
            new = Transmitter(id=self._means.identifier(), group=group, number=number)
            new = _described(new, {**self._means.defaults, **wanted.values})
            if key is not None:
                new = replace(new, keys=self._with((), key))
            self._add(wanted, (group, number), new)
            return
        changed = _described(known, wanted.values)
        if key is not None and not self._has_key(known, key):
            olds = known.keys or self._books.group_keys.get(group, ())
            changed = replace(changed, keys=self._with(olds, key))
        self._keep(wanted, (group, number), known, changed)

    def _with(self, olds: tuple[SealedKey, ...], key: bytes) -> tuple[SealedKey, ...]:
        sealed = SealedKey(sealed=self._means.sealer().seal(key))
        return with_key(olds, sealed, Ends(overlap=DEFAULT_OVERLAP), self._means.now)

    def _has_key(self, transmitter: Transmitter, key: bytes) -> bool:
        sealer = self._means.sealer()
        return any(sealer.open(one.sealed) == key for one in transmitter.keys)

    def _link(self, wanted: Wanted) -> None:
        transmitter = self._parent(wanted, self._books.transmitters)
        account = self._account_of(wanted)
        if transmitter is None or account is None:
            raise _FaultError
        zone = ZoneInfo(self._books.site_of(account).zone)
        begins = _midnight(wanted.values.get("from"), zone)
        ends = _midnight(wanted.values.get("until"), zone)
        scope = plain(_part(wanted.values, _SCOPE))
        existing = self._books.links_of(transmitter.id)
        known = _same_link(existing, account.acct, begins)
        if known is None:
            link = Link(
                id=self._means.identifier(),
                transmitter_id=transmitter.id,
                acct=account.acct,
                scope=scope,
                valid_from=begins or self._first_day(zone) or self._means.now,
                valid_to=ends,
            )
            _check_link(link, existing, transmitter)
            self._add(wanted, link.id, link)
            return
        changed = replace(known, valid_to=ends or known.valid_to, scope=scope or known.scope)
        _check_link(changed, existing, transmitter)
        self._keep(wanted, known.id, known, changed)

    def _first_day(self, zone: ZoneInfo) -> datetime | None:
        return _midnight(self._means.defaults.get("from"), zone)

    def _account_of(self, wanted: Wanted) -> Account | None:
        account = self._gathered.things["account"][wanted.key[2],]
        return self._books.accounts.get(wanted.key[2]) if account in self._done else None

    # --- Small steps ---

    def _parent(self, wanted: Wanted, among: Mapping[Any, _P]) -> _P | None:
        """Return what a thing belongs to; None: the files do not say."""
        if wanted.parent is None:
            return None
        if wanted.parent not in self._done:
            raise _FaultError
        return among[self._done[wanted.parent]]

    def _value(self, wanted: Wanted, name: str) -> Value | None:
        return wanted.values.get(name, self._means.defaults.get(name))

    def _need(self, wanted: Wanted, name: str, what: str) -> str:
        value = self._value(wanted, name)
        if value is None:
            raise _FaultError(f"{what} needs {name}")
        return str(value)

    def _add(self, wanted: Wanted, id_: _Id, new: Thing) -> None:
        self._claim(wanted, id_)
        self._check_open(new)
        wanted.state = "new"
        self.plan.new.append(new)
        self._books.put([new])

    def _keep(self, wanted: Wanted, id_: _Id, known: Thing, now: Thing) -> None:
        self._claim(wanted, id_)
        if now == known:
            return
        self._check_open(now)
        wanted.state = "changed"
        self.plan.changed.append((known, now))
        self._books.put([now])

    def _check_open(self, thing: Thing) -> None:
        if isinstance(thing, (Account, Link)) and thing.acct in self._books.closed:
            raise _FaultError(f"the record of account {thing.acct} is closed")

    def _claim(self, wanted: Wanted, id_: _Id) -> None:
        """Let one description stand for one thing, and no second."""
        first = self._taken.setdefault((wanted.entity, str(id_)), wanted)
        if first is not wanted:
            msg = f"this is the {wanted.entity} of {first.place}, but described otherwise there"
            raise _FaultError(msg)
        self._done[wanted] = id_


def _key(given: Mapping[str, Value]) -> bytes | None:
    """Return the key that rows give a panel; they may write it in two ways, but not two keys."""
    keys = {value for name in KEY_FIELDS if isinstance(value := given.get(name), bytes)}
    if len(keys) > 1:
        raise _FaultError("two rows give this panel two keys")
    return keys.pop() if keys else None


def _described(transmitter: Transmitter, given: Mapping[str, Value]) -> Transmitter:
    """Return a transmitter with what is said of it beside its keys."""
    switches = given.get("switches")
    return replace(
        transmitter,
        protocol=str(given.get("protocol", transmitter.protocol)),
        window_back=_or_none(given.get("window_back", transmitter.window_back)),
        window_ahead=_or_none(given.get("window_ahead", transmitter.window_ahead)),
        poll_interval=_or_none(given.get("poll_interval", transmitter.poll_interval)),
        switches=frozenset(switches) if isinstance(switches, tuple) else transmitter.switches,
    )


def _same_link(existing: list[Link], acct: str, begins: datetime | None) -> Link | None:
    """Return the link that a row speaks of; without a date, the newest of the account."""
    own = [link for link in existing if link.acct == acct and begins in (None, link.valid_from)]
    return max(own, key=lambda link: link.valid_from, default=None)


def _check_link(link: Link, existing: list[Link], transmitter: Transmitter) -> None:
    if link.valid_to is not None and link.valid_to <= link.valid_from:
        raise _FaultError("until is not after from")
    other = conflict(link, existing)
    if other is not None:
        msg = (
            f"number {transmitter.number} in group {transmitter.group} belongs to account "
            f"{other.acct} at that time; from, until or scopes tell them apart"
        )
        raise _FaultError(msg)


def _part(values: Mapping[str, Value], names: tuple[str, ...]) -> dict[str, Value]:
    return {name: values[name] for name in names if name in values}


def plain(values: Mapping[str, Value]) -> dict[str, JsonValue]:
    """Return values as they lie in JSON: lists for tuples, texts for days."""
    return {name: _json(value) for name, value in values.items()}


def _json(value: Value) -> JsonValue:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, bytes):
        msg = "a key is nowhere written in clear"
        raise TypeError(msg)
    return value


def _whole(value: Value) -> int:
    if not isinstance(value, int):
        msg = f"{value!r} is no whole number"
        raise TypeError(msg)
    return value


def _or_none(value: Value | None) -> int | None:
    return None if value is None else _whole(value)


def _midnight(day: Value | None, zone: ZoneInfo) -> datetime | None:
    """Return the beginning of a day at the site, in UTC."""
    if not isinstance(day, date):
        return None
    return datetime.combine(day, time(), zone).astimezone(UTC)
