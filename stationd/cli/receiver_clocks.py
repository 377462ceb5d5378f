"""`stationctl receiver clocks`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import click

from archive.canonical import JsonValue
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.net.kernel_clock import read_kernel_clock
from stationd.supervision.wall_clock import ClockState as Kept
from stationd.timekeeping.model import Clock
from stationd.timekeeping.store import count_wrong_panels, read_panels, read_receivers
from stationd.timekeeping.telling import host_sentence, sentence, shown

__all__ = ["clocks"]


@click.command(epilog="Example: stationctl receiver clocks --panels")
@click.option("--panels", is_flag=True, help="Also the panels whose clocks are not right.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@click.pass_obj
def clocks(office: Office, *, panels: bool, limit: int) -> None:
    """Show what the clocks of receivers (and panels) are beside ours, and how they drift.

    Offsets are theirs minus ours, the middle of the last samples.
    """
    with office.desk.database.reading() as connection:
        found = read_receivers(connection)
        found += read_panels(connection, limit=limit) if panels else []
        wrong = count_wrong_panels(connection)
    office.trail.reading("receiver clocks")
    zones = {one.name: one.zone for one in office.settings.listeners}
    said = [sentence(one, zones.get(one.listener, "UTC")) for one in found]
    kernel = read_kernel_clock()
    host = host_sentence(kernel.offset_ns, synced=kernel.state is Kept.SYNCED)
    value: dict[str, JsonValue] = {
        "host": {"state": kernel.state.value, "offset_ns": kernel.offset_ns, "said": host},
        "clocks": [_value(one, text) for one, text in zip(found, said, strict=True)],
        "wrong_panels": wrong,
    }
    office.show(value, [host, *_lines(found, zones), *filter(None, said), *_panels(wrong, panels)])


def _value(clock: Clock, said: str | None) -> JsonValue:
    value: dict[str, JsonValue] = asdict(clock)
    return {**value, "state": clock.state.value, "said": said}


def _lines(found: Sequence[Clock], zones: Mapping[str, str]) -> list[str]:
    if not found:
        return ["No receiver has told its time; most protocols carry none."]
    return table(
        ("node", "listener", "panel", "zone", "offset", "last", "drift a day", "state", "since"),
        [
            [
                one.node,
                one.listener,
                one.number,
                "UTC" if one.number else zones.get(one.listener, "UTC"),
                shown(one.offset_ms),
                shown(one.last_ms),
                shown(one.drift_ms),
                one.state.value,
                one.since,
            ]
            for one in found
        ],
    )


def _panels(wrong: int, panels: bool) -> list[str]:  # noqa: FBT001  (what was asked)
    if not wrong or panels:
        return []
    return [f"{wrong} panels have a clock that is not right; --panels shows them."]
