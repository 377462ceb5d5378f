"""The bundle checked as the other side's expert would: with ordinary tools, and nothing of ours."""

import shlex
import subprocess
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Checked", "commands", "run_checks", "unpack"]

_SHOWN_LINES = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """One command, its exit code and the end of what it printed."""

    command: str
    code: int
    said: str


def commands(root: Path, tsa: Path) -> tuple[tuple[str, ...], ...]:
    """Return the four commands of README.txt; both certificates come from outside the bundle."""
    lists = "tagmanifest-sha256.txt"
    return (
        (
            *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER"),
            *("-in", f"{lists}.p7s", "-content", lists, "-CAfile", str(root), "-out", "/dev/null"),
        ),
        (
            *("openssl", "ts", "-verify", "-data", lists, "-in", f"{lists}.tsr"),
            *("-CAfile", str(tsa)),
        ),
        ("sha256sum", "-c", "--strict", lists),
        ("sha256sum", "-c", "--strict", "manifest-sha256.txt"),
    )


def unpack(bundle: Path, volumes: Sequence[Path], into: Path) -> None:
    """Unpack the container, and its volumes into the same folder."""
    for archive in (bundle, *volumes):
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(into)


def run_checks(folder: Path, *, root: Path, tsa: Path) -> tuple[Checked, ...]:
    """Run the four commands in ``folder`` and return what each said."""
    return tuple(_run(command, folder) for command in commands(root, tsa))


def _run(command: tuple[str, ...], folder: Path) -> Checked:
    done = subprocess.run(  # noqa: S603 (fixed words and our own paths)
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    lines = (done.stdout + done.stderr).strip().splitlines()
    said = "\n".join(lines[-_SHOWN_LINES:])
    if len(lines) > _SHOWN_LINES:
        said = f"… {len(lines) - _SHOWN_LINES} more lines\n{said}"
    return Checked(shlex.join(command), done.returncode, said)
