"""What `stationctl` prints: sentences and tables for people, or JSON for programs.

With ``--json`` standard output holds JSON and nothing else; notes and progress are for people
and go to standard error.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import click

from archive.canonical import JsonValue

__all__ = ["Output", "Progress", "table"]


class Progress(Protocol):
    """What long work tells how far it is."""

    def __call__(self, done: int, whole: int) -> None:
        """Take note that ``done`` of ``whole`` is done."""


class Output:
    """Prints results in the form that was asked for."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def show(self, value: JsonValue, text: str | Iterable[str]) -> None:
        """Print a result: ``value`` as JSON, or ``text`` (a text, or lines of one)."""
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False, indent=2))
        else:
            click.echo(text if isinstance(text, str) else "\n".join(text))

    def line(self, value: JsonValue, text: str) -> None:
        """Print one of many results, at once: JSON on a line of its own, or ``text``."""
        click.echo(json.dumps(value, ensure_ascii=False) if self.as_json else text)
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """Tell a person something beside the result."""
        if not self.as_json:
            click.echo(text, err=True)

    @contextmanager
    def progress(self, label: str) -> Iterator[Progress]:
        """Show how far long work is, where a person looks on."""
        hidden = self.as_json or not sys.stderr.isatty()
        with click.progressbar(
            length=1000, label=label, file=sys.stderr, hidden=hidden, show_pos=False
        ) as bar:

            def tell(done: int, whole: int) -> None:
                bar.update(done * 1000 // max(whole, 1) - bar.pos)

            yield tell


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return lines of columns as wide as they need to be."""
    lines = [list(head), *([*row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
