"""Records of the ledger, the chains they stand in, and documents that they name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from archive.canonical import JsonValue

__all__ = [
    "STATION",
    "Checkpoint",
    "Document",
    "Head",
    "KeyChangeRow",
    "Origin",
    "Record",
    "RecordDraft",
    "RecordType",
    "file_name",
    "is_account",
    "is_chain",
    "line_chain",
    "node_chain",
    "unknown_chain",
]

STATION = "station"
"""The chain of keys, custody, staff, and of what concerns a closed epoch."""

_ACCOUNT = re.compile(r"[A-Za-z0-9._-]{1,32}")
_OTHER = re.compile(r"(unknown|line|node):.+", re.DOTALL)
_LONGEST = 160


class RecordType(StrEnum):
    """What a record tells of."""

    OPEN = "open"
    SIGNAL = "signal"
    ACTION = "action"
    CASE = "case"
    NOTICE = "notice"
    LINE = "line"
    CONFIG = "config"
    CUSTODY = "custody"
    CORRECTION = "correction"
    CLOSE = "close"


class Origin(StrEnum):
    """Who a record comes from: a receiver or ourselves, a person, another system."""

    MACHINE = "machine"
    HUMAN = "human"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class RecordDraft:
    """A record before it has a place: its chain, what it is, and its own fields.

    ``journal`` and ``position`` name the entry it was made from; ``part`` is which of how many
    events of one frame it is.
    """

    acct: str
    type: str
    origin: str
    fields: Mapping[str, JsonValue]
    journal: str | None = None
    position: int | None = None
    part: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A line of the ledger: exact bytes, and the hashes that fix its place."""

    acct: str
    epoch: int
    seq: int
    t: str
    type: str
    origin: str
    body: bytes
    leaf: bytes
    head: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a chain reaches: its size and its last hash."""

    acct: str
    epoch: int
    account_key: bytes
    size: int
    head: bytes
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Content that a record names by ``doc``, the hash of salt and content."""

    doc: bytes
    salt: bytes
    content: bytes
    media_type: str
    name: str
    compartment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """An entry of the checkpoint log, and the signed note over the log that ends in it."""

    n: int
    entry: bytes
    note: bytes
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChangeRow:
    """A change of the log key: checkpoint ``n`` covers it, record ``seq`` of the station is it."""

    n: int
    sign_off: bytes
    epoch: int
    seq: int


def unknown_chain(group: str, number: str) -> str:
    """Return the chain of a number that no account has."""
    return f"unknown:{group}:{number}"


def line_chain(listener: str) -> str:
    """Return the chain of a listener's line."""
    return f"line:{listener}"


def node_chain(node: str) -> str:
    """Return the chain of a node's starts, stops, clock and holes."""
    return f"node:{node}"


def is_account(acct: str) -> bool:
    """Tell whether ``acct`` can be an account's number at the station."""
    return acct != STATION and _ACCOUNT.fullmatch(acct) is not None


def is_chain(acct: str) -> bool:
    """Tell whether a chain may be called ``acct``."""
    return (
        acct == STATION
        or is_account(acct)
        or (len(acct) <= _LONGEST and _OTHER.fullmatch(acct) is not None)
    )


def file_name(acct: str) -> str:
    """Return a chain's name for files and objects.

    Every byte outside ``[A-Za-z0-9.-]`` is ``_`` and two hex digits, ``_`` itself included, so
    that no two chains share a name.
    """
    return re.sub(
        rb"[^A-Za-z0-9.-]", lambda match: f"_{match[0].hex()}".encode(), acct.encode()
    ).decode()
