"""The fields of the records that entries become (docs/reference/ledger-records.md)."""

import hashlib
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any

from archive.canonical import JsonValue
from receivers.signals import Decoded, Signal
from stationd.clock import from_ns, iso
from stationd.follower.duplicates import Heard
from stationd.follower.meaning import note_of
from stationd.follower.model import Taken, Tally
from stationd.journal.model import Entry
from stationd.ledger.chain import OWN_KEYS

__all__ = [
    "entry_fields",
    "frame_hash",
    "heartbeat_fields",
    "line_fields",
    "masked_bytes",
    "park_fields",
    "part_fields",
    "place_fields",
    "signal_fields",
    "whole_fields",
]

_FRAME = b"stationd:frame:v1\0"
_MASK = ord("*")

# Larger integers have no canonical form (archive/canonical.py).
_LARGEST = 2**53 - 1

# A signal's texts, and what a record calls them; what is empty is left out.
_TEXTS = {
    "area": "area",
    "class": "signal_class",
    "code": "code",
    "name": "code_name",
    "number": "number",
    "panel_time": "panel_time",
    "receiver_time": "receiver_time",
    "sender_time": "sender_time",
    "sequence": "sequence",
    "text": "text",
    "user": "user",
    "vendor": "vendor",
    "zone": "zone",
}
_KEYS = tuple(_TEXTS)
_values = attrgetter(*_TEXTS.values())

Fields = dict[str, JsonValue]


def frame_hash(entry: Entry) -> str:
    """Return what a record names a frame by that it must not hold.

    The entry's salt is in it: without one, a neighbour's signal could be guessed and confirmed.
    """
    return hashlib.sha256(_FRAME + entry.salt + entry.raw).hexdigest()


def masked_bytes(data: bytes, spans: Iterable[tuple[int, int, str]]) -> bytes:
    """Return ``data`` with every byte of ``spans`` as ``*``."""
    masked = bytearray(data)
    for start, end, _ in spans:
        masked[start:end] = bytes([_MASK]) * len(masked[start:end])
    return bytes(masked)


def entry_fields(taken: Taken, journal: str) -> Fields:
    """Return what every record of an entry has: the entry, when and where it came in."""
    entry = taken.entry
    fields: Fields = {
        "entry": {"journal": journal, "link": entry.link.hex(), "position": entry.position},
        "rx": taken.rx,
    }
    if entry.listener:
        fields["listener"] = entry.listener
    if taken.listener is not None:
        fields["group"] = taken.listener.group
        fields["proto"] = taken.listener.receiver
    return fields


def whole_fields(entry: Entry, decoded: Decoded) -> Fields:
    """Return the frame, whole, for a chain that all its events go to."""
    spans = [(start, end, kind) for start, end, kind in decoded.masked]
    fields: Fields = {}
    if decoded.plain:
        fields["frame"] = entry.raw.hex()
        fields["plain"] = masked_bytes(decoded.plain, spans).hex()
    else:
        fields["frame"] = masked_bytes(entry.raw, spans).hex()
    if spans:
        fields["masked"] = spans
    return fields


def part_fields(entry: Entry, decoded: Decoded, signal: Signal) -> Fields:
    """Return the event's own part of a frame that says something of others too."""
    fields: Fields = {"frame_hash": frame_hash(entry)}
    # Spans are counted in the whole frame, so a part of a masked one cannot be shown.
    if signal.token and not decoded.masked:
        fields["token"] = _text(signal.token)
    return fields


def signal_fields(signal: Signal, table: str) -> Fields:
    """Return the decoded fields of ``signal``; ``table`` is the frame's code table's version."""
    texts = zip(_KEYS, _values(signal), strict=True)
    fields: Fields = {key: _text(text) for key, text in texts if text}
    if signal.receiver or signal.line:
        fields["rcv"] = _text(f"{signal.receiver}/{signal.line}")
    if signal.new is not None:
        fields["new"] = signal.new
    if signal.extra:
        fields["extra"] = _storable(signal.extra)
    if signal.table or table:
        fields["table"] = _text(signal.table or table)
    return fields


def place_fields(heard: Heard) -> Fields:
    """Return where the first record of an event comes from."""
    return {"journal": heard.journal, "part": heard.part, "position": heard.position}


def park_fields(taken: Taken, reason: str) -> Fields:
    """Return what a line's chain keeps of a frame that was not read: its hash, not its bytes."""
    return {
        "bytes": len(taken.entry.raw),
        "frame_hash": frame_hash(taken.entry),
        "kind": str(taken.entry.kind),
        "reason": reason,
        **_note_fields(note_of(taken.entry)),
    }


def line_fields(taken: Taken) -> Fields:
    """Return the fields of an entry that is no frame: its kind and what its note says."""
    fields: Fields = {"kind": str(taken.entry.kind), **_note_fields(note_of(taken.entry))}
    if taken.entry.raw:
        fields["frame_hash"] = frame_hash(taken.entry)
        fields["bytes"] = len(taken.entry.raw)
    return fields


def heartbeat_fields(tally: Tally, journal: str) -> Fields:
    """Return the fields of one listener's heartbeats of one hour."""
    return {
        "count": tally.count,
        "entries": {
            "first": tally.first_position,
            "journal": journal,
            "last": tally.last_position,
        },
        "first": iso(from_ns(tally.first_ns)),
        "kind": "heartbeats",
        "last": iso(from_ns(tally.last_ns)),
        "listener": tally.listener,
    }


_TAKEN_NAMES = OWN_KEYS | {"entry", "rx", "listener", "group", "proto", "kind", "reason", "bytes"}


def _note_fields(note: Mapping[str, Any]) -> Fields:
    """Return a note's members, under ``note`` where one would take another field's name."""
    fields = _members(note)
    if not fields or _TAKEN_NAMES.isdisjoint(fields):
        return fields
    return {"note": fields}


def _members(value: Mapping[str, Any]) -> Fields:
    return {
        key.encode("ascii", "backslashreplace").decode(): _storable(item)
        for key, item in value.items()
    }


def _storable(value: Any) -> JsonValue:  # noqa: ANN401  (whatever JSON holds)
    """Return ``value`` with a canonical form: large integers (nanoseconds) and fractions as text.

    One entry that could not be written would hold up all that follow it.
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int) and abs(value) <= _LARGEST:
        return value
    if isinstance(value, Mapping):
        return _members(value)
    if isinstance(value, (list, tuple)):
        return [_storable(item) for item in value]
    return str(value)


def _text(text: str) -> str:
    """Return ``text`` without lone surrogates, which UTF-8 cannot write."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
