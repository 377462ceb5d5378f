"""`stationctl account key`: add, show, end; who uses the wrong one."""

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.cli.moments import MOMENT, PERIOD
from stationd.cli.office import Office, ask_password
from stationd.cli.output import table
from stationd.clock import iso
from stationd.errors import MistakeError
from stationd.keys import service
from stationd.keys.entering import NOTATIONS, looks_like_hex, read_key
from stationd.keys.model import DEFAULT_OVERLAP, Ends, KeyLine, Shown
from stationd.keys.service import Holder

__all__ = ["key"]

_WORDS = {
    "clear": "in clear, and taken",
    "early_key": "under a key that has not begun",
    "not_encrypted": "in clear, not acknowledged",
    "old_key": "under an old key",
    "replayed": "older than one before",
    "stale": "outside the time window",
    "undecryptable": "under no key of ours",
}


@click.group()
def key() -> None:
    """Give panels their AES keys, change them, and see who uses the wrong one.

    A NUMBER is what the panel sends in receiver group GROUP; without one it is the key of the
    whole group, for numbers that nobody knows and accounts without a key of their own.
    """


@key.command(
    epilog="""\b
Examples:
  stationctl account key add main 01A4 --notation hex
  stationctl account key add main 01A4 --notation text --file panel.key --overlap 7d
  stationctl account key add main 01A4 --notation hex --stdin --from 2026-03-01
  stationctl account key add main --notation hex --encrypted-only
"""
)
@click.argument("group")
@click.argument("number", default="")
@click.option(
    "--notation",
    required=True,
    type=click.Choice(list(NOTATIONS)),
    help="How it is written: 32, 48 or 64 hexadecimal digits, or 16, 24 or 32 characters of text.",
)
@click.option("--stdin", is_flag=True, help="Read the key from standard input.")
@click.option(
    "--file", "file", type=click.Path(path_type=Path, dir_okay=False), help="Read it from a file."
)
@click.option("--from", "from_", type=MOMENT, help="When it begins to count.  [default: now]")
@click.option(
    "--overlap",
    type=PERIOD,
    help="How long the old key counts after the first frame under the new one.  [default: 1d]",
)
@click.option("--old-until", type=MOMENT, help="When the old key ends in any case.")
@click.option(
    "--encrypted-only/--clear-allowed",
    default=None,
    help="For a group: whether those without a key of their own may send in clear.",
)
@click.pass_obj
def add(  # noqa: PLR0913  (an option each)
    office: Office,
    *,
    group: str,
    number: str,
    notation: str,
    stdin: bool,
    file: Path | None,
    from_: datetime | None,
    overlap: timedelta | None,
    old_until: datetime | None,
    encrypted_only: bool | None,
) -> None:
    """Give NUMBER in GROUP, or the GROUP itself, an AES key; it is never an argument.

    The old key counts until a day after the first frame under the new one, unless told otherwise.
    """
    by = office.person()
    if number and encrypted_only is not None:
        raise MistakeError(
            "--encrypted-only and --clear-allowed are for a group: leave NUMBER out."
        )
    text = _secret(stdin=stdin, file=file)
    try:
        secret = read_key(text, notation)
    except ValueError as error:
        raise MistakeError(f"The key {error}.") from None
    if notation == "text" and looks_like_hex(text):
        office.note(
            "These 32 characters are hexadecimal digits. As text they are a key of 256 bits; if "
            "the panel has 128, end this key and add it with --notation hex."
        )
    holder = Holder(group, number)
    sealed = service.sealed_key(secret, office.sealer(), from_)
    seconds = DEFAULT_OVERLAP if overlap is None else int(overlap.total_seconds())
    service.add_key(
        office.desk,
        holder,
        sealed,
        ends=Ends(until=old_until, overlap=seconds),
        sealer=office.sealer(),
        by=by,
        encrypted_only=encrypted_only,
    )
    _show(office, service.show(office.desk, holder, office.sealer()))


def _secret(*, stdin: bool, file: Path | None) -> str:
    """Return a key from a file, from standard input, or as a person types it unseen."""
    if file is None:
        return ask_password("Key", stdin=stdin)
    if stdin:
        raise MistakeError("--stdin and --file both say where the key is; one is enough.")
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "holds no text"
        raise MistakeError(f"{file}: {reason}") from None


