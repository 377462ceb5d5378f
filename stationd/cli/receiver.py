"""`stationctl receiver`: see whether a listener's settings fit what arrives on it."""

import time

import click

from archive.canonical import JsonValue
from receivers.registry import RECEIVERS
from stationd.checkup.judging import Asked, Report, judge
from stationd.cli.office import Office
from stationd.cli.receiver_clocks import clocks
from stationd.errors import MistakeError
from stationd.journal.model import Entry
from stationd.journal.reader import JournalReader
from stationd.settings import Listener, RelayListener, Settings

__all__ = ["last_position", "receiver"]

_PAGE = 1000


@click.group()
def receiver() -> None:
    """Look at receivers."""


receiver.add_command(clocks)


@receiver.command(
    epilog="""\b
Examples:
  stationctl receiver check receiver-1
  stationctl receiver check receiver-1 --seconds 120 --json

Exit codes: 0 nothing to change, 1 something does not fit, 2 no such listener, 5 no journal.
"""
)
@click.argument("name")
@click.option(
    "--seconds", type=click.IntRange(0, 3600), default=60, show_default=True, help="How long."
)
@click.pass_context
def check(ctx: click.Context, name: str, seconds: int) -> None:
    """Listen for some seconds, and say which settings fit what came on the listener NAME.

    It reads what stationd puts into its journal, and touches neither line nor receiver.
    """
    office: Office = ctx.obj
    asked = _asked(office.settings, name)
    office.trail.reading("receiver check")
    office.note(f"Listening to {name} for {seconds:g} s …")
    reader = JournalReader(office.settings.journal.path)
    try:
        start = last_position(reader)
        time.sleep(seconds)
        entries = _since(reader, start)
    finally:
        reader.close()
    report = judge(asked, [entry for entry in entries if entry.listener == name], seconds)
    office.show(_value(asked, report), _lines(asked, report))
    if report.faulty:
        ctx.exit(1)


def last_position(reader: JournalReader) -> int:
    """Return the position of the last entry; 0: there is none.

    Positions have no gap but those at the beginning that were dropped, so it can be searched for.
    """
    low, step = 0, 1
    while found := reader.read(low + step, 1):
        low, step = found[0].position, step * 2
    while step > 1:
        step //= 2
        if found := reader.read(low + step, 1):
            low = found[0].position
    while found := reader.read(low, 2):
        low = found[-1].position
    return low


def _since(reader: JournalReader, position: int) -> list[Entry]:
    entries: list[Entry] = []
    while page := reader.read(position, _PAGE):
        entries += page
        position = page[-1].position
    return entries


def _asked(settings: Settings, name: str) -> Asked:
    for listener in settings.listeners:
        if listener.name == name:
            return _asked_of(listener)
    names = ", ".join(listener.name for listener in settings.listeners) or "none"
    raise MistakeError(f"No listener is named {name}; there are: {names}.")


def _asked_of(listener: Listener) -> Asked:
    kind = listener.between.kind if isinstance(listener, RelayListener) else listener.kind
    heartbeat = listener.heartbeat
    return Asked(
        name=listener.name,
        receiver=listener.receiver,
        mode=listener.mode,
        serial=kind == "serial",
        has_heartbeat=RECEIVERS[listener.receiver].heartbeat,
        heartbeat=None if heartbeat is None else heartbeat.total_seconds(),
        options=listener.options,
    )


def _value(asked: Asked, report: Report) -> JsonValue:
    looks = report.looks
    return {
        "listener": asked.name,
        "receiver": asked.receiver,
        "seconds": int(report.seconds),
        "counts": dict(report.counts),
        "looks_like": None if looks is None else looks.receiver,
        "findings": [
            {
                "name": one.name,
                "faulty": one.faulty,
                "text": one.text,
                "setting": one.setting,
            }
            for one in report.findings
        ],
    }


def _lines(asked: Asked, report: Report) -> list[str]:
    counts = ", ".join(f"{count} {kind}" for kind, count in report.counts.items() if count)
    lines = [f"{asked.name}: {counts or 'nothing'} in {report.seconds:g} s"]
    if report.looks is not None:
        lines.append(f"looks like {report.looks.receiver}: {report.looks.because}")
    for finding in report.findings:
        lines.append(f"{'change' if finding.faulty else 'note'}  {finding.text}")
        lines += [f"        {line}" for line in finding.setting.splitlines()]
    if not report.findings:
        lines.append("The settings fit what came.")
    return lines
