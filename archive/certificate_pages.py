"""The custodian's certificates as plain text and as a PDF; the same words in both."""

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from archive.certificates import (
    Blank,
    Block,
    Copies,
    Facts,
    Heading,
    Page,
    Said,
    Table,
    Tick,
    certificates,
)
from archive.forms import FormFacts
from archive.report_drawing import text_width
from archive.report_pages import REGULAR, RULE, Column, Layout, Pen

__all__ = ["certification_pdf", "certification_text"]

_WIDE = 76
_LABEL = 20
_LINE = "_" * 52
_FILES = (
    Column("file", 150),
    Column("holds", 84),
    Column("bytes", 50, right=True),
    Column("SHA-256", 238),
)
# A blank is written on by hand, and a signature needs more.
_ROOM, _SIGN, _INSET, _SMALL = 19.0, 30.0, 150.0, 9.0


def certification_text(facts: FormFacts, copies: Copies) -> bytes:
    """Return the forms as plain text."""
    blocks = certificates(facts, copies)
    return "\n".join(line.rstrip() for block in blocks for line in _lines(block)).encode() + b"\n"


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Page(title, note):
            yield from ("", "", "=" * _WIDE, title, "=" * _WIDE)
            yield from _filled(note)
        case Heading(text):
            yield from ("", "", text, "-" * len(text))
        case Said(text):
            yield from ("", *_filled(text))
        case Tick(text):
            yield from ("", *_filled(f"[ ] {text}", hang=4))
        case Blank(label, count):
            yield from _blank(label, count)
        case Facts(rows):
            yield ""
            for title, value in rows:
                yield from _filled(f"{title:<{_LABEL}} {value or '-'}", hang=_LABEL + 1)
        case Table(rows):
            yield ""
            for name, held, size, digest in rows:
                yield f"  {name}" + (f"  ({held})" if held else "")
                yield f"    SHA-256 {digest}  {size} bytes"


def _filled(text: str, hang: int = 0) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDE,
        subsequent_indent=" " * hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _blank(label: str, count: int) -> Iterator[str]:
    """Yield a labelled line to write on; a long label stands above it."""
    yield ""
    if len(label) < _LABEL:
        yield f"{label + ':' if label else '':<{_LABEL}} {_LINE}"
    else:
        yield from _filled(f"{label}:")
        yield f"{'':<{_LABEL}} {_LINE}"
    for _ in range(count - 1):
        yield from ("", f"{'':<{_LABEL}} {_LINE}")


def certification_pdf(
    target: Path, facts: FormFacts, copies: Copies, paper: str = "letter"
) -> None:
    """Write the forms to ``target``, each on pages of its own."""
    layout = Layout(paper)
    for block in certificates(facts, copies):
        _draw(layout, block)
    layout.draw(
        target,
        title=f"Custodian's certificates, account {facts.acct}, station {facts.station}",
        head=("Forms for a person to complete and sign", facts.base),
        foot=f"content id {facts.content_id}",
    )


def _draw(layout: Layout, block: Block) -> None:
    match block:
        case Page(title, note):
            layout.new_page()
            layout.heading(title, listed=False)
            if note:
                layout.note(note)
        case Heading(text):
            layout.subheading(text)
        case Said(text):
            layout.space(3)
            layout.text(text)
            layout.space(3)
        case Tick(text):
            _tick(layout, text)
        case Blank(label, count):
            _write_on(layout, label, count)
        case Facts(rows):
            layout.facts(rows, label=96, size=9)
        case Table(rows):
            _table(layout, rows)


def _tick(layout: Layout, text: str) -> None:
    """Draw a box to tick, with its statement beside it."""
    layout.space(3)
    layout.ticked(text)


def _write_on(layout: Layout, label: str, count: int) -> None:
    """Draw lines to write on; the first stands beside its label where there is room."""

    def rule(pen: Pen) -> None:
        pen.line((_INSET, 3, pen.width, 3), colour=RULE, width=0.7)

    room = _SIGN if label == "Signature" else _ROOM
    shown = f"{label}:"
    if label and text_width(shown, REGULAR, _SMALL) < _INSET - 6:
        layout.need(room)
        # The label stands on the line: it goes down first, and the line comes back up to it.
        layout.space(room - _SMALL * 1.6)
        layout.text(shown, size=_SMALL)
        layout.space(-_SMALL * 1.2)
        layout.figure(_SMALL * 1.2, shown, rule)
        count -= 1
    elif label:
        layout.space(5)
        layout.text(shown, size=_SMALL)
    for _ in range(count):
        layout.figure(_ROOM, "a line to write on", rule)


def _table(layout: Layout, rows: Sequence[tuple[str, str, int, str]]) -> None:
    layout.table(
        _FILES,
        [((name, held, f"{size:,}", digest), False) for name, held, size, digest in rows],
        size=6.5,
    )
