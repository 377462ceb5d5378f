"""What a record that is no signal says, in a line a person can read.

A step of a case, a document, a hold, an opening: first what was done, then by whom, then whatever
else the record holds.  Hashes and identifiers are cut to their first 12 digits, which is enough to
find them in the files; times are the site's.
"""

import re
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from archive.summary import site_time

__all__ = ["corrected", "local_time", "said", "shown"]

# Keys that have a place of their own in the row, or that only the files hold.
_ELSEWHERE = frozenset({"acct", "epoch", "seq", "t", "type", "origin", "salt", "entry", "marks"})
_DIGITS = re.compile(r"[0-9a-f]{16,}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_CUT = 12


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
