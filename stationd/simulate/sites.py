"""The premises of a simulated day: their numbers, how they report, and what befalls them."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from stationd.errors import MistakeError
from stationd.simulate.happening import Form
from stationd.simulate.simulated import SIMULATED, Simulated

__all__ = ["SITES", "Plot", "Site", "SitesError", "Way", "read", "sites_of"]

_HEADER = ("number", "way", "form", "plot", "key_hex", "hangs_up")
_KEY_LENGTHS = (16, 24, 32)


class Way(StrEnum):
    """How signals of the built-in sites come to the station."""

    SERIAL = "serial"  # a Sur-Gard receiver on a serial line
    SURGARD = "surgard"  # a Sur-Gard receiver over TCP
    DC09_TCP = "dc09_tcp"
    DC09_UDP = "dc09_udp"


class Plot(StrEnum):
    """What befalls a site, besides opening, closing and its timer test."""

    QUIET = "quiet"
    BURGLARY = "burglary"
    POWER_LOSS = "power_loss"
    LINK_LOSS = "link_loss"
    UNKNOWN = "unknown"  # reports although nobody has told the station of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One site.

    ``way`` is a `Way`, or the name of a simulated receiver.  ``key``: its panel encrypts.
    ``hangs_up``: it connects for each event anew.
    """

    number: str
    way: str
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


def sites_of(name: str, simulated: Simulated) -> tuple[Site, ...]:
    """Return the sites of a simulated receiver for which nobody named others."""
    forms = simulated.forms
    plots = (Plot.BURGLARY, Plot.POWER_LOSS, Plot.UNKNOWN)
    return tuple(
        Site(number=number, way=name, form=forms[at % len(forms)], plot=plot)
        for at, (number, plot) in enumerate(zip(simulated.numbers, plots, strict=True))
    )


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
    """Return the site of one line, or raise `ValueError`."""
    cell = {name: value or "" for name, value in row.items()}
    site = Site(
        number=cell["number"],
        way=_way(cell["way"]),
        form=Form(cell["form"]),
        plot=Plot(cell.get("plot") or Plot.QUIET),
        key=bytes.fromhex(cell.get("key_hex", "")) or None,
        hangs_up=cell.get("hangs_up") == "yes",
    )
    if (fault := _fault(site)) is not None:
        raise ValueError(fault)
    return site


def _way(text: str) -> str:
    return text if text in SIMULATED else Way(text)


def _fault(site: Site) -> str | None:
    """Say what of a site does not go together."""
    on_a_receiver = site.way not in {Way.DC09_TCP, Way.DC09_UDP, "dc09"}
    if not site.number.isalnum():
        return "a number is made of digits and letters"
    if site.key is not None and len(site.key) not in _KEY_LENGTHS:
        return f"a key has 32, 48 or 64 hexadecimal digits, this has {2 * len(site.key)}"
    if on_a_receiver and (site.key or site.hangs_up):
        return f"key_hex and hangs_up are for panels, {site.way} is a receiver's line"
    if site.form is Form.BASIC and not on_a_receiver:
        return "DC-09 panels do not write in the form basic"
    return None
