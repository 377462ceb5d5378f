"""Pages for print: text, tables and figures, laid out first and drawn when their number is known.

A cursor goes down the page.  What is written is at the same time put into the structure of the
document (sections, headings, paragraphs, tables, figures), which programs that read aloud follow.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from archive.report_drawing import (
    BOLD,
    PAPERS,
    REGULAR,
    Element,
    Mark,
    Page,
    draw_pages,
    line,
    polygon,
    printable,
    rectangle,
    text_width,
    words,
)

__all__ = [
    "ACCENT",
    "ALERT",
    "BAND",
    "BOLD",
    "INK",
    "QUIET",
    "REGULAR",
    "RULE",
    "TINT",
    "ZEBRA",
    "Column",
    "Layout",
    "Pen",
    "printable",
    "wrap",
]

_MARGIN, _HEAD_ROOM, _FOOT_ROOM = 45.0, 58.0, 58.0
# The head of a table; and a heading with some lines of text, that head, and a row of some lines.
_HEAD, _SECTION, _SUBSECTION = 24.0, 150.0, 110.0
_LEADING = 1.32

INK = (0.13, 0.15, 0.18)
QUIET = (0.33, 0.36, 0.40)
ACCENT = (0.07, 0.25, 0.42)
ALERT = (0.72, 0.13, 0.10)
BAND = (0.90, 0.93, 0.96)
ZEBRA = (0.965, 0.972, 0.98)
TINT = (1.0, 0.955, 0.86)
RULE = (0.75, 0.79, 0.83)
_PALE, _WHITE = (0.86, 0.91, 0.96), (1.0, 1.0, 1.0)

Colour = tuple[float, float, float]


@lru_cache(maxsize=20_000)
def wrap(text: str, width: float, font: str, size: float) -> tuple[str, ...]:
    """Return ``text`` in lines no wider than ``width``; a word that is wider is cut.

    A line that another word follows ends in a space, so that words stay apart when text is copied.
    """
    rows: list[str] = []
    line = ""
    for word in printable(text).split():
        joined = f"{line} {word}" if line else word
        if text_width(joined, font, size) <= width:
            line = joined
            continue
        if line:
            rows.append(f"{line} ")
        *full, line = _cut(word, width, font, size)
        rows += full
    return (*rows, line) if line or not rows else tuple(rows)


def _cut(word: str, width: float, font: str, size: float) -> list[str]:
    pieces = [""]
    for sign in word:
        if pieces[-1] and text_width(pieces[-1] + sign, font, size) > width:
            pieces.append("")
        pieces[-1] += sign
    return pieces


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title and its share of the width."""

    title: str
    width: float
    right: bool = False


# Where a cell begins, how wide it is, its text, and how many columns it takes.
_Placed = tuple[float, Column, str, int]


@dataclass(frozen=True, slots=True)
class Pen:
    """What draws a figure: its left lower corner, its width, and where marks go."""

    x: float
    y: float
    width: float
    element: Element
    marks: list[Mark]

    def text(self, x: float, y: float, text: str, *, size: float = 7, colour: Colour = INK) -> None:
        """Write in the figure, at a place of it."""
        shown = printable(text)
        self.marks.append(
            words(self.element, (self.x + x, self.y + y), shown, _plain(size, colour))
        )

    def centred(
        self, x: float, y: float, text: str, *, size: float = 6, colour: Colour = INK
    ) -> None:
        """Write a short text around ``x``, in bold type."""
        left = self.x + x - text_width(text, BOLD, size) / 2
        self.marks.append(words(self.element, (left, self.y + y), text, (BOLD, size, colour)))

    def shape(self, points: Sequence[tuple[float, float]], *, fill: Colour = INK) -> None:
        """Draw a filled shape of straight sides."""
        placed = [(self.x + x, self.y + y) for x, y in points]
        self.marks.append(polygon(self.element, placed, fill))

    def box(
        self,
        box: tuple[float, float, float, float],
        *,
        fill: Colour | None = None,
        stroke: Colour | None = None,
    ) -> None:
        """Draw a rectangle: left, bottom, width, height."""
        x, y, width, height = box
        placed = (self.x + x, self.y + y, width, height)
        self.marks.append(rectangle(self.element, placed, fill, stroke))

    def line(
        self, ends: tuple[float, float, float, float], *, colour: Colour = INK, width: float = 0.6
    ) -> None:
        """Draw a line from one place to another."""
        x1, y1, x2, y2 = ends
        placed = (self.x + x1, self.y + y1, self.x + x2, self.y + y2)
        self.marks.append(line(self.element, placed, colour, width))


