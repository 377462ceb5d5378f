"""From rows to what is wanted: every customer, site, contract, account and transmitter once.

Rows of one file or of several speak of the same things.  A thing is known by its key; what two
lines say of it must agree.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TypeAlias

from stationd.imports.columns import FIELDS, KEYS, Value
from stationd.imports.model import Fault, Place

__all__ = ["Gathered", "Key", "Line", "Wanted", "gather"]

Key: TypeAlias = tuple[str, ...]
Values: TypeAlias = Mapping[str, Value]

_NAMED_BY = {
    "customer": ("customer_no", "customer"),
    "site": ("site_no", "account", "contract"),
    "contract": ("contract", "account"),
    "account": ("account",),
}


@dataclass(frozen=True, slots=True)
class Line:
    """The values of a row; ``bad`` names the fields whose cells could not be read."""

    place: Place
    values: Values
    bad: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class Wanted:
    """One thing that the files speak of: what they say, where, and what it belongs to.

    ``broken``: a cell of it could not be read, which is a fault that has been told.
    """

    entity: str
    key: Key
    place: Place
    values: dict[str, Value] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    parent: "Wanted | None" = None
    broken: bool = False
    state: str = "unchanged"


@dataclass(slots=True)
class Gathered:
    """Everything that is wanted, by entity and key, and which row speaks of what."""

    things: dict[str, dict[Key, Wanted]] = field(
        default_factory=lambda: {one.entity: {} for one in FIELDS.values()}
    )
    rows: list[tuple[Wanted, ...]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def of(self, entity: str) -> Iterable[Wanted]:
        """Return what is wanted of one kind, in the order of the files."""
        return self.things[entity].values()


def gather(lines: Iterable[Line]) -> Gathered:
    """Return what all rows together want."""
    gathered = Gathered()
    # Rows that describe their site come first, so that the others find it.
    for line in sorted(lines, key=lambda line: _described_site(line.values) is None):
        if line.bad & KEYS:
            # What it speaks of is not known, and that has been told.
            continue
        if fault := _incomplete(line.values.keys() | line.bad):
            gathered.faults.append(Fault(line.place, fault))
            continue
        things = tuple(_row(gathered, line.place, line.values))
        gathered.rows.append(things)
        spoilt = {FIELDS[name].entity for name in line.bad}
        for thing in things:
            thing.broken = thing.broken or thing.entity in spoilt
    return gathered


def _incomplete(given: AbstractSet[str]) -> str | None:
    """Return why a row cannot be understood, or None."""
    if not given - {"group"}:
        return "the line has no cell of a known field"
    kinds = {FIELDS[name].entity for name in given if name != "group"}
    if kinds & {"transmitter", "link"} and not given >= {"number", "account"}:
        missing = "account" if "number" in given else "number"
        return f"what is said of a transmitter needs its {missing}"
    for kind, keys in _NAMED_BY.items():
        if kind in kinds and not given & set(keys):
            return f"what is said of a {kind} needs {' or '.join(keys)}"
    return None


def _row(gathered: Gathered, place: Place, values: Values) -> list[Wanted]:
    """Add what one row says; return the things it speaks of."""
    customer = _thing(gathered, place, "customer", _customer_key(values), values)
    site = _site(gathered, place, values)
    contract = _thing(gathered, place, "contract", _contract_key(gathered, values, site), values)
    account = _thing(gathered, place, "account", _only(values, "account"), values)
    _belongs(gathered, place, site, customer)
    _belongs(gathered, place, contract, site)
    _belongs(gathered, place, account, contract)
    transmitter = link = None
    if "number" in values:
        key = (str(values.get("group", "main")), str(values["number"]))
        transmitter = _thing(gathered, place, "transmitter", key, values)
        link = _thing(gathered, place, "link", (*key, str(values["account"])), values)
        _belongs(gathered, place, link, transmitter)
    things = (customer, site, contract, account, transmitter, link)
    return [thing for thing in things if thing is not None]


def _customer_key(values: Values) -> Key | None:
    if "customer_no" in values:
        return ("no", str(values["customer_no"]))
    return ("name", str(values["customer"])) if "customer" in values else None


def _described_site(values: Values) -> Key | None:
    """Return the key of a site that the row itself tells from others."""
    if "site_no" in values:
        return ("no", str(values["site_no"]))
    owner = _customer_key(values)
    if owner is not None and "address" in values:
        return ("at", *owner, str(values.get("site", "")), str(values["address"]))
    return None


def _site(gathered: Gathered, place: Place, values: Values) -> Wanted | None:
    """Return the site a row speaks of: described, or simply that of its contract."""
    key = _described_site(values)
    about = {FIELDS[name].entity for name in values} & {"customer", "site"}
    if key is None and about and values.keys() & {"contract", "account"}:
        number = str(values.get("contract") or values["account"])
        contract = gathered.things["contract"].get((number,)) or _contract_of(gathered, values)
        if contract is not None and contract.parent is not None:
            key = contract.parent.key
        else:
            key = ("of", str(values.get("account") or number))
    return _thing(gathered, place, "site", key, values)


def _contract_of(gathered: Gathered, values: Values) -> Wanted | None:
    account = gathered.things["account"].get((str(values.get("account", "")),))
    return None if account is None else account.parent


def _contract_key(gathered: Gathered, values: Values, site: Wanted | None) -> Key | None:
    if "contract" in values:
        return (str(values["contract"]),)
    if (contract := _contract_of(gathered, values)) is not None:
        return contract.key
    said = site is not None or any(FIELDS[name].entity == "contract" for name in values)
    return (str(values["account"]),) if said and "account" in values else None


def _only(values: Values, name: str) -> Key | None:
    return (str(values[name]),) if name in values else None


def _thing(
    gathered: Gathered, place: Place, entity: str, key: Key | None, values: Values
) -> Wanted | None:
    """Return the thing of a key, what this row says of it added; contradictions are faults."""
    if key is None:
        return None
    thing = gathered.things[entity].get(key)
    if thing is None:
        thing = gathered.things[entity][key] = Wanted(entity, key, place)
    for name, value in values.items():
        if FIELDS[name].entity != entity:
            continue
        if thing.values.setdefault(name, value) != value:
            # The value itself may be a secret, so only its place is told.
            first = thing.places[name]
            gathered.faults.append(
                Fault(place, f"{name} of this {entity} is not what {first} says")
            )
        thing.places.setdefault(name, place)
    return thing


def _belongs(gathered: Gathered, place: Place, child: Wanted | None, parent: Wanted | None) -> None:
    if child is None or parent is None:
        return
    if child.parent is None:
        child.parent = parent
    elif child.parent is not parent:
        gathered.faults.append(
            Fault(
                place,
                f"this {child.entity} has another {parent.entity} here than on "
                f"{child.parent.place}",
            )
        )
