"""What a record that is no signal says, in a line a person can read.

A step of a case, a document, a hold, an opening: first what was done, then by whom, then whatever
else the record holds.  Hashes and identifiers are cut to their first 12 digits, which is enough to
find them in the files; times are the site's.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Any

from archive.daybook import site_time

__all__ = [
    "CLASSES",
    "GAPS",
    "MARKS",
    "corrected",
    "cut",
    "duration",
    "local_time",
    "said",
    "shown",
    "span",
]

# Keys that have a place of their own in the row, or that only the files hold.
_ELSEWHERE = frozenset({"acct", "epoch", "seq", "t", "type", "origin", "salt", "entry", "marks"})
_DIGITS = re.compile(r"[0-9a-f]{16,}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_CUT = 12
_LONGEST_DETAIL = 400

CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "alarm": "a detector or a person called for help",
        "restore": "a condition ended",
        "supervisory": "a supervised part of the system changed",
        "trouble": "something in the system does not work",
        "test": "a test signal",
        "opening": "disarmed",
        "closing": "armed",
        "bypass": "a zone was taken out, or put back",
        "cancel": "an alarm was withdrawn",
        "duress": "somebody signalled a threat",
        "medical": "somebody called for medical help",
        "status": "something was reported that is none of these",
        "self": "the receiver, or the recording program, of itself",
    }
)
"""What each class of signal is, in words."""

MARKS: Mapping[str, str] = MappingProxyType(
    {
        "repeat": "the same frame came again on one path",
        "poll": "a link test",
        "suspect": "the frame has a fault that did not keep it from being read",
        "duplicate_of": "the same event came by another path too; both records stay",
        "log_only": "recorded while no response was owed",
        "post_end": "received after monitoring had ended",
        "post_close": "received after the record of the account was closed",
        "unresolved": "from a shared transmitter, and no link was for this event",
        "runaway_folded": "received while the account sent far more than normal",
        "redecoded": "read later than it was received",
        "not_acknowledged": "the sender was not told that it was received",
        "on_test": "signals were expected from testing",
        "storm": "received while a region was in storm mode",
    }
)
"""What each handling mark says, in words."""

GAPS: Mapping[str, str] = MappingProxyType(
    {
        "receiver_link": "the line to a receiver was down",
        "receiver_fault": "a receiver said it had a fault",
        "line_down": "the line to a receiver was down",
        "host_down": "the recording machine was down",
        "daemon_down": "the recording program was not running",
        "disk_refused": "the disk took nothing",
        "clock": "the clock was not known to be right",
        "clock_step": "the clock was set",
        "tap_loss": "a listening line lost bytes",
        "account_path": "this account was not heard while others were",
        "import_boundary": "before this program recorded",
        "unstamped": "nobody stamped the ledger",
    }
)
"""What each kind of gap means, in words."""


def local_time(text: str, zone: tzinfo) -> str:
    """Return a UTC time as the site's clock showed it, with offset and zone name."""
    at = site_time(text, zone)
    if at is None:
        return text
    offset = at.strftime("%z")
    return f"{at:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:5]} {at.tzname()}"


def said(fields: Mapping[str, Any], zone: tzinfo) -> str:
    """Return what a record that is no signal says."""
    lead, used = _lead(fields)
    parts = [lead]
    if fields.get("by"):
        parts.append(f"by {shown(fields['by'], zone)}")
    parts += [
        f"{_words(key)} {shown(value, zone)}"
        for key, value in fields.items()
        if key not in _ELSEWHERE | used | {"by"} and shown(value, zone)
    ]
    return "; ".join(parts)


def corrected(fields: Mapping[str, Any], zone: tzinfo) -> str:
    """Return what a correction says: what the record it corrects means, and what it said."""
    before = fields.get("before")
    old = (
        shown({k: "nothing" if v is None else v for k, v in before.items()}, zone)
        if isinstance(before, Mapping)
        else ""
    )
    place = f"record {fields.get('corrects')}"
    if fields.get("withdrawn"):
        text = f"{place} means nothing: the frame holds no such event. It said: {old}"
    else:
        now = shown({key: fields[key] for key in _READING if key in fields}, zone)
        text = f"{place} means: {now}. It said: {old}"
    return f"{text}; by {shown(fields['by'], zone)}" if fields.get("by") else text


_READING = ("class", "code", "name", "zone", "user", "area", "text", "number", "table")


def _lead(fields: Mapping[str, Any]) -> tuple[str, frozenset[str]]:
    """Return what was done, and the keys that are told by it."""
    kind, fact = fields.get("kind"), fields.get("fact")
    if kind == "step" and isinstance(fields.get("to"), str):
        source = _words(fields.get("from") or "the beginning")
        text = f"Step {fields.get('row', '')}: from {source} to {_words(fields['to'])}"
        return text, frozenset({"kind", "row", "from", "to"})
    if kind in {"document", "fact"} and isinstance(fact, str):
        what = "document kept" if kind == "document" else "fact recorded"
        return f"{_begun(fact)}: {what}", frozenset({"kind", "fact"})
    if isinstance(fields.get("text"), str) and fields["text"]:
        return str(fields["text"]), frozenset({"text"})
    if isinstance(kind, str) and kind:
        return _begun(kind), frozenset({"kind"})
    return _begun(str(fields.get("type") or "record")), frozenset()


def shown(value: object, zone: tzinfo) -> str:
    """Return a value in words; empty where it says nothing."""
    if isinstance(value, str):
        if _TIME.fullmatch(value):
            return local_time(value, zone)
        return _DIGITS.sub(lambda found: f"{found[0][:_CUT]}...", value)
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, (shown(item, zone) for item in value)))
    if isinstance(value, Mapping):
        pairs = ((key, shown(item, zone)) for key, item in value.items())
        return " ".join(f"{_words(key)} {text}" for key, text in pairs if text)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _words(key: object) -> str:
    return "document" if key == "doc" else str(key).replace("_", " ")


def _begun(text: str) -> str:
    words = _words(text)
    return words[:1].upper() + words[1:]


def cut(text: str) -> str:
    """Return ``text``, or its beginning where it is too long for a cell."""
    return text if len(text) <= _LONGEST_DETAIL else f"{text[:_LONGEST_DETAIL]} ..."


def duration(length: timedelta) -> str:
    """Return a length of time in words, its two largest units."""
    seconds = int(length.total_seconds())
    parts = []
    for name, unit in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, seconds = divmod(seconds, unit)
        if number:
            parts.append(f"{number} {name}")
    return " ".join(parts[:2]) or "0 s"


def span(begin: object, end: object) -> timedelta | None:
    """Return the time between two texts; None where one of them is no time."""
    try:
        return datetime.fromisoformat(str(end)) - datetime.fromisoformat(str(begin))
    except (ValueError, TypeError):
        return None
