"""Tables of records: every one, the incidents among them, or those around one incident.

Every table that holds what people entered beside what machines sent says which is which in each
row, in words and by a tint.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from hashlib import sha256
from typing import Any

from archive.report_pages import Column, Layout
from archive.report_words import corrected, cut, local_time, said, shown, span
from archive.summary import Summary, moment

__all__ = ["event", "legend", "place", "record_table", "window_table"]

_RECORDS = (
    Column("seq", 28, right=True),
    Column("site time", 108),
    Column("class", 46),
    Column("code", 28),
    Column("event", 116),
    Column("zone, user, area", 46),
    Column("receiver, line", 40),
    Column("origin, marks", 52),
    Column("frame hash", 58),
)
_WINDOW = (
    Column("site time", 108),
    Column("from the first", 42, right=True),
    Column("seq", 30, right=True),
    Column("class", 48),
    Column("event", 160),
    Column("zone, user, area", 54),
    Column("origin, marks", 80),
)
_MACHINE = "machine"
# Keys of a record that the table shows elsewhere, or that only the files hold.
_COMMON = frozenset(
    {"acct", "epoch", "seq", "t", "type", "origin", "salt", "entry", "part", "rx", "listener"}
    | {"group", "number", "proto", "frame", "plain", "class", "code", "name", "zone", "user"}
    | {"area", "text", "new", "rcv", "panel_time", "sender_time", "sequence", "marks", "doc"}
    | {"table"}
)
_PLACES = (("zone", "z "), ("user", "u "), ("area", "a "))


def legend(layout: Layout) -> None:
    """Say what the columns of a table of records mean."""
    layout.note(
        "Origin: machine is what a receiver or the recording program sent; human, on a tinted row, "
        "is what a person entered; import came from another system. z zone, u user number, a area, "
        "as the panel named them. Frame hash: the first 12 digits of the SHA-256 of the frame, "
        "which is in the .csv and .jsonl files. Other hashes and identifiers are cut to 12 digits "
        "too; the files hold them whole."
    )


def record_table(layout: Layout, rows: Iterable[Mapping[str, Any]], summary: Summary) -> None:
    """Write one row a record."""
    layout.table(_RECORDS, [(_record(fields, summary), _by_people(fields)) for fields in rows])


def window_table(
    layout: Layout, rows: Sequence[Mapping[str, Any]], start: str, summary: Summary
) -> None:
    """Write the rows around an incident, with minutes and seconds from its first signal."""
    zone = summary.zone
    layout.table(
        _WINDOW,
        [
            (
                [
                    local_time(moment(fields), zone),
                    _from(start, moment(fields)),
                    str(fields.get("seq", "")),
                    *_what(fields, zone),
                    _origin(fields, summary),
                ],
                _by_people(fields),
            )
            for fields in rows
        ],
    )


def _by_people(fields: Mapping[str, Any]) -> bool:
    return fields.get("origin") != _MACHINE


def _record(fields: Mapping[str, Any], summary: Summary) -> list[str | None]:
    zone = summary.zone
    return [
        str(fields.get("seq", "")),
        local_time(moment(fields), zone),
        *(_signal(fields, zone) if fields.get("type") == "signal" else _other(fields, zone)),
        _origin(fields, summary),
        _frame_hash(fields),
    ]


def _origin(fields: Mapping[str, Any], summary: Summary) -> str:
    marks = fields.get("marks")
    origin = [str(fields.get("origin") or "no origin")]
    origin += [str(mark) for mark in marks] if isinstance(marks, list) else []
    if fields.get("seq") in summary.corrected:
        origin.append(f"corrected by record {summary.corrected[fields['seq']]}")
    return ", ".join(origin)


def _signal(fields: Mapping[str, Any], zone: tzinfo) -> list[str | None]:
    """Return the cells from class to receiver."""
    return [
        shown(fields.get("class"), zone) or "signal",
        shown(fields.get("code"), zone),
        event(fields, zone),
        place(fields, zone),
        shown(fields.get("rcv"), zone) or shown(fields.get("listener"), zone),
    ]


def _other(fields: Mapping[str, Any], zone: tzinfo) -> list[str | None]:
    """Return the same cells of a record that is no signal: what it says, over all of them."""
    if fields.get("type") == "correction" and isinstance(fields.get("before"), Mapping):
        return ["correction", cut(corrected(fields, zone)), None, None, None]
    return [str(fields.get("type") or ""), cut(said(fields, zone)), None, None, None]


def _what(fields: Mapping[str, Any], zone: tzinfo) -> list[str | None]:
    """Return the cells class, event and place of a row around an incident."""
    if fields.get("type") != "signal":
        kind, text, *_ = _other(fields, zone)
        return [kind, text, None]
    code = shown(fields.get("code"), zone)
    name = event(fields, zone)
    said_so = f"{name} ({code})" if code and name else name or code
    return [shown(fields.get("class"), zone) or "signal", said_so, place(fields, zone)]


def place(fields: Mapping[str, Any], zone: tzinfo) -> str:
    """Return zone, user and area as the panel named them."""
    where = [f"{sign}{text}" for key, sign in _PLACES if (text := shown(fields.get(key), zone))]
    return " ".join(where)


def event(fields: Mapping[str, Any], zone: tzinfo) -> str:
    """Return what a signal says beside its code and place."""
    parts = [str(fields.get("name") or ""), str(fields.get("text") or "")]
    parts += [
        f"{key} {text}"
        for key, value in fields.items()
        if key not in _COMMON and (text := shown(value, zone))
    ]
    return cut("; ".join(part for part in parts if part))


def _frame_hash(fields: Mapping[str, Any]) -> str:
    """Return the first 12 digits of the frame's SHA-256: enough to find it again."""
    try:
        return sha256(bytes.fromhex(fields["frame"])).hexdigest()[:12]
    except (KeyError, TypeError, ValueError):
        return ""


def _from(start: str, time: str) -> str:
    """Return how long after ``start`` something was, in minutes and seconds."""
    length = span(start, time)
    if length is None:
        return ""
    seconds = round(length.total_seconds())
    sign = "-" if seconds < 0 else "+"
    return f"{sign}{abs(seconds) // 60}:{abs(seconds) % 60:02}"
