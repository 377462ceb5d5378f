"""Codes that an operator adds to the tables: what the panels of a station mean by theirs.

A TOML file names them.  It is applied to what a protocol has decoded, so that no protocol knows
of it: a code that the file names gets its class, words, vendor and address from there, and says so
in ``Signal.table``, which is the file's name and a hash of what it says.

    name = "south"

    [[codes]]
    format = "sia"                # or "contact-id", or "other": event letters and digits
    code = "OG"
    class = "opening"             # of a Contact ID code: of a new event; a restore follows from it
    name = "armed by a scenario"
    address = "user"              # what the number beside it names: zone, user or area
    vendor = "ajax"
    groups = ["ip"]               # only in these receiver groups; left out: in all
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from receivers.codes import name_sia, qualified
from receivers.signals import Decoded, Signal, SignalClass, Undecoded

__all__ = ["NO_OWN_CODES", "PREFIX", "OwnCode", "OwnCodes", "OwnCodesError", "parse"]

PREFIX = "own:"
"""How the version of an operator's table begins, in every record that was read with it."""

_DIGITS = 12
_CODES = {
    "sia": re.compile(r"[A-Z]{2}"),
    "contact-id": re.compile(r"[0-9A-F]{3}"),
    "other": re.compile(r"[ -~]{1,24}"),
}
_CLASSES = {kind.value: kind for kind in SignalClass if kind is not SignalClass.SELF}
_ADDRESSES = ("zone", "user", "area")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}")
_KEYS = frozenset({"format", "code", "class", "name", "address", "vendor", "groups"})
_QUALIFIERS = {"1": "1", "3": "3", "6": "6", "E": "1", "R": "3", "P": "6"}


class OwnCodesError(ValueError):
    """A file of own codes is wrong; ``problems`` names every fault with its place."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCode:
    """One code as an operator explains it; no ``groups``: wherever it comes from."""

    format: str
    code: str
    signal_class: SignalClass
    name: str
    address: str = "zone"
    vendor: str = ""
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OwnCodes:
    """An operator's table: its version, and its codes by format and code."""

    version: str = ""
    codes: Mapping[tuple[str, str], tuple[OwnCode, ...]] = field(default_factory=dict)

    def read(self, decoded: Decoded | Undecoded, group: str) -> Decoded | Undecoded:
        """Return what was decoded on a listener of ``group`` with the codes as they stand here."""
        if not self.codes or isinstance(decoded, Undecoded):
            return decoded
        signals = tuple(self._signal(signal, group) for signal in decoded.signals)
        return decoded if signals == decoded.signals else replace(decoded, signals=signals)

    def _signal(self, signal: Signal, group: str) -> Signal:
        if signal.signal_class is SignalClass.SELF:
            return signal
        found = self.codes.get((_format(signal), signal.code), ())
        # One that names this group goes before one for everywhere.
        fits = [one for one in found if group in one.groups] or [o for o in found if not o.groups]
        return _explained(signal, fits[0], self.version) if fits else signal


NO_OWN_CODES = OwnCodes()
"""What a station has that explains no code by itself."""


def parse(text: str) -> OwnCodes:
    """Read a file of own codes, or raise `OwnCodesError` naming everything wrong in it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OwnCodesError([str(error)]) from None
    name, rows = data.get("name"), data.get("codes", [])
    problems = [f"{key}: is not known; there are name and codes" for key in data.keys() - _TOP]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        problems.append("name: 1 to 32 letters, digits, dots and hyphens must name the table")
    if not isinstance(rows, list):
        raise OwnCodesError([*problems, "codes: must be tables, [[codes]]"])
    codes: dict[tuple[str, str], tuple[OwnCode, ...]] = {}
    for place, row in enumerate(rows):
        problems += [f"codes.{place}: {fault}" for fault in _faults(row)]
        if not problems:
            one = _code(row)
            others = codes.get((one.format, one.code), ())
            problems += [f"codes.{place}: {fault}" for fault in _clash(one, others)]
            codes[one.format, one.code] = (*others, one)
    if problems:
        raise OwnCodesError(problems)
    return OwnCodes(f"{PREFIX}{name}:{_digest(rows)}", codes)


_TOP = frozenset({"name", "codes"})


def _digest(rows: list[Any]) -> str:
    """Return a hash of what the rows say; their order and the comments beside them say nothing."""
    said = sorted(json.dumps(row, sort_keys=True, ensure_ascii=True) for row in rows)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:_DIGITS]


def _faults(row: object) -> Iterator[str]:
    """Yield what is wrong with a row."""
    if not isinstance(row, dict):
        yield "must be a table"
        return
    for key in sorted(row.keys() - _KEYS):
        yield f"{key} is not known; there are {', '.join(sorted(_KEYS))}"
    yield from _faults_of_code(row)
    if row.get("class") not in _CLASSES:
        yield f"class must be one of {', '.join(sorted(_CLASSES))}"
    if row.get("address", "zone") not in _ADDRESSES:
        yield f"address must be one of {', '.join(_ADDRESSES)}"
    if not isinstance(row.get("name"), str) or not row["name"].strip():
        yield "name must say in words what the code means"
    if not isinstance(row.get("vendor", ""), str):
        yield "vendor must be a text"
    groups = row.get("groups", [])
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        yield "groups must be a list of receiver groups"


def _faults_of_code(row: Mapping[str, Any]) -> Iterator[str]:
    shape = _CODES.get(str(row.get("format")))
    if shape is None:
        yield f"format must be one of {', '.join(_CODES)}"
    elif not isinstance(row.get("code"), str) or not shape.fullmatch(row["code"]):
        yield f"code {row.get('code')!r} is none of format {row['format']}"


def _clash(one: OwnCode, others: tuple[OwnCode, ...]) -> Iterator[str]:
    """Yield why a code cannot stand beside those that were read before."""
    for other in others:
        if one.groups & other.groups or not (one.groups or other.groups):
            yield f"{one.format} {one.code} stands here twice for the same groups"


def _code(row: Mapping[str, Any]) -> OwnCode:
    return OwnCode(
        format=row["format"],
        code=row["code"],
        signal_class=_CLASSES[row["class"]],
        name=row["name"].strip(),
        address=row.get("address", "zone"),
        vendor=row.get("vendor", ""),
        groups=frozenset(row.get("groups", ())),
    )


def _format(signal: Signal) -> str:
    if "q" in signal.extra:
        return "contact-id"
    return "sia" if _CODES["sia"].fullmatch(signal.code) else "other"


def _explained(signal: Signal, own: OwnCode, version: str) -> Signal:
    kind = own.signal_class
    if own.format == "contact-id":
        kind = qualified(kind, _QUALIFIERS.get(signal.extra["q"], ""))
    named = replace(
        signal,
        signal_class=kind,
        code_name=own.name,
        vendor=own.vendor or signal.vendor,
        table=version,
    )
    place, number = _addressed(signal, own)
    if place == own.address or not number:
        return named
    moved: dict[str, Any] = {place: "", own.address: number}
    return replace(named, **moved) if not getattr(signal, own.address) else named


def _addressed(signal: Signal, own: OwnCode) -> tuple[str, str]:
    """Return which field the number beside the code was read into, and the number."""
    if own.format == "contact-id" or signal.zone:
        place = "user" if signal.user and not signal.zone else "zone"
    else:
        place = name_sia(signal.code)[2] if own.format == "sia" else "user"
    place = place if place in _ADDRESSES else "zone"
    return place, getattr(signal, place)