@key.command(epilog="Example: stationctl account key show main 01A4")
@click.argument("group")
@click.argument("number", default="")
@click.pass_obj
def show(office: Office, group: str, number: str) -> None:
    """Show the keys of NUMBER in GROUP: what each is told by, its length, its dates."""
    found = service.show(office.desk, Holder(group, number), office.sealer())
    office.trail.reading("keys")
    _show(office, found)


@key.command(
    epilog="""\b
Examples:
  stationctl account key end main 01A4 --key 66E94B
  stationctl account key end main --key 66E94B --at 2026-03-01
"""
)
@click.argument("group")
@click.argument("number", default="")
@click.option("--key", "check", required=True, help="Which: six digits that `show` tells it by.")
@click.option("--at", "at", type=MOMENT, help="When it ends.  [default: now]")
@click.pass_obj
def end(office: Office, group: str, number: str, check: str, at: datetime | None) -> None:
    """End a key of NUMBER in GROUP; it stays for reading what came under it."""
    by = office.person()
    ends = at or office.clock.now()
    holder, sealer = Holder(group, number), office.sealer()
    shown = service.end_key(office.desk, holder, check, ends, sealer=sealer, by=by)
    _show(office, shown)
    if not any(line.valid_to is None or line.valid_to > ends for line in shown.keys):
        office.note(
            "After that no key counts, and an account that had one must still encrypt: nothing of "
            "it is acknowledged until it has a new key, or the switch plain_allowed."
        )


@key.command(epilog="Example: stationctl account key faults --last 30d")
@click.option("--last", type=PERIOD, default="7d", show_default=True, help="How far to look back.")
@click.option("--limit", type=click.IntRange(1), default=200, show_default=True)
@click.pass_obj
def faults(office: Office, last: timedelta, limit: int) -> None:
    """Show panels that used a wrong or old key, none at all, or an old time: count, first, last."""
    found = service.faults(office.desk, since=office.clock.now() - last, limit=limit + 1)
    office.trail.reading("keys")
    rows = [
        [one.group, one.number, _WORDS[one.what.value], str(one.count), one.first_at, one.last_at]
        for one in found[:limit]
    ]
    head = ("group", "number", "its frames came", "count", "first", "last")
    values: list[JsonValue] = [{**asdict(one), "what": one.what.value} for one in found[:limit]]
    office.show(values, table(head, rows) if rows else "Every panel used a key that counts.")
    if len(found) > limit:
        office.note(f"There are more than {limit}; --limit shows more.")


def _show(office: Office, shown: Shown) -> None:
    whose = f"{shown.number} in group {shown.group}" if shown.number else f"group {shown.group}"
    head = ("key", "bits", "from", "until", "added", "seen since", "counts")
    lines = [f"{whose}: {shown.says}"]
    if shown.of_group:
        lines.append("It has no key of its own; these are the group's.")
    if shown.keys:
        lines += ["", *table(head, [_row(line) for line in shown.keys])]
    value: dict[str, JsonValue] = {
        "group": shown.group,
        "number": shown.number,
        "of_group": shown.of_group,
        "state": shown.state.value,
        "keys": [_value(line) for line in shown.keys],
    }
    office.show(value, lines)


def _row(line: KeyLine) -> list[str]:
    return [
        line.check,
        str(line.bits),
        _day(line.valid_from, "ever"),
        _day(line.valid_to, "no end"),
        _day(line.added_at, "?"),
        _day(line.seen_at, "not yet" if line.counts else ""),
        "yes" if line.counts else "no",
    ]


def _value(line: KeyLine) -> dict[str, JsonValue]:
    dates = {
        "from": line.valid_from,
        "until": line.valid_to,
        "added": line.added_at,
        "seen_since": line.seen_at,
    }
    return {
        "key": line.check,
        "bits": line.bits,
        "counts": line.counts,
        **{name: None if date is None else iso(date) for name, date in dates.items()},
    }


def _day(moment: datetime | None, otherwise: str) -> str:
    return otherwise if moment is None else f"{moment:%Y-%m-%d %H:%M}"
