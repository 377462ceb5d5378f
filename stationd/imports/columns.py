"""What a column may mean: the fields of an import, and how their cells are read."""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from types import MappingProxyType
from typing import TypeAlias
from zoneinfo import ZoneInfo

from stationd.accounts.model import Party, Service, Standing, is_acct
from stationd.imports.model import Arrangement
from stationd.keys.entering import NOTATIONS, read_marked_key

__all__ = [
    "FIELDS",
    "KEYS",
    "KEY_FIELDS",
    "Field",
    "Value",
    "assign",
    "read_cell",
    "unknown_fields",
]

Value: TypeAlias = str | int | date | bytes | tuple[str, ...]
Read: TypeAlias = Callable[[str, Arrangement], Value]

KEYS = frozenset(
    {"customer_no", "customer", "site_no", "address", "contract", "account", "group", "number"}
)
"""The fields that say which thing a row speaks of."""

KEY_FIELDS = ("key", "key_hex", "key_text")
"""The fields that hold a panel's key; a row has one of them."""

CUSTOMER, SITE, CONTRACT, ACCOUNT, TRANSMITTER, LINK = (
    "customer",
    "site",
    "contract",
    "account",
    "transmitter",
    "link",
)

_NUMBER = re.compile(r"[A-Za-z0-9._-]{1,40}")
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}")
_WIRE = re.compile(r"[A-Za-z0-9]{1,16}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SYSTEMS = ("burglary", "fire", "holdup", "medical", "environmental", "video")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what it belongs to, how its cell is read, and what it means."""

    entity: str
    read: Read
    help: str


def read_cell(field: str, cell: str, arrangement: Arrangement) -> Value:
    """Return the value of a cell, or raise `ValueError` with what is wrong, in words."""
    if _CONTROL.search(cell):
        msg = "holds a control character"
        raise ValueError(msg)
    return FIELDS[field].read(cell, arrangement)


def assign(
    headings: Sequence[str], arrangement: Arrangement, fields: Container[str] | None = None
) -> tuple[dict[int, str], list[str], list[str]]:
    """Return which column is which field, what is wrong with that, and what is ignored.

    A heading that is a field's own name needs no mapping; capitals, blanks and hyphens do not
    matter there.  ``fields`` None: those of accounts.
    """
    known = FIELDS if fields is None else fields
    wanted = {_plain(heading): field for heading, field in arrangement.columns.items()}
    found: dict[int, str] = {}
    faults: list[str] = []
    ignored: list[str] = []
    for index, heading in enumerate(headings):
        field = wanted.get(_plain(heading), _plain(heading))
        if field not in known:
            ignored.append(heading)
        elif field in found.values():
            faults.append(f"two columns give {field}; the second is {heading!r}")
        elif field in KEY_FIELDS and not set(KEY_FIELDS).isdisjoint(found.values()):
            faults.append(f"two columns give a panel's key; the second is {heading!r}")
        else:
            found[index] = field
    return found, faults, ignored


def unknown_fields(arrangement: Arrangement) -> list[str]:
    """Return what is wrong with the fields that an arrangement itself names."""
    named = {*arrangement.columns.values(), *arrangement.defaults}
    known = ", ".join(FIELDS)
    return [
        *(f"there is no field {name}; there are: {known}" for name in sorted(named - {*FIELDS})),
        *(
            f"{name} is a secret of one panel: give it in a column, not for all"
            for name in KEY_FIELDS
            if name in arrangement.defaults
        ),
    ]


def _plain(heading: str) -> str:
    return re.sub(r"[\s-]+", "_", heading.strip().lower())


# --- Cells ---


def _text(longest: int) -> Read:
    def read(cell: str, _arrangement: Arrangement) -> Value:
        if len(cell) > longest:
            msg = f"has {len(cell)} characters, at most {longest} are kept"
            raise ValueError(msg)
        return cell

    return read


def _matching(pattern: re.Pattern[str], words: str) -> Read:
    def read(cell: str, _arrangement: Arrangement) -> Value:
        if pattern.fullmatch(cell) is None:
            msg = f"is {cell!r}, but must be {words}"
            raise ValueError(msg)
        return cell

    return read


def _integer(least: int, most: int) -> Read:
    def read(cell: str, _arrangement: Arrangement) -> Value:
        if not re.fullmatch(r"[0-9]{1,9}", cell) or not least <= int(cell) <= most:
            msg = f"is {cell!r}, but must be a whole number from {least} to {most}"
            raise ValueError(msg)
        return int(cell)

    return read


def _choice(words: Sequence[str]) -> Read:
    def read(cell: str, _arrangement: Arrangement) -> Value:
        if cell.lower() not in words:
            msg = f"is {cell!r}, but must be one of: {', '.join(words)}"
            raise ValueError(msg)
        return cell.lower()

    return read


def _choices(words: Sequence[str]) -> Read:
    def read(cell: str, _arrangement: Arrangement) -> Value:
        members = tuple(sorted({word.lower() for word in _members(cell)}))
        for member in members:
            if member not in words:
                msg = f"names {member!r}, but knows only: {', '.join(words)}"
                raise ValueError(msg)
        return members

    return read


def _list(cell: str, _arrangement: Arrangement) -> Value:
    return tuple(sorted(set(_members(cell))))


def _members(cell: str) -> list[str]:
    return [word for word in re.split(r"[\s;,]+", cell) if word]


def _acct(cell: str, _arrangement: Arrangement) -> Value:
    if not is_acct(cell):
        msg = (
            f"is {cell!r}, but must be 1 to 32 letters, digits, dots, hyphens and underscores, "
            "and not the word station"
        )
        raise ValueError(msg)
    return cell


def _date(cell: str, arrangement: Arrangement) -> Value:
    try:
        # What is read is a calendar day, which has no zone yet: the site gives it one.
        return datetime.strptime(cell, arrangement.dates).date()  # noqa: DTZ007
    except ValueError:
        form = datetime(2026, 3, 31).strftime(arrangement.dates)  # noqa: DTZ001
        msg = f"is {cell!r}, but must be a date such as {form}; --dates sets another form"
        raise ValueError(msg) from None


@cache
def _known_zone(cell: str) -> bool:
    try:
        ZoneInfo(cell)
    except (KeyError, ValueError, OSError):
        return False
    return "/" in cell or cell == "UTC"


def _zone(cell: str, _arrangement: Arrangement) -> Value:
    if not _known_zone(cell):
        msg = f"is {cell!r}, but must be an IANA time zone such as America/Denver"
        raise ValueError(msg)
    return cell


def _key(read: Callable[[str], bytes]) -> Read:
    # The cell is a secret, so no message repeats it.
    return lambda cell, _arrangement: read(cell)


_NAME = _text(200)
_LONG = _text(2000)
_NO = _matching(_NUMBER, "1 to 40 letters, digits, dots, hyphens and underscores")

FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "customer_no": Field(CUSTOMER, _NO, "The customer's number; else the name identifies."),
        "customer": Field(CUSTOMER, _NAME, "The customer's name."),
        "customer_address": Field(CUSTOMER, _LONG, "Where letters go."),
        "phone": Field(CUSTOMER, _NAME, "The customer's telephone number."),
        "email": Field(CUSTOMER, _NAME, "The customer's e-mail address."),
        "dealer": Field(CUSTOMER, _NAME, "The dealer whose customer it is."),
        "site_no": Field(SITE, _NO, "The site's number; else customer, name and address identify."),
        "site": Field(SITE, _NAME, "The site's name; else the customer's."),
        "address": Field(SITE, _LONG, "The site's address.  Needed."),
        "zone": Field(SITE, _zone, "The site's IANA time zone, such as America/Denver.  Needed."),
        "jurisdiction": Field(SITE, _text(32), "Whose law applies, such as US-CO."),
        "contract": Field(CONTRACT, _text(64), "The contract's number; else the account's."),
        "party": Field(CONTRACT, _choice([*Party]), "With whom it is: station or dealer."),
        "standing": Field(CONTRACT, _choice([*Standing]), "How the contract stands."),
        "notice_days": Field(CONTRACT, _integer(0, 3650), "Days of notice; 30 where not given."),
        "cure_days": Field(CONTRACT, _integer(0, 3650), "Days to cure; empty: no such right."),
        "form": Field(CONTRACT, _NAME, "Name and version of the form that was signed."),
        "started": Field(CONTRACT, _date, "The day the contract began."),
        "paid_through": Field(CONTRACT, _date, "The last day that is paid for."),
        "notice_methods": Field(CONTRACT, _list, "How notice may be given, with blanks between."),
        "form_signed_off": Field(CONTRACT, _date, "The day counsel signed the form off."),
        "initial_term": Field(CONTRACT, _NAME, "The initial term, such as 36 months."),
        "renewal": Field(CONTRACT, _choice(["none", "month", "fixed"]), "How it renews."),
        "renewal_term": Field(CONTRACT, _NAME, "How long it renews for; 12 months where empty."),
        "renewal_notice_days": Field(CONTRACT, _integer(0, 3650), "Days before renewal."),
        "payment_terms": Field(CONTRACT, _LONG, "When what is due."),
        "default_clause": Field(CONTRACT, _LONG, "The clause on default, its text."),
        "termination_clause": Field(CONTRACT, _LONG, "The clause on termination, its text."),
        "late_fee_clause": Field(CONTRACT, _LONG, "The clause on late fees; empty: none."),
        "suspension_clause": Field(
            CONTRACT, _LONG, "The clause that lets service be suspended; empty: none."
        ),
        "agency_clause": Field(
            CONTRACT, _LONG, "The clause that lets debt go to an agency; empty: none."
        ),
        "cross_default_clause": Field(
            CONTRACT, _LONG, "The clause that makes another contract's default one of this."
        ),
        "clause_date": Field(CONTRACT, _date, "The earliest end that the contract allows."),
        "equipment": Field(CONTRACT, _choice(["customer", "company"]), "Whose equipment it is."),
        "residential": Field(CONTRACT, _choice(["yes", "no"]), "Whether it is a home."),
        "e_notice_consent": Field(CONTRACT, _date, "The day e-mail notice was agreed to."),
        "reports_to_bureau": Field(
            CONTRACT, _choice(["yes", "no"]), "Whether the agency reports to credit bureaus."
        ),
        "tier": Field(CONTRACT, _choice(["tm", "basic", "platinum"]), "The service tier."),
        "account": Field(ACCOUNT, _acct, "The account's number at the station.  Needed."),
        "service": Field(
            ACCOUNT,
            _choice([one.value for one in Service if one is not Service.ENDED]),
            "pending, active or suspended; only counts when the account is opened.",
        ),
        "systems": Field(ACCOUNT, _choices(_SYSTEMS), f"Of: {', '.join(_SYSTEMS)}."),
        "certificate": Field(ACCOUNT, _text(64), "Number of the certificate or placard."),
        "vendors": Field(ACCOUNT, _list, "Vendors that keep records of it, with blanks between."),
        "test_hours": Field(ACCOUNT, _integer(1, 8760), "Hours between timer tests."),
        "test_grace": Field(
            ACCOUNT, _integer(0, 100_000), "Minutes a test may be late; else a quarter."
        ),
        "test_by": Field(ACCOUNT, _choice(["test", "any"]), "What counts as one: test, or any."),
        "group": Field(
            TRANSMITTER,
            _matching(_GROUP, "a receiver group of the settings"),
            "The receiver group in which the number is sent; main where not given.",
        ),
        "number": Field(
            TRANSMITTER,
            _matching(_WIRE, "1 to 16 letters and digits, as on the wire"),
            "The number the panel sends; leading zeros count.",
        ),
        "protocol": Field(TRANSMITTER, _text(32), "What the panel speaks; for people."),
        "key": Field(
            TRANSMITTER,
            _key(read_marked_key),
            "The panel's AES key, behind hex: or text:.  It is kept sealed.",
        ),
        "key_hex": Field(
            TRANSMITTER, _key(NOTATIONS["hex"]), "The same: 32, 48 or 64 hexadecimal digits."
        ),
        "key_text": Field(
            TRANSMITTER, _key(NOTATIONS["text"]), "The same: 16, 24 or 32 characters."
        ),
        "window_back": Field(TRANSMITTER, _integer(0, 86400), "Seconds a time may be behind."),
        "window_ahead": Field(TRANSMITTER, _integer(0, 86400), "Seconds a time may be ahead."),
        "poll_interval": Field(TRANSMITTER, _integer(1, 604800), "Seconds between polls."),
        "switches": Field(TRANSMITTER, _list, "Named deviations, with blanks between."),
        "from": Field(LINK, _date, "The first day the number is the account's; else now."),
        "until": Field(LINK, _date, "The first day it is no longer."),
        "areas": Field(LINK, _list, "Only these areas of a shared transmitter."),
        "zones": Field(LINK, _list, "Only these zones of a shared transmitter."),
        "classes": Field(LINK, _list, "Only these signal classes of a shared transmitter."),
    }
)
