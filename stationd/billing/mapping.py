"""What a billing system's lines look like: which column is which, and how amounts are written.

An arrangement comes from a TOML file; it is checked whole, and every fault of it is told at once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from stationd.accounts.model import is_acct
from stationd.billing.model import DEBITS, LineKind
from stationd.errors import MistakeError
from stationd.imports.model import Place

__all__ = ["FIELDS", "Arrangement", "Offered", "arrangement_of", "offered"]

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "number": "The line's number in the billing system.  Needed.",
        "kind": f"Of: {', '.join(LineKind)}; other words by [kinds].",
        "contract": "The contract's number; this or the account is needed.",
        "account": "The account's number at the station.",
        "on": "The day of the line.  Needed.",
        "due_on": "The last day to pay it; else the line's own day.",
        "amount": "How much.  Needed, unless debit and credit are columns of their own.",
        "debit": "How much, where it is owed.",
        "credit": "How much, where it was paid or credited.",
        "currency": "Three letters, such as USD.",
        "text": "What it is for.",
        "period_from": "The first day that an invoice pays for.",
        "period_through": "The last day that it pays for.",
    }
)
"""What a column may be."""

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST = {"number": 64, "contract": 64, "text": 500}
_SIGNS = ("kind", "balance", "customer")
_UNKNOWN = ("refuse", "skip")
_MOST = 10**13
# Beyond them no calendar counts on; what stands for "no day", such as 9999-12-31, is none.
_YEARS = range(1900, 2200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """How the lines of one billing system are read.

    ``source`` names that system.  ``signs``: ``kind``, amounts have none and the kind says which
    way they go; ``balance``, what is owed is positive; ``customer``, what was paid is positive.
    Where no kind is told, ``positive`` and ``negative`` are what the sign, or the column, means.
    ``unknown``: whether lines of contracts that are not here are refused or skipped.
    """

    source: str
    columns: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    dates: str = "%Y-%m-%d"
    encoding: str = "utf-8"
    delimiter: str = ""
    decimal: str = "."
    thousands: str = ""
    signs: str = "kind"
    positive: str = "invoice"
    negative: str = "payment"
    unknown: str = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A line as a file has it, before its contract is looked for."""

    place: Place
    kind: LineKind
    number: str
    on: date
    amount: int
    currency: str
    contract: str = ""
    account: str = ""
    due_on: date | None = None
    text: str = ""
    period_from: date | None = None
    period_through: date | None = None


# --- The arrangement ---


def arrangement_of(where: str, content: Mapping[str, Any]) -> Arrangement:
    """Return the arrangement that a file holds, or raise `MistakeError` naming every fault."""
    known = {one.name for one in fields(Arrangement)}
    faults = [f"{name} is not known here" for name in content if name not in known]
    faults += [fault for name in sorted(known) if (fault := _shape(name, content))]
    made = None if faults else Arrangement(**content)
    if made is not None:
        faults = _faults(made)
    if made is None or faults:
        raise MistakeError(f"{where}: {'; '.join(faults)}. Known are {', '.join(sorted(known))}.")
    return made


def _shape(name: str, content: Mapping[str, Any]) -> str:
    """Return what is wrong with the kind of a value; empty: nothing."""
    if name not in content:
        return "source is missing: the name of the billing system" if name == "source" else ""
    value = content[name]
    if name in {"columns", "defaults", "kinds"}:
        texts = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
        return "" if texts else f"{name} must be a table of texts"
    return "" if isinstance(value, str) else f"{name} must be a text"


def _faults(made: Arrangement) -> list[str]:
    faults = [
        f"{name} is {value!r}, but must be one of: {', '.join(words)}"
        for name, value, words in (
            ("signs", made.signs, _SIGNS),
            ("unknown", made.unknown, _UNKNOWN),
            ("decimal", made.decimal, (".", ",")),
            ("positive", made.positive, tuple(LineKind)),
            ("negative", made.negative, tuple(LineKind)),
        )
        if value not in words
    ]
    if _SOURCE.fullmatch(made.source) is None:
        faults.append("source must be 1 to 32 letters, digits, dots and hyphens")
    if len(made.thousands) > 1 or made.thousands == made.decimal or made.thousands.isdigit():
        faults.append("thousands must be one sign, and another than decimal")
    if len(made.delimiter) > 1:
        faults.append("delimiter must be one sign")
    named = {*made.columns.values(), *made.defaults}
    faults += [f"there is no field {name}" for name in sorted(named - {*FIELDS})]
    words = sorted({*made.kinds.values()} - {*LineKind})
    faults += [f"there is no kind {word}" for word in words]
    return faults


# --- One line ---


def offered(
    place: Place, cells: Mapping[str, str], arrangement: Arrangement
) -> tuple[Offered | None, list[str]]:
    """Return the line that a row's cells make, or what is wrong with each of them."""
    told = {**arrangement.defaults, **{name: cell for name, cell in cells.items() if cell}}
    reading = _Reading(told, arrangement)
    kind, amount = reading.kind_and_amount()
    on, due_on = reading.day("on"), reading.day("due_on")
    begins, ends = reading.day("period_from"), reading.day("period_through")
    texts = {name: reading.text(name) for name in ("number", "contract", "text")}
    currency = reading.text("currency").upper()
    reading.check("currency", _CURRENCY.fullmatch(currency) is not None, "must be three letters")
    reading.check("number", "number" in told, "is missing")
    reading.check("on", "on" in told, "is missing")
    reading.check("contract", bool(told.keys() & {"contract", "account"}), "or account is missing")
    reading.check("account", is_acct(told.get("account", "0")), "is no account's number")
    ordered = begins is None or ends is None or begins <= ends
    reading.check("period_through", ordered, "is before the first day of the period")
    if reading.faults or kind is None or on is None:
        return None, reading.faults
    return (
        Offered(
            place=place,
            kind=kind,
            number=texts["number"],
            on=on,
            amount=amount,
            currency=currency,
            contract=texts["contract"],
            account=told.get("account", ""),
            due_on=due_on,
            text=texts["text"],
            period_from=begins,
            period_through=ends,
        ),
        [],
    )


