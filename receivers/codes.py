"""The code tables, as package data, and what class of signal each code is.

The two tables name 327 Contact ID and 329 SIA codes in our own words.  They were compiled from
several published lists; the column ``tables_listing_it`` says in how many a code stands.  Codes
that no table names get the class their pattern suggests and no name.
"""

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from receivers.signals import SignalClass

__all__ = [
    "PLACES",
    "TABLE",
    "Code",
    "contact_id_codes",
    "name_contact_id",
    "name_sia",
    "qualified",
    "sia_codes",
]

_NAME = "stationd-codes-2"
_FILES = ("contact_id.csv", "sia.csv")
_DIGITS = 12

PLACES = frozenset({"area", "none", "point", "unknown", "user", "zone"})
"""What the number beside a code names, where a signal has a field for it or nothing is named."""

# Contact ID has private codes too, by family: whose they are no table says.
_PRIVATE = "private"
_PRIVATE_FAMILIES = frozenset({"bypass", "comm-trouble"})


@dataclass(frozen=True, slots=True)
class Code:
    """A line of a code table.  ``address`` says what the number beside the code names."""

    code: str
    kind: str
    name: str
    address: str
    listed: int

    @property
    def vendor(self) -> str:
        """Return whose private code this is (`private`: not known); empty for a standard one."""
        head, _, whose = self.kind.partition(":")
        if head != "vendor":
            return ""
        return _PRIVATE if whose in _PRIVATE_FAMILIES else whose


@cache
def contact_id_codes() -> Mapping[str, Code]:
    """Return the Contact ID table by code; read once."""
    return MappingProxyType({code.code: code for code in _read("contact_id.csv")})


@cache
def sia_codes() -> Mapping[str, Code]:
    """Return the SIA table by code; read once."""
    return MappingProxyType({code.code: code for code in _read("sia.csv")})


def _read(name: str) -> Iterator[Code]:
    for row in csv.reader(_text(name).splitlines()[1:]):
        yield Code(row[0], row[1], row[2], row[3], int(row[4]))


def _text(name: str) -> str:
    return resources.files("receivers").joinpath("tables", name).read_text(encoding="utf-8")


# Contact ID: what a new event (Q = 1) of each kind is in reports.
_CONTACT_ID_KINDS = {
    "24h-nonburglary": SignalClass.ALARM,
    "access": SignalClass.STATUS,
    "burglary": SignalClass.ALARM,
    "bypass": SignalClass.BYPASS,
    "comm-trouble": SignalClass.TROUBLE,
    "derived-channel": SignalClass.TROUBLE,
    "disable": SignalClass.BYPASS,
    "fire": SignalClass.ALARM,
    "fire-supervisory": SignalClass.SUPERVISORY,
    "general": SignalClass.ALARM,
    "loop-trouble": SignalClass.TROUBLE,
    "medical": SignalClass.MEDICAL,
    "open-close": SignalClass.OPENING,
    "panic": SignalClass.ALARM,
    "peripheral-trouble": SignalClass.TROUBLE,
    "receiver": SignalClass.TROUBLE,
    "sensor-trouble": SignalClass.TROUBLE,
    "sounder-trouble": SignalClass.TROUBLE,
    "system-trouble": SignalClass.TROUBLE,
    "test": SignalClass.TEST,
    "vendor:bypass": SignalClass.BYPASS,
    "vendor:comm-trouble": SignalClass.TROUBLE,
}
# Codes that mean something else than the rest of their kind, by what they are.
_CONTACT_ID_CODES = {
    code: kind
    for kind, codes in {
        SignalClass.ALARM: "374 423 461 646",
        SignalClass.BYPASS: "433 434 923 925",
        SignalClass.CANCEL: "406",
        # An arming, also where the event is new: no opening bears these names.
        SignalClass.CLOSING: "408 443 459 463 910 911 920",
        SignalClass.DURESS: "121 124 125",
        # Of the families of troubles, openings, disablings and tests these report none.
        SignalClass.STATUS: "306 313 453 454 455 457 458 462 464 465 466 531 532 605 606 609 616",
        SignalClass.SUPERVISORY: "641 643 922",
        SignalClass.TEST: "704 913 914 915 916 917 918 919",
        SignalClass.TROUBLE: "426 427 428 432 554 555 924 926 927",
    }.items()
    for code in codes.split()
}
# Contact ID codes no table names: the class of their first two digits, then of the first.
_CONTACT_ID_PATTERNS = {
    "10": SignalClass.MEDICAL,
    "1": SignalClass.ALARM,
    "2": SignalClass.SUPERVISORY,
    "3": SignalClass.TROUBLE,
    "40": SignalClass.OPENING,
    "44": SignalClass.OPENING,
    "45": SignalClass.OPENING,
    "5": SignalClass.BYPASS,
    "60": SignalClass.TEST,
    "61": SignalClass.TEST,
    "79": SignalClass.TROUBLE,
}
# A condition that is over is a restore, of whatever kind it was.  These are no conditions, and the
# end of a bypass belongs where its beginning stands, as in SIA (BB and BU).
_ENDLESS = frozenset(
    {
        SignalClass.BYPASS,
        SignalClass.CANCEL,
        SignalClass.CLOSING,
        SignalClass.STATUS,
        SignalClass.TEST,
    }
)


