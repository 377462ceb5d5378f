"""The premises of a simulated day: their numbers, how they report, and what befalls them."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from stationd.errors import MistakeError

__all__ = ["SITES", "Form", "Plot", "Site", "SitesError", "Way", "read"]

_HEADER = ("number", "way", "form", "plot", "key_hex", "hangs_up")
_KEY_LENGTHS = (16, 24, 32)


class Way(StrEnum):
    """How signals come to the station."""

    SERIAL = "serial"  # a Sur-Gard receiver on a serial line
    SURGARD = "surgard"  # a Sur-Gard receiver over TCP
    DC09_TCP = "dc09_tcp"
    DC09_UDP = "dc09_udp"


class Form(StrEnum):
    """How a panel writes its events."""

    CONTACT_ID = "contact_id"
    SIA = "sia"
    BASIC = "basic"  # Sur-Gard's plain event letters; DC-09 panels have no such form


class Plot(StrEnum):
    """What befalls a site, besides opening, closing and its timer test."""

    QUIET = "quiet"
    BURGLARY = "burglary"
    POWER_LOSS = "power_loss"
    LINK_LOSS = "link_loss"
    UNKNOWN = "unknown"  # reports although nobody has told the station of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One site.  ``key``: its panel encrypts.  ``hangs_up``: it connects for each event anew."""

    number: str
    way: Way
    form: Form
    plot: Plot = Plot.QUIET
    key: bytes | None = None
    hangs_up: bool = False


class SitesError(MistakeError):
    """A file of sites is wrong; ``problems`` has every bad line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(["sites:", *(f"  {problem}" for problem in self.problems)]))


SITES = (
    Site(number="1234", way=Way.SERIAL, form=Form.CONTACT_ID, plot=Plot.BURGLARY),
    Site(number="1235", way=Way.SERIAL, form=Form.SIA, plot=Plot.POWER_LOSS),
    Site(number="0042", way=Way.SERIAL, form=Form.BASIC),
    Site(number="8888", way=Way.SERIAL, form=Form.CONTACT_ID, plot=Plot.UNKNOWN),
    Site(number="4711", way=Way.SURGARD, form=Form.CONTACT_ID, plot=Plot.POWER_LOSS),
    Site(number="4712", way=Way.SURGARD, form=Form.SIA, plot=Plot.LINK_LOSS),
    Site(number="5A01", way=Way.DC09_TCP, form=Form.SIA, plot=Plot.BURGLARY),
    Site(
        number="5A02",
        way=Way.DC09_TCP,
        form=Form.CONTACT_ID,
        plot=Plot.POWER_LOSS,
        key=bytes.fromhex("5a02" * 8),
    ),
    Site(
        number="5A03",
        way=Way.DC09_TCP,
        form=Form.SIA,
        plot=Plot.LINK_LOSS,
        key=bytes.fromhex("5a03" * 16),
        hangs_up=True,
    ),
    Site(number="9999", way=Way.DC09_TCP, form=Form.SIA, plot=Plot.UNKNOWN, hangs_up=True),
    Site(number="6A01", way=Way.DC09_UDP, form=Form.CONTACT_ID),
    Site(
        number="6A02",
        way=Way.DC09_UDP,
        form=Form.SIA,
        plot=Plot.BURGLARY,
        key=bytes.fromhex("6a02" * 12),
    ),
)
"""The sites of a day that nobody configured: every way, form, plot and key length."""


def read(text: str) -> tuple[Site, ...]:
    """Read a CSV file of sites (header: number,way,form,plot,key_hex,hangs_up).

    Only number, way and form need a value.  Raises `SitesError` with every bad line.
    """
    rows = csv.DictReader(io.StringIO(text))
    unknown = set(rows.fieldnames or ()) - set(_HEADER)
    if unknown or not {"number", "way", "form"} <= set(rows.fieldnames or ()):
        raise SitesError([f"line 1: the header must be {','.join(_HEADER)}"])
    sites: list[Site] = []
    problems: list[str] = []
    for row in rows:
        try:
            sites.append(_site(row))
        except ValueError as error:
            problems.append(f"line {rows.line_num}: {error}")
    if problems:
        raise SitesError(problems)
    return tuple(sites)


def _site(row: Mapping[str, str | None]) -> Site:
    key = bytes.fromhex(row.get("key_hex") or "")
    if key and len(key) not in _KEY_LENGTHS:
        msg = f"a key has 32, 48 or 64 hexadecimal digits, this has {2 * len(key)}"
        raise ValueError(msg)
    site = Site(
        number=row["number"] or "",
        way=Way(row["way"] or ""),
        form=Form(row["form"] or ""),
        plot=Plot(row.get("plot") or Plot.QUIET),
        key=key or None,
        hangs_up=(row.get("hangs_up") or "") == "yes",
    )
    if not site.number.isalnum():
        msg = "a number is made of digits and letters"
        raise ValueError(msg)
    if site.way in {Way.SERIAL, Way.SURGARD} and (site.key or site.hangs_up):
        msg = f"key_hex and hangs_up are for panels, {site.way} is a receiver's line"
        raise ValueError(msg)
    if site.way in {Way.DC09_TCP, Way.DC09_UDP} and site.form is Form.BASIC:
        msg = "DC-09 panels do not write in the form basic"
        raise ValueError(msg)
    return site
