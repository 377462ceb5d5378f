"""`stationctl status`."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.anchors.model import Progress
from stationd.anchors.store import read_progress
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso, parse_iso
from stationd.errors import JournalUnavailableError
from stationd.journal.reader import JournalReader
from stationd.journal.released import read_released, released_path
from stationd.overview.model import JournalState, Kept, LineState, Overview
from stationd.overview.service import kept, overview
from stationd.schedule.checks import Check, read_checks
from stationd.timekeeping.telling import sentence

__all__ = ["kept_sentence", "status", "watched"]


@click.command(epilog="Example: watch stationctl status")
@click.pass_obj
def status(office: Office) -> None:
    """Show how the station stands: listeners, journal, checkpoints, cases, archive, disk."""
    reader = JournalReader(office.settings.journal.path)
    try:
        found = overview(office.desk, reader)
        own = _kept(office, reader)
    finally:
        reader.close()
    with office.desk.database.reading() as connection:
        checks = read_checks(connection)
        progress = read_progress(connection)
    office.trail.reading("status")
    disks = _disks([office.settings.journal.path, *_database_file(office)])
    now = office.clock.now()
    value: dict[str, JsonValue] = {
        "at": iso(now),
        **_value(found),
        "anchor": _anchor_value(progress),
        "checks": [_check_value(one) for one in checks],
        "disks": disks,
        "kept": None if own is None else _kept_value(own),
    }
    zones = {one.name: one.zone for one in office.settings.listeners}
    said = [sentence(one, zones.get(one.listener, "UTC")) for one in found.clocks]
    lines = [*_text(found, progress, checks, disks, now), *_looked_at(found, said)]
    if own is not None:
        lines.append(f"Journal     {kept_sentence(own, now)}")
    office.show(value, lines)


def _kept(office: Office, reader: JournalReader) -> Kept | None:
    """Return what this node's journal has; None where there is none on this machine."""
    try:
        return kept(reader, read_released(released_path(office.settings.journal.path)))
    except JournalUnavailableError:
        return None


def _kept_value(own: Kept) -> dict[str, JsonValue]:
    return {
        "entries": own.entries,
        "since": None if own.since is None else iso(own.since),
        "released": own.released,
        "open": own.open,
        "open_since": None if own.open_since is None else iso(own.open_since),
    }


def kept_sentence(own: Kept, now: datetime) -> str:
    """Say what a journal has, and how much of it waits for an anchor."""
    if own.since is None:
        return "this node's has no entries"
    said = f"this node's has {own.entries} entries, the oldest {_ago(own.since, now)}"
    if own.open_since is None:
        return f"{said}; an anchor in the archive covers all of them"
    return (
        f"{said}; {own.open} wait for an anchor in the archive, the oldest "
        f"{_ago(own.open_since, now)}, and are not dropped before"
    )


def _database_file(office: Office) -> list[Path]:
    url = office.unchecked_desk.database.engine.url
    local = url.get_backend_name() == "sqlite" and url.database
    return [Path(url.database)] if local and url.database else []


def _disks(paths: Sequence[Path]) -> list[dict[str, JsonValue]]:
    """Return what is free where each file lies; what cannot be asked is left out."""
    disks: list[dict[str, JsonValue]] = []
    for path in paths:
        try:
            usage = shutil.disk_usage(path.parent)
        except OSError:
            continue
        disks.append({"path": str(path.parent), "free": usage.free, "size": usage.total})
    return disks


def _value(found: Overview) -> dict[str, JsonValue]:
    value: dict[str, JsonValue] = asdict(found)
    return value


def _check_value(check: Check) -> dict[str, JsonValue]:
    return {
        "name": check.name,
        "outcome": check.outcome,
        "detail": check.detail,
        "at": iso(check.at),
    }


def _anchor_value(progress: Progress) -> JsonValue:
    if progress.good is None:
        return None
    waits = progress.unstored
    return {
        "checkpoint": progress.good[0],
        "stamped_at": iso(progress.good[1]),
        "waits_for_archive_since": None if waits is None else iso(waits),
    }


