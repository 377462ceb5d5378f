"""How accounts and their signals are printed for people."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from zoneinfo import ZoneInfo

from archive.canonical import JsonValue
from stationd.cli.output import table
from stationd.clock import parse_iso
from stationd.signals.model import SignalRow

__all__ = ["account_lines", "history_lines", "local", "signal_line", "signal_value"]

_HEAD = ("seq", "received", "class", "code", "event", "zone", "user", "area", "line", "marks")


def account_lines(facts: Mapping[str, JsonValue]) -> list[str]:
    """Return what is known of an account, a line a fact."""
    lines: list[str] = []
    for part in ("account", "customer", "site", "contract", "dealer"):
        value = facts.get(part)
        if isinstance(value, Mapping):
            lines += [part, *_facts(value)]
    transmitters = facts.get("transmitters")
    if isinstance(transmitters, Sequence):
        lines += ["transmitters", *_transmitters(transmitters)]
    return lines


def _facts(value: Mapping[str, JsonValue], indent: str = "  ") -> list[str]:
    lines = []
    for name, fact in value.items():
        if isinstance(fact, Mapping):
            lines += [f"{indent}{name}", *_facts(fact, f"{indent}  ")] if fact else []
        elif fact is not None and fact != "":
            lines.append(f"{indent}{name + ':':<16} {_words(fact)}")
    return lines


def _words(fact: JsonValue) -> str:
    if isinstance(fact, Sequence) and not isinstance(fact, str):
        return ", ".join(_words(one) for one in fact)
    return str(fact)


def _transmitters(found: Sequence[JsonValue]) -> list[str]:
    lines = []
    for one in found:
        if not isinstance(one, Mapping):
            continue
        sealed = "with key" if one["keys"] else "without key"
        lines.append(f"  {one['group']} {one['number']}  {one['protocol']}  {sealed}".rstrip())
        links = one["links"]
        for link in links if isinstance(links, Sequence) else ():
            if isinstance(link, Mapping):
                end = link["valid_to"] or "now on"
                scope = f"  only {link['scope']}" if link["scope"] else ""
                lines.append(f"    {link['id']}  {link['valid_from']} to {end}{scope}")
    return lines or ["  none"]


def history_lines(rows: Sequence[SignalRow], zone: ZoneInfo) -> list[str]:
    """Return signals as a table, in the site's time with its offset."""
    if not rows:
        return ["No signals in this period."]
    return table(_HEAD, [_row(row, zone) for row in rows])


def signal_line(row: SignalRow, zone: ZoneInfo) -> str:
    """Return one signal as a line of a live view."""
    where = " ".join(
        f"{name} {value}"
        for name, value in (("zone", row.zone), ("user", row.user), ("area", row.area))
        if value
    )
    marks = f" [{row.marks}]" if row.marks else ""
    marks += f" (was {row.was})" if row.was else ""
    marks += f" {folded}" if (folded := _folded(row, zone)) else ""
    return (
        f"{local(row.received_at, zone)}  {row.acct:<12} {row.signal_class:<11} {row.code:<6} "
        f"{row.name}{'  ' + where if where else ''}{marks}"
    )


def signal_value(row: SignalRow) -> dict[str, JsonValue]:
    """Return a signal as plain data."""
    return asdict(row)


def local(text: str, zone: ZoneInfo) -> str:
    """Return the moment of ``text`` in ``zone``, to the second, with its offset."""
    return f"{parse_iso(text).astimezone(zone):%Y-%m-%d %H:%M:%S %z}"


def _row(row: SignalRow, zone: ZoneInfo) -> list[str]:
    return [
        str(row.seq) if row.epoch == 1 else f"{row.epoch}/{row.seq}",
        local(row.received_at, zone),
        row.signal_class,
        row.code,
        row.name,
        row.zone,
        row.user,
        row.area,
        row.listener,
        _marks(row, zone),
    ]


def _marks(row: SignalRow, zone: ZoneInfo) -> str:
    """Return marks, what was read at first, and how many signals the row stands for."""
    was = f"(was {row.was})" if row.was else ""
    return " ".join(filter(None, (row.marks, was, _folded(row, zone))))


def _folded(row: SignalRow, zone: ZoneInfo) -> str:
    if row.count == 1:
        return ""
    began, last = local(row.received_at, zone), local(row.last_at, zone)
    return f"x {row.count} between {began} and {last}"
