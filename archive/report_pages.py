"""Pages for print: text, rules and tables, laid out first and drawn when their number is known.

Letter size, embedded TrueType fonts, the same bytes for the same content: no clock, no names of
this machine.  What the font has no sign for is written as its code point, never left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from reportlab.lib.pagesizes import letter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

__all__ = ["BOLD", "ITALIC", "REGULAR", "Column", "Layout", "printable"]

REGULAR, BOLD, ITALIC = "Vera", "VeraBd", "VeraIt"
WIDTH, HEIGHT = letter
LEFT, RIGHT = 45.0, WIDTH - 45.0
TOP, BOTTOM = HEIGHT - 62.0, 58.0
# The head of a table; and a heading with some lines of text, that head, and a row of some lines.
_HEAD, _SECTION = 24.0, 160.0

INK = (0.13, 0.15, 0.18)
QUIET = (0.40, 0.43, 0.47)
ACCENT = (0.07, 0.25, 0.42)
BAND = (0.90, 0.93, 0.96)
ZEBRA = (0.965, 0.972, 0.98)
TINT = (1.0, 0.955, 0.86)
RULE = (0.75, 0.79, 0.83)

Colour = tuple[float, float, float]


@lru_cache(maxsize=1)
def _signs() -> frozenset[int]:
    """Register the fonts; return the code points they all have signs for."""
    faces = []
    for name in (REGULAR, BOLD, ITALIC):
        font = TTFont(name, f"{name}.ttf")
        pdfmetrics.registerFont(font)
        faces.append(set(font.face.charToGlyph))
    return frozenset(set.intersection(*faces))


@lru_cache(maxsize=20_000)
def printable(text: str) -> str:
    """Return ``text`` with what has no sign in the font, or would not show, as code points."""
    signs = _signs()
    return "".join(
        sign if sign.isprintable() and ord(sign) in signs else f"\\u{{{ord(sign):x}}}"
        for sign in text
    )


@lru_cache(maxsize=50_000)
def _width(text: str, font: str, size: float) -> float:
    _signs()
    return float(pdfmetrics.stringWidth(text, font, size))


@lru_cache(maxsize=20_000)
def wrap(text: str, width: float, font: str, size: float) -> tuple[str, ...]:
    """Return ``text`` in lines no wider than ``width``; a word that is wider is cut."""
    rows: list[str] = []
    line = ""
    for word in printable(text).split():
        joined = f"{line} {word}" if line else word
        if _width(joined, font, size) <= width:
            line = joined
            continue
        if line:
            rows.append(line)
        *full, line = _cut(word, width, font, size)
        rows += full
    return (*rows, line) if line or not rows else tuple(rows)


def _cut(word: str, width: float, font: str, size: float) -> list[str]:
    pieces = [""]
    for sign in word:
        if pieces[-1] and _width(pieces[-1] + sign, font, size) > width:
            pieces.append("")
        pieces[-1] += sign
    return pieces


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title and its share of the width in points."""

    title: str
    width: float
    right: bool = False


# Where a cell begins, how wide it is, and its text.
_Placed = tuple[float, Column, str]


def _placed(columns: Sequence[Column], cells: Sequence[str | None]) -> list[_Placed]:
    """Return the cells of a row with their places."""
    placed: list[_Placed] = []
    x = LEFT
    for column, cell in zip(columns, cells, strict=True):
        if cell is None and placed:
            begin, before, text = placed[-1]
            wider = Column(before.title, before.width + column.width, before.right)
            placed[-1] = (begin, wider, text)
        else:
            placed.append((x, column, cell or ""))
        x += column.width
    return placed


@dataclass(slots=True)
class _Page:
    """What is to be drawn on one page: bands and rules below, text above."""

    bands: list[tuple[float, float, float, float, Colour]] = field(default_factory=list)
    rules: list[tuple[float, float, float, Colour]] = field(default_factory=list)
    texts: list[tuple[float, float, str, str, float, Colour]] = field(default_factory=list)