def _plain(size: float, colour: Colour) -> tuple[str, float, Colour]:
    return REGULAR, size, colour


class Layout:
    """Pages in the making: a cursor goes down, and a new page begins where it has to."""

    def __init__(self, paper: str = "letter") -> None:
        self.paper = PAPERS[paper]
        self.left, self.right = _MARGIN, self.paper[0] - _MARGIN
        self.width = self.right - self.left
        self._top, self._bottom = self.paper[1] - _HEAD_ROOM, _FOOT_ROOM
        self._root = Element("Document")
        self._here = self._section = self._root
        self._pages = [Page()]
        self._sections: list[tuple[str, int]] = []
        self._contents: tuple[int, int, float, Element] | None = None
        self.y = self._top

    @property
    def pages(self) -> int:
        """Return how many pages there are by now."""
        return len(self._pages)

    def new_page(self) -> None:
        """Go on at the top of a new page, unless this one is empty yet."""
        if self.y < self._top:
            self._pages.append(Page())
            self.y = self._top

    def need(self, height: float) -> None:
        """Begin a new page unless ``height`` points are left on this one."""
        if self.y - height < self._bottom:
            self.new_page()

    def space(self, height: float) -> None:
        """Leave ``height`` points free."""
        self.y -= height

    @property
    def _marks(self) -> list[Mark]:
        return self._pages[-1].marks

    def _put(
        self,
        element: Element | None,
        place: tuple[float, float],
        text: str,
        style: tuple[str, float, Colour],
    ) -> None:
        if text:
            self._marks.append(words(element, place, text, style))

    # --- Headings ---

    def banner(self, title: str, subtitle: str) -> None:
        """Write the title of the document on a band of its own."""
        lines = wrap(subtitle, self.width - 32, REGULAR, 11)[:3]
        height = 52 + 14 * len(lines)
        self._marks.append(
            rectangle(None, (self.left, self.y - height, self.width, height), ACCENT)
        )
        element = self._here.add("H1")
        self._put(element, (self.left + 16, self.y - 34), printable(title), (BOLD, 25, _WHITE))
        below = self._here.add("P")
        for number, text in enumerate(lines):
            place = (self.left + 16, self.y - 52 - 14 * number)
            self._put(below, place, text, (REGULAR, 11, _PALE))
        self.y -= height + 8

    def heading(self, text: str, *, room: float = _SECTION, listed: bool = True) -> None:
        """Begin a section; its heading never stands alone at the end of a page."""
        self.need(room)
        self._section = self._here = self._root.add("Sect")
        self._pages[-1].bookmarks.append((text, 0, self.y))
        if listed:
            self._sections.append((text, len(self._pages)))
        self.y -= 26 if self.y < self._top else 14
        element = self._here.add("H2")
        self._put(element, (self.left, self.y), printable(text), (BOLD, 15, ACCENT))
        self.y -= 6
        self._marks.append(line(None, (self.left, self.y, self.right, self.y), ACCENT, 0.7))
        self.y -= 4

    def subheading(self, text: str, *, bookmark: bool = False, room: float = _SUBSECTION) -> None:
        """Begin a part of a section."""
        lines = wrap(text, self.width, BOLD, 10.5)
        self.need(room + 14 * len(lines))
        if bookmark:
            self._pages[-1].bookmarks.append((" ".join(lines), 1, self.y))
        self._here = self._section.add("Sect")
        element = self._here.add("H3")
        self.y -= 6
        for shown in lines:
            self.y -= 14
            self._put(element, (self.left, self.y), shown, (BOLD, 10.5, ACCENT))
        self.y -= 3

    def contents(self, entries: int) -> None:
        """Leave room for a table of ``entries`` sections, filled in when all are known."""
        element = self._here.add("TOC")
        self._contents = (len(self._pages) - 1, len(self._marks), self.y, element)
        self.y -= 13.5 * entries + 6

    # --- Text ---

    def text(
        self, text: str, *, font: str = REGULAR, size: float = 9.5, colour: Colour = INK
    ) -> None:
        """Write a paragraph over the whole width."""
        element = self._here.add("P")
        for shown in wrap(text, self.width, font, size):
            self.need(size * _LEADING)
            self.y -= size * _LEADING
            self._put(element, (self.left, self.y), shown, (font, size, colour))

    def note(self, text: str) -> None:
        """Write a paragraph that explains, in small type."""
        self.text(text, size=8.5, colour=QUIET)
        self.space(3)

    def facts(
        self, rows: Iterable[tuple[str, str]], *, label: float = 118, size: float = 9.5
    ) -> None:
        """Write label and value, one pair under the other."""
        step = size * _LEADING
        listed = self._here.add("L")
        for title, value in rows:
            shown = wrap(value or "-", self.width - label, REGULAR, size)
            self.need(min(step * len(shown), 200) + 3)
            item = listed.add("LI")
            heading = (self.left, self.y - step)
            self._put(item.add("Lbl"), heading, printable(title), (BOLD, size, QUIET))
            body = item.add("LBody")
            for text in shown:
                self.need(step)
                self.y -= step
                self._put(body, (self.left + label, self.y), text, (REGULAR, size, INK))
            self.y -= 1.5

    def ticked(self, text: str, *, size: float = 9.5) -> None:
        """Write a statement with a box beside it that a person ticks by hand."""
        inset, step = 18.0, size * _LEADING
        shown = wrap(text, self.width - inset, REGULAR, size)
        self.need(min(step * len(shown), 200))
        element = self._here.add("P")
        side = (self.left, self.y - step - 1, 9.0, 9.0)
        self._marks.append(rectangle(None, side, None, INK))
        for line_ in shown:
            self.need(step)
            self.y -= step
            self._put(element, (self.left + inset, self.y), line_, (REGULAR, size, INK))

    def box(self, title: str, paragraphs: Sequence[str], *, size: float = 9) -> None:
        """Write paragraphs in a frame that does not break over pages."""
        lines = [wrap(text, self.width - 24, REGULAR, size) for text in paragraphs]
        height = sum(len(shown) * size * _LEADING + 3 for shown in lines) + 30
        self.need(height)
        self.y -= 4
        frame = (self.left, self.y - height, self.width, height)
        self._marks.append(rectangle(None, frame, ZEBRA, RULE))
        here = self._here.add("Sect")
        y = self.y - 17
        self._put(here.add("H3"), (self.left + 12, y), printable(title), (BOLD, 10.5, ACCENT))
        y -= 3
        for shown in lines:
            element = here.add("P")
            for text in shown:
                y -= size * _LEADING
                self._put(element, (self.left + 12, y), text, (REGULAR, size, INK))
            y -= 3
        self.y -= height + 6

    def tiles(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write figures of the whole in large type, side by side: number and what it counts."""
        height, gap = 50.0, 8.0
        self.need(height + 6)
        width = (self.width - gap * (len(rows) - 1)) / len(rows)
        listed = self._here.add("L")
        for number, (value, title) in enumerate(rows):
            x = self.left + number * (width + gap)
            frame = (x, self.y - height, width, height)
            self._marks.append(rectangle(None, frame, BAND))
            body = listed.add("LI").add("LBody")
            self._put(body, (x + 8, self.y - 22), printable(value), (BOLD, 18, ACCENT))
            for at, text in enumerate(wrap(title, width - 12, REGULAR, 8)[:2]):
                place = (x + 8, self.y - 33 - 10 * at)
                self._put(body, place, text, (REGULAR, 8, QUIET))
        self.y -= height + 8

    # --- Figures ---

    def figure(self, height: float, alt: str, draw: Callable[[Pen], None]) -> None:
        """Leave room for a figure and draw it; ``alt`` says in words what it shows."""
        self.need(height)
        self.y -= height
        box = f"{self.left:.0f} {self.y:.0f} {self.right:.0f} {self.y + height:.0f}"
        more = f"/A<</O/Layout/Placement/Block/BBox[{box}]>>"
        element = self._here.add("Figure", alt=printable(alt), more=more)
        draw(Pen(self.left, self.y, self.width, element, self._marks))

    # --- Tables ---

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[tuple[Sequence[str | None], bool]],
        *,
        size: float = 7.5,
    ) -> None:
        """Write a table; a row that is marked gets a tint.  Its head is on every page.

        A cell that is None is taken by the one before it.  Columns share the whole width.
        """
        scale = self.width / sum(column.width for column in columns)
        columns = [Column(it.title, it.width * scale, it.right) for it in columns]
        element: Element | None = None
        for number, (cells, marked) in enumerate(rows):
            placed = self._placed(columns, cells)
            lines = [wrap(text, column.width - 5, REGULAR, size) for _, column, text, _ in placed]
            height = max(map(len, lines)) * size * 1.2 + 3.6
            if element is None:
                # The head stays with the row below it.
                self.need(_HEAD + height)
                element = self._here.add("Table")
                self._table_head(columns, size, element)
            elif self.y - height < self._bottom:
                self.new_page()
                self._table_head(columns, size, None)
            colour = TINT if marked else ZEBRA if number % 2 else None
            if colour:
                band = (self.left, self.y - height, self.width, height)
                self._marks.append(rectangle(None, band, colour))
            self._row(placed, lines, (REGULAR, size, INK), (element.add("TR"), "TD"))
            self.y -= height
        self.y -= 6

    def _placed(self, columns: Sequence[Column], cells: Sequence[str | None]) -> list[_Placed]:
        """Return the cells of a row with their places."""
        placed: list[_Placed] = []
        x = self.left
        for column, cell in zip(columns, cells, strict=True):
            if cell is None and placed:
                begin, before, text, span = placed[-1]
                wider = Column(before.title, before.width + column.width, before.right)
                placed[-1] = (begin, wider, text, span + 1)
            else:
                placed.append((x, column, cell or "", 1))
            x += column.width
        return placed

    def _table_head(self, columns: Sequence[Column], size: float, table: Element | None) -> None:
        """Write the titles of columns; on a later page they are no part of the table again."""
        titles = [wrap(column.title, column.width - 5, BOLD, size) for column in columns]
        height = max(len(title) for title in titles) * size * 1.2 + 5
        self._marks.append(rectangle(None, (self.left, self.y - height, self.width, height), BAND))
        placed = self._placed(columns, [it.title for it in columns])
        row = None if table is None else table.add("TR")
        self._row(placed, titles, (BOLD, size, INK), (row, "TH"))
        self.y -= height
        self._marks.append(line(None, (self.left, self.y, self.right, self.y), RULE, 0.7))

    def _row(
        self,
        placed: Sequence[_Placed],
        cells: Sequence[Sequence[str]],
        style: tuple[str, float, Colour],
        row: tuple[Element | None, str],
    ) -> None:
        font, size, _ = style
        inside, tag = row
        for (x, column, _, span), shown in zip(placed, cells, strict=True):
            cell = None if inside is None else inside.add(tag, more=_cell_attributes(tag, span))
            y = self.y - 1.5
            for text in shown:
                y -= size * 1.2
                shift = (
                    column.width - 5 - text_width(text.rstrip(), font, size) if column.right else 0
                )
                self._put(cell, (x + 3 + shift, y + size * 0.2), text, style)

    # --- The end ---

    def draw(self, target: Path, *, title: str, head: tuple[str, str], foot: str) -> int:
        """Draw all pages into ``target``; return how many there are."""
        self._fill_contents()
        for number, page in enumerate(self._pages, start=1):
            page.marks += self._edges(head, foot, f"page {number} of {len(self._pages)}")
        draw_pages(target, self._pages, self._root, paper=self.paper, title=title, subject=foot)
        return len(self._pages)

    def _fill_contents(self) -> None:
        if self._contents is None:
            return
        page, at, y, listed = self._contents
        marks: list[Mark] = []
        for title, number in self._sections:
            y -= 13.5
            item = listed.add("TOCI")
            shown, place = printable(title), (self.left, y)
            marks.append(words(item, place, shown, (REGULAR, 9.5, INK)))
            end = self.right - text_width(str(number), REGULAR, 9.5)
            marks.append(words(item, (end, y), str(number), (REGULAR, 9.5, INK)))
            begin = self.left + text_width(shown, REGULAR, 9.5) + 6
            marks.append(line(None, (begin, y + 2, end - 6, y + 2), RULE, 0.5))
        self._pages[page].marks[at:at] = marks

    def _edges(self, head: tuple[str, str], foot: str, number: str) -> list[Mark]:
        top, bottom = self.paper[1] - 44, 36.0
        rules = [
            line(None, (self.left, y, self.right, y), RULE, 0.6) for y in (top - 6, bottom + 10)
        ]
        width = self.width / 2 - 8
        left, right = (wrap(text, width, REGULAR, 8)[0] for text in head)
        small, bold = (REGULAR, 7.5, QUIET), (BOLD, 8, QUIET)
        at = self.right - text_width(right, REGULAR, 8)
        end = self.right - text_width(number, BOLD, 8)
        return [
            *rules,
            words(None, (self.left, top), left, (REGULAR, 8, QUIET)),
            words(None, (at, top), right, (REGULAR, 8, QUIET)),
            words(None, (self.left, bottom), printable(foot), small),
            words(None, (end, bottom), number, bold),
        ]


def _cell_attributes(tag: str, span: int) -> str:
    scope = "/Scope/Column" if tag == "TH" else ""
    wide = f"/ColSpan {span}" if span > 1 else ""
    return f"/A<</O/Table{scope}{wide}>>" if scope or wide else ""