class _Reading:
    """One row's cells, and what is wrong with them."""

    def __init__(self, told: Mapping[str, str], arrangement: Arrangement) -> None:
        self._told = told
        self._arrangement = arrangement
        self.faults: list[str] = []
        for name, cell in told.items():
            self.check(name, _CONTROL.search(cell) is None, "holds a control character")

    def check(self, name: str, holds: object, problem: str) -> None:
        """Note a fault of a field, unless something holds."""
        if not holds:
            self.faults.append(f"{name} {problem}")

    def text(self, name: str) -> str:
        """Return a text, however long it may be kept."""
        told = self._told.get(name, "")
        most = _LONGEST.get(name, 200)
        self.check(name, len(told) <= most, f"has {len(told)} characters, at most {most} are kept")
        return told

    def day(self, name: str) -> date | None:
        """Return a day; None: none is told."""
        told = self._told.get(name)
        if told is None:
            return None
        try:
            # What is read is a calendar day, which has no zone.
            found = datetime.strptime(told, self._arrangement.dates).date()  # noqa: DTZ007
        except ValueError:
            form = datetime(2026, 3, 31).strftime(self._arrangement.dates)  # noqa: DTZ001
            self.faults.append(f"{name} is {told[:40]!r}, but must be a date such as {form}")
            return None
        if found.year not in _YEARS:
            first, last = _YEARS[0], _YEARS[-1]
            self.faults.append(
                f"{name} is {told[:40]!r}, but its year must be from {first} to {last}; where no "
                "day is known the cell stays empty"
            )
            return None
        return found

    def kind_and_amount(self) -> tuple[LineKind | None, int]:
        """Return what the line is and how much, by its kind, its sign or its column."""
        signed, by_column = self._signed()
        kind = self._kind(signed)
        if signed is None or kind is None:
            return None, 0
        owed = kind in DEBITS or kind in {LineKind.REVERSAL, LineKind.REFUND}
        if not by_column and self._arrangement.signs == "kind":
            self.check("amount", signed > 0, "must be more than 0, for the kind says its way")
        else:
            fits = (signed > 0) == owed and signed != 0
            self.check("amount", fits, f"has not the sign of a line of kind {kind}")
        return kind, abs(signed)

    def _signed(self) -> tuple[int | None, bool]:
        """Return the amount, positive where it is owed, and whether a column said so."""
        debit, credit = (self._cents(name) for name in ("debit", "credit"))
        if debit or credit:
            self.check("debit", not (debit and credit), "and credit are both told")
            return (debit or -(credit or 0)), True
        signed = self._cents("amount")
        if signed is None:
            self.check("amount", "amount" in self._told, "is missing")
            return None, False
        return (-signed if self._arrangement.signs == "customer" else signed), False

    def _kind(self, signed: int | None) -> LineKind | None:
        told = self._told.get("kind")
        if told is None:
            by_sign = self._arrangement.signs != "kind" or "amount" not in self._told
            self.check("kind", by_sign, "is missing")
            if signed is None or not by_sign:
                return None
            return LineKind(
                self._arrangement.positive if signed > 0 else self._arrangement.negative
            )
        word = self._arrangement.kinds.get(told, told.lower())
        if word not in {*LineKind}:
            known = ", ".join([*self._arrangement.kinds, *LineKind])
            self.faults.append(f"kind is {told[:40]!r}, but must be one of: {known}")
            return None
        return LineKind(word)

    def _cents(self, name: str) -> int | None:
        told = self._told.get(name)
        if told is None:
            return None
        plain = told.replace("\u00a0", " ").strip()
        negative = plain.startswith("-") or (plain.startswith("(") and plain.endswith(")"))
        plain = plain.strip("()").removeprefix("-").removeprefix("+")
        found = _amount(self._arrangement).fullmatch(plain)
        if found is None:
            form = f"1{self._arrangement.thousands}129{self._arrangement.decimal}50"
            self.faults.append(f"{name} is {told[:40]!r}, but must be an amount such as {form}")
            return None
        whole = found["whole"].replace(self._arrangement.thousands or "\x00", "")
        cents = int(whole) * 100 + int((found["rest"] or "0").ljust(2, "0"))
        self.check(name, cents < _MOST, "is larger than any bill")
        return -cents if negative else cents


def _amount(arrangement: Arrangement) -> re.Pattern[str]:
    """Return how amounts are written; Python keeps what it has compiled."""
    group = re.escape(arrangement.thousands)
    grouped = rf"[0-9]{{1,3}}(?:{group}[0-9]{{3}}){{1,4}}|" if group else ""
    decimal = re.escape(arrangement.decimal)
    return re.compile(rf"(?P<whole>{grouped}[0-9]{{1,12}})(?:{decimal}(?P<rest>[0-9]{{1,2}}))?")