class Layout:
    """Pages in the making: a cursor goes down, and a new page begins where it has to."""

    def __init__(self) -> None:
        _signs()
        self._pages = [_Page()]
        self.y = TOP

    @property
    def pages(self) -> int:
        """Return how many pages there are by now."""
        return len(self._pages)

    def new_page(self) -> None:
        """Go on at the top of a new page."""
        self._pages.append(_Page())
        self.y = TOP

    def need(self, height: float) -> None:
        """Begin a new page unless ``height`` points are left on this one."""
        if self.y - height < BOTTOM:
            self.new_page()

    def space(self, height: float) -> None:
        """Leave ``height`` points free."""
        self.y -= height

    def text(
        self, text: str, *, font: str = REGULAR, size: float = 9, colour: Colour = INK
    ) -> None:
        """Write a paragraph over the whole width."""
        for line in wrap(text, RIGHT - LEFT, font, size):
            self.need(size * 1.4)
            self.y -= size * 1.4
            self._put(LEFT, self.y, line, font, size, colour)

    def heading(self, text: str) -> None:
        """Write the heading of a section; it never stands alone at the end of a page."""
        self.need(_SECTION)
        self.y -= 26
        self._put(LEFT, self.y, printable(text), BOLD, 13, ACCENT)
        self.y -= 6
        self._pages[-1].rules.append((LEFT, self.y, RIGHT, ACCENT))
        self.y -= 4

    def banner(self, title: str, subtitle: str) -> None:
        """Write the title of the document on a band of its own."""
        self._pages[-1].bands.append((LEFT, self.y - 74, RIGHT - LEFT, 74, ACCENT))
        self._put(LEFT + 16, self.y - 36, printable(title), BOLD, 24, (1, 1, 1))
        self._put(LEFT + 16, self.y - 58, printable(subtitle), REGULAR, 10.5, (0.86, 0.91, 0.96))
        self.y -= 84

    def facts(self, rows: Iterable[tuple[str, str]], *, label: float = 118) -> None:
        """Write label and value, one pair under the other."""
        for title, value in rows:
            shown = wrap(value or "-", RIGHT - LEFT - label, REGULAR, 9)
            self.need(13.5 * len(shown))
            self._put(LEFT, self.y - 11, printable(title), BOLD, 9, QUIET)
            for line in shown:
                self.y -= 13
                self._put(LEFT + label, self.y + 2, line, REGULAR, 9, INK)
            self.y -= 1.5

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[tuple[Sequence[str | None], bool]],
        *,
        size: float = 7,
    ) -> None:
        """Write a table; a row that is marked gets a tint.  Its head is on every page.

        A cell that is None is taken by the one before it.
        """
        begun = False
        for number, (cells, marked) in enumerate(rows):
            placed = _placed(columns, cells)
            lines = [wrap(text, column.width - 5, REGULAR, size) for _, column, text in placed]
            height = max(map(len, lines)) * size * 1.25 + 3.2
            if not begun or self.y - height < BOTTOM:
                # The head stays with the row below it.
                if begun:
                    self.new_page()
                else:
                    self.need(_HEAD + height)
                self._table_head(columns, size)
                begun = True
            colour = TINT if marked else ZEBRA if number % 2 else None
            if colour:
                self._pages[-1].bands.append((LEFT, self.y - height, RIGHT - LEFT, height, colour))
            self._row(placed, lines, size, REGULAR)
            self.y -= height
        self.y -= 6

    def _table_head(self, columns: Sequence[Column], size: float) -> None:
        titles = [wrap(column.title, column.width - 5, BOLD, size) for column in columns]
        height = max(len(title) for title in titles) * size * 1.25 + 5
        self._pages[-1].bands.append((LEFT, self.y - height, RIGHT - LEFT, height, BAND))
        self._row(_placed(columns, [it.title for it in columns]), titles, size, BOLD)
        self.y -= height
        self._pages[-1].rules.append((LEFT, self.y, RIGHT, RULE))

    def _row(
        self, placed: Sequence[_Placed], cells: Sequence[Sequence[str]], size: float, font: str
    ) -> None:
        for (x, column, _), shown in zip(placed, cells, strict=True):
            y = self.y - 1.5
            for line in shown:
                y -= size * 1.25
                shift = column.width - 5 - _width(line, font, size) if column.right else 0
                self._put(x + 3 + shift, y + size * 0.25, line, font, size, INK)

    def _put(self, x: float, y: float, text: str, font: str, size: float, colour: Colour) -> None:
        if text:
            self._pages[-1].texts.append((x, y, text, font, size, colour))

    def draw(self, target: Path, *, title: str, head: tuple[str, str], foot: str) -> int:
        """Draw all pages into ``target``; return how many there are."""
        with target.open("xb") as stream:
            canvas = Canvas(
                stream, pagesize=letter, invariant=1, pageCompression=1, initialFontName=REGULAR
            )
            canvas.setTitle(title)
            canvas.setAuthor("stationd")
            canvas.setSubject(foot)
            for number, page in enumerate(self._pages, start=1):
                self._draw_edges(canvas, head, foot, number)
                _draw_page(canvas, page)
                canvas.showPage()
            canvas.save()
        return len(self._pages)

    def _draw_edges(self, canvas: Canvas, head: tuple[str, str], foot: str, number: int) -> None:
        canvas.setStrokeColorRGB(*RULE)
        canvas.setLineWidth(0.6)
        canvas.line(LEFT, HEIGHT - 50, RIGHT, HEIGHT - 50)
        canvas.line(LEFT, 46, RIGHT, 46)
        canvas.setFillColorRGB(*QUIET)
        canvas.setFont(REGULAR, 7.5)
        canvas.drawString(LEFT, HEIGHT - 44, printable(head[0]))
        canvas.drawRightString(RIGHT, HEIGHT - 44, printable(head[1]))
        canvas.setFont(REGULAR, 6.5)
        canvas.drawString(LEFT, 36, printable(foot))
        canvas.setFont(BOLD, 7.5)
        canvas.drawRightString(RIGHT, 36, f"page {number} of {len(self._pages)}")


def _draw_page(canvas: Canvas, page: _Page) -> None:
    for x, y, width, height, colour in page.bands:
        canvas.setFillColorRGB(*colour)
        canvas.rect(x, y, width, height, stroke=0, fill=1)
    canvas.setLineWidth(0.7)
    for x, y, end, colour in page.rules:
        canvas.setStrokeColorRGB(*colour)
        canvas.line(x, y, end, y)
    for x, y, text, font, size, colour in page.texts:
        canvas.setFillColorRGB(*colour)
        canvas.setFont(font, size)
        canvas.drawString(x, y, text)
