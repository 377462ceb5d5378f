"""Files of billing lines: those that a person names, and those that lie in the drop folder.

A file whose lines are all here is moved to ``taken``; one with a fault, or with a line that was
refused, to ``refused``, with a text of the same name beside it.  It can be dropped again when it
was put right: what was taken of it is known.
"""

import os
import stat
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from stationd.billing.mapping import Arrangement, arrangement_of
from stationd.billing.service import Credited, File, ImportReport, import_lines
from stationd.desk import Desk
from stationd.errors import MistakeError
from stationd.schedule.checks import Check, record_check
from stationd.staff.model import WORKER

__all__ = ["BILLING", "file_at", "load_arrangement", "take_dropped"]

BILLING = "billing"
"""The check that says whether files lie refused."""

_LARGEST_MAPPING = 1_000_000
# A file that was written so lately may not be whole.
_SETTLED = 30.0
_LONGEST_NAME = 200


def load_arrangement(path: Path) -> Arrangement:
    """Return the mapping in a file, or raise `MistakeError` naming every fault of it."""
    try:
        with path.open("rb") as file:
            content = tomllib.loads(file.read(_LARGEST_MAPPING).decode())
    except OSError as error:
        raise MistakeError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MistakeError(f"{path}: {error}") from None
    return arrangement_of(str(path), content)


def file_at(path: Path, format_: str, arrangement: Arrangement) -> File:
    """Return the file at ``path``, to be read as the arrangement says."""
    # A name may hold bytes that are no text.
    name = os.fsencode(path.name).decode("utf-8", "replace")
    return File(name=name, open=partial(_open, path), format=format_, arrangement=arrangement)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise MistakeError(f"{path}: {error.strerror}") from None


def take_dropped(desk: Desk, credited: Credited) -> str:
    """Take what lies in the drop folder; return a sentence on what it came to.

    May be ended anywhere and begun again: a file is moved after its lines are here.
    """
    drop, mapping = desk.billing.drop, desk.billing.mapping
    if drop is None or mapping is None:
        return "no drop folder is set (billing.drop)"
    arrangement = load_arrangement(mapping)
    done = [_take(desk, path, arrangement, credited) for path in _waiting(desk, drop)]
    refused = sorted(path.name for path in (drop / "refused").glob("*.txt"))
    outcome, detail = "passed", f"{len(done)} file(s) taken, none is refused"
    if refused:
        outcome = "failed"
        detail = (
            f"{len(refused)} file(s) lie in {drop / 'refused'}: {', '.join(refused[:5])}. Read the "
            "text beside each, put it right, drop it again, and remove both there."
        )
    with desk.database.writing() as connection:
        check = Check(name=BILLING, outcome=outcome, detail=detail, at=desk.clock.now())
        record_check(connection, check)
    return f"{len(done)} file(s): {sum(one.taken for one in done)} line(s) taken; {outcome}"


def _waiting(desk: Desk, drop: Path) -> Iterator[Path]:
    """Yield the regular files of the folder that nobody writes any more, by name."""
    now = desk.clock.now().timestamp()
    try:
        names = sorted(path for path in drop.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise MistakeError(f"{drop}: {error.strerror} (billing.drop)") from None
    for path in names:
        with suppress(FileNotFoundError):
            found = path.lstat()
            if stat.S_ISREG(found.st_mode) and found.st_mtime <= now - _SETTLED:
                yield path


def _take(desk: Desk, path: Path, arrangement: Arrangement, credited: Credited) -> ImportReport:
    """Take one file, and move it where it belongs."""
    file = file_at(path, desk.billing.format, arrangement)
    try:
        report = import_lines(desk, file, by=WORKER, credited=credited)
    except MistakeError as error:
        report, why = ImportReport(applied=False), str(error)
    else:
        why = _why(report)
    folder = path.parent / ("refused" if why else "taken")
    folder.mkdir(exist_ok=True)
    free = _free(folder, path.name)
    if why:
        free.with_name(f"{free.name}.txt").write_text(f"{why}\n", encoding="utf-8")
    path.rename(free)
    return report


def _why(report: ImportReport) -> str:
    """Return what is wrong with a file of which not all was taken; empty: nothing."""
    if not report.refusals:
        return ""
    more = report.refusals - len(report.refused)
    said = [
        (
            f"{report.taken} line(s) were taken, {report.known} were here already, "
            f"{report.refusals} are refused:"
        ),
        *report.refused,
    ]
    return "\n".join([*said, *([f"… and {more} more"] if more else [])])


def _free(folder: Path, name: str) -> Path:
    """Return a name in the folder that no file has yet."""
    # Room for a number before it, and an ending behind it.
    name = name if len(os.fsencode(name)) <= _LONGEST_NAME else name[-_LONGEST_NAME // 4 :]
    found, count = folder / name, 1
    while found.exists() or found.with_name(f"{found.name}.txt").exists():
        count += 1
        found = folder / f"{count}-{name}"
    return found
