"""A letter on paper: the text of it as a PDF, the same bytes for the same text.

Each line of the text is a line or a paragraph, as long as it is; an empty line leaves room.  A line
in capitals is a heading, and lines that begin with two blanks are rows: two blanks or more within
them part columns.
"""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from archive.report_pages import BOLD, INK, REGULAR, Column, Layout

__all__ = ["letter_pdf"]

_SIZE = 10.5
_COLUMNS = re.compile(r" {2,}")
_SHORTEST_HEADING = 3


def letter_pdf(text: str, *, title: str, number: str, paper: str = "letter") -> bytes:
    """Return a letter's text as the bytes of a PDF; ``number`` stands on every page."""
    layout = Layout(paper)
    for paragraph in text.strip("\n").split("\n\n"):
        _paragraph(layout, paragraph.split("\n"))
        layout.space(8)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "letter.pdf"
        layout.draw(target, title=title, head=("", number), foot=title)
        return target.read_bytes()


def _paragraph(layout: Layout, lines: Sequence[str]) -> None:
    rows: list[Sequence[str]] = []
    for line in lines:
        if line.startswith("  "):
            rows.append(_COLUMNS.split(line.strip()))
            continue
        _rows(layout, rows)
        rows = []
        _line(layout, line)
    _rows(layout, rows)


def _line(layout: Layout, line: str) -> None:
    if len(line) >= _SHORTEST_HEADING and line == line.upper() and line[0].isalpha():
        layout.need(60)
        layout.text(line, font=BOLD, size=_SIZE + 0.5, colour=INK)
        layout.space(2)
    elif line:
        layout.text(line, font=REGULAR, size=_SIZE)


def _rows(layout: Layout, rows: Sequence[Sequence[str]]) -> None:
    """Write rows; where all have the same columns, as a table with the first as its head."""
    if not rows:
        return
    widest = max(len(row) for row in rows)
    if len(rows) > 1 and widest > 1 and all(len(row) == widest for row in rows):
        head, *body = rows
        columns = [
            Column(title, max(5.0, *(float(len(row[at])) for row in rows)), _is_amount(body, at))
            for at, title in enumerate(head)
        ]
        layout.space(2)
        layout.table(columns, [(row, False) for row in body], size=9)
        return
    for row in rows:
        layout.text("   ".join(row), font=REGULAR, size=_SIZE)


def _is_amount(rows: Sequence[Sequence[str]], at: int) -> bool:
    return all(re.search(r"\d\.\d\d$", row[at]) for row in rows)