def _anchor(progress: Progress, now: datetime) -> str:
    if progress.good is None:
        return "Anchor      none yet"
    n, at = progress.good
    waits = progress.unstored
    rest = "" if waits is None else f"; the archive lacks what was stamped {_ago(waits, now)}"
    return f"Anchor      checkpoint {n}, stamped {_ago(at, now)}{rest}"


def _text(
    found: Overview,
    progress: Progress,
    checks: Sequence[Check],
    disks: Sequence[Mapping[str, JsonValue]],
    now: datetime,
) -> list[str]:
    lines = ["Listeners", *_indent(_line_table(found.lines, now))]
    lines += ["Journals", *_indent(_journal_table(found.journals, now))]
    lines += [_checkpoint(found, now)]
    lines.append(f"Accounts    {_counts(found.accounts)}")
    lines.append(f"Open cases  {_counts(found.cases)}")
    lines.append(f"Bundles     {_counts(found.orders)}")
    lines.append(f"Supervision {watched(found.supervision)}")
    lines.append(f"Gaps        {found.open_gaps} open of listeners and nodes")
    lines.append(f"Holds in force {found.holds}, parked {found.parked}")
    lines.append(_anchor(progress, now))
    for check in checks:
        when = _ago(check.at, now)
        lines.append(f"Check {check.name}: {check.outcome} {when}. {check.detail}".rstrip())
    for disk in disks:
        lines.append(
            f"Disk        {_gib(disk['free'])} of {_gib(disk['size'])} free at {disk['path']}"
        )
    return lines


def _looked_at(found: Overview, clocks: Sequence[str | None]) -> list[str]:
    """Return what somebody should look at: accounts that run away, clocks that are off."""
    lines = [
        f"Runaway     {run.acct}: {run.count} signals between {run.began_at} and {run.last_at}"
        for run in found.runaways
    ]
    lines += [f"Clock       {text}" for text in clocks if text is not None]
    if found.wrong_panels:
        lines.append(
            f"Clock       {found.wrong_panels} panels: `receiver clocks --panels` has them"
        )
    return lines


def _line_table(found: Sequence[LineState], now: datetime) -> list[str]:
    if not found:
        return ["none has been heard of; stationd tells of them when it starts"]
    return table(
        ("listener", "node", "link", "since", "last heard", "why"),
        [
            [
                one.listener,
                one.node,
                "up" if one.up else "DOWN",
                one.since,
                "never" if one.heard_at is None else _ago(parse_iso(one.heard_at), now),
                one.why,
            ]
            for one in found
        ],
    )


def _journal_table(found: Sequence[JournalState], now: datetime) -> list[str]:
    if not found:
        return ["none has been taken over yet; is the worker running?"]
    return table(
        ("node", "position", "last taken", "waiting"),
        [
            [
                one.node or "not taken yet",
                str(one.position),
                _ago(parse_iso(one.taken_at), now) if one.taken_at else "never",
                "not readable here" if one.behind is None else f"{one.behind} entries",
            ]
            for one in found
        ],
    )


def _checkpoint(found: Overview, now: datetime) -> str:
    if found.checkpoint is None or found.checkpoint_at is None:
        return "Checkpoint  none yet"
    when = _ago(parse_iso(found.checkpoint_at), now)
    return f"Checkpoint  {found.checkpoint}, {when}; {found.uncovered} chains have grown since"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


def watched(counts: Mapping[str, int]) -> str:
    """Say how supervised accounts stand."""
    if not counts:
        return "no account is supervised"
    overdue = counts.get("missed", 0)
    return f"{_counts(counts)}; {overdue or 'nobody'} overdue"


def _ago(moment: datetime, now: datetime) -> str:
    seconds = int((now - moment).total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{max(seconds, 0)} s ago"


def _gib(count: JsonValue) -> str:
    return f"{int(str(count)) / 2**30:.1f} GiB"


def _indent(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]