def name_contact_id(code: str, qualifier: str) -> tuple[SignalClass, str, str, str]:
    """Return class, name, what the number beside the code names (`zone`, `user`, …), and vendor.

    ``qualifier`` is 1 (new event, opening), 3 (restore, closing) or 6 (still present).
    """
    entry = contact_id_codes().get(code)
    kind = _CONTACT_ID_CODES.get(code)
    if kind is None:
        kind = (
            _CONTACT_ID_KINDS.get(entry.kind, SignalClass.STATUS)
            if entry
            else _CONTACT_ID_PATTERNS.get(
                code[:2], _CONTACT_ID_PATTERNS.get(code[:1], SignalClass.STATUS)
            )
        )
    kind = qualified(kind, qualifier)
    return (kind, entry.name, entry.address, entry.vendor) if entry else (kind, "", "zone", "")


def qualified(kind: SignalClass, qualifier: str) -> SignalClass:
    """Return the class of a Contact ID event whose code, when it is new, is of class ``kind``."""
    if qualifier == "6":
        return SignalClass.STATUS
    if qualifier == "3" and kind is SignalClass.OPENING:
        return SignalClass.CLOSING
    return SignalClass.RESTORE if qualifier == "3" and kind not in _ENDLESS else kind


# SIA: by the word after the colon, or by the word before it where that decides.
_SIA_KINDS = {
    "alarm": SignalClass.ALARM,
    "alert": SignalClass.SUPERVISORY,
    "bypass": SignalClass.BYPASS,
    "cancel": SignalClass.CANCEL,
    "restore": SignalClass.RESTORE,
    "supervisory": SignalClass.SUPERVISORY,
    "tamper": SignalClass.TROUBLE,
    "test": SignalClass.TEST,
    "trouble": SignalClass.TROUBLE,
    "unbypass": SignalClass.BYPASS,
    "verified": SignalClass.ALARM,
}
_SIA_FAMILIES = {
    "cancel": SignalClass.CANCEL,
    "close": SignalClass.CLOSING,
    "open": SignalClass.OPENING,
    "test": SignalClass.TEST,
}
# Codes that mean something else than their kind says.  A vendor's private code has the class of its
# meaning where that is plain, and the vendor's name stands beside it.
_SIA_CODES = {
    code: kind
    for kind, codes in {
        SignalClass.ALARM: "BF BL JA",
        SignalClass.CANCEL: "OC",
        SignalClass.CLOSING: "AF NB",
        SignalClass.DURESS: "ND",
        SignalClass.MEDICAL: "MA",
        SignalClass.OPENING: "NO NP OB",
        SignalClass.RESTORE: "PO XC ZY",
        SignalClass.STATUS: "CD CE CI CT OI OT",
        SignalClass.TROUBLE: "AS BG FG PF SM UG XX YL ZZ",
    }.items()
    for code in codes.split()
}
# Codes no table names: second letter within the zone families.
_SIA_ZONE_FAMILIES = frozenset("BFGHKMPQSTUWZ")
_SIA_SECOND_LETTERS = {
    "A": SignalClass.ALARM,
    "B": SignalClass.BYPASS,
    "H": SignalClass.RESTORE,
    "J": SignalClass.RESTORE,
    "R": SignalClass.RESTORE,
    "S": SignalClass.SUPERVISORY,
    "T": SignalClass.TROUBLE,
    "U": SignalClass.BYPASS,
}


def name_sia(code: str) -> tuple[SignalClass, str, str, str]:
    """Return class, name, what the address names, and the vendor of a SIA code."""
    entry = sia_codes().get(code)
    if entry is None:
        known = code[:1] in _SIA_ZONE_FAMILIES
        kind = _SIA_SECOND_LETTERS.get(code[1:2], SignalClass.STATUS)
        return (kind if known else SignalClass.STATUS), "", "zone", ""
    family, _, condition = entry.kind.partition(":")
    kind = _SIA_CODES.get(
        code, _SIA_FAMILIES.get(family, _SIA_KINDS.get(condition, SignalClass.STATUS))
    )
    return kind, entry.name, entry.address, entry.vendor


def _version() -> str:
    """Return the tables' name, and a hash of their files and of the classes above."""
    classes = (
        _CONTACT_ID_KINDS,
        _CONTACT_ID_CODES,
        _CONTACT_ID_PATTERNS,
        _SIA_KINDS,
        _SIA_FAMILIES,
        _SIA_CODES,
        _SIA_SECOND_LETTERS,
        dict.fromkeys(_SIA_ZONE_FAMILIES, ""),
        dict.fromkeys(_ENDLESS, ""),
    )
    said = [_text(name) for name in _FILES]
    said += [",".join(sorted(f"{key}={kind}" for key, kind in one.items())) for one in classes]
    digest = hashlib.sha256("\n\0".join(said).encode()).hexdigest()
    return f"{_NAME}:{digest[:_DIGITS]}"


TABLE = _version()
"""The version of both tables and of the classes above, which every record read with them names.

It changes by itself with any line of them.
"""
