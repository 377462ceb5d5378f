"""The marks on paper: fonts, papers, and what draws pages with their structure into a PDF.

Embedded TrueType fonts, the same bytes for the same content: no clock, no names of this machine.
What the font has no sign for is written as its code point, never left out.  Every mark belongs to
an element of the document's structure, in reading order, or is marked as an artifact.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from reportlab import rl_config
from reportlab.lib.pagesizes import A4, letter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFDocument, PDFName, PDFObject
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

__all__ = [
    "BOLD",
    "PAPERS",
    "REGULAR",
    "Element",
    "Mark",
    "Page",
    "draw_pages",
    "line",
    "polygon",
    "printable",
    "rectangle",
    "text_width",
    "words",
]

REGULAR, BOLD = "SourceSansPro-Regular", "SourceSansPro-Semibold"
PAPERS: Mapping[str, tuple[float, float]] = MappingProxyType({"letter": letter, "a4": A4})
_LANGUAGE = "en-US"

Colour = tuple[float, float, float]


@lru_cache(maxsize=1)
def _signs() -> frozenset[int]:
    """Register the fonts; return the code points they both have signs for."""
    faces = []
    folder = files("font_source_sans_pro") / "files"
    for name in (REGULAR, BOLD):
        font = TTFont(name, str(folder / f"{name}.ttf"))
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
def text_width(text: str, font: str, size: float) -> float:
    """Return how wide ``text`` is, in points."""
    _signs()
    return float(pdfmetrics.stringWidth(text, font, size))


@dataclass(slots=True, eq=False)
class Element:
    """A part of the document's structure: what it is, and what it is made of, in order.

    ``alt`` tells a figure in words.  ``more`` is attributes as they stand in the file.
    """

    tag: str
    alt: str = ""
    more: str = ""
    kids: list["Element"] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)

    def add(self, tag: str, *, alt: str = "", more: str = "") -> "Element":
        """Return a new last part of this one."""
        kid = Element(tag, alt, more)
        self.kids.append(kid)
        return kid


@dataclass(frozen=True, slots=True)
class Mark:
    """Operators of a page and the element they belong to; None: an artifact."""

    element: Element | None
    code: str = ""
    text: tuple[float, float, str, str, float, Colour] | None = None


@dataclass(slots=True)
class Page:
    """What is to be drawn on one page, in reading order, and the bookmarks that point to it."""

    marks: list[Mark] = field(default_factory=list)
    bookmarks: list[tuple[str, int, float]] = field(default_factory=list)


def words(
    element: Element | None, place: tuple[float, float], text: str, style: tuple[str, float, Colour]
) -> Mark:
    """Return the mark of a line of printable text."""
    return Mark(element, text=(*place, text, *style))


def rectangle(
    element: Element | None,
    box: tuple[float, float, float, float],
    fill: Colour | None = None,
    stroke: Colour | None = None,
) -> Mark:
    """Return the mark of a rectangle: left, bottom, width, height."""
    code = f"{_rgb(fill)} rg " if fill else ""
    code += f"0.6 w {_rgb(stroke)} RG " if stroke else ""
    act = "B" if fill and stroke else "f" if fill else "S"
    return Mark(element, f"{code}{_numbers(box)} re {act}")


def line(
    element: Element | None, ends: tuple[float, float, float, float], colour: Colour, width: float
) -> Mark:
    """Return the mark of a straight line."""
    start, end = _numbers(ends[:2]), _numbers(ends[2:])
    return Mark(element, f"{_numbers((width,))} w {_rgb(colour)} RG {start} m {end} l S")


def polygon(element: Element | None, points: Sequence[tuple[float, float]], colour: Colour) -> Mark:
    """Return the mark of a filled shape."""
    first, *rest = (_numbers(point) for point in points)
    sides = " ".join(f"{point} l" for point in rest)
    return Mark(element, f"{_rgb(colour)} rg {first} m {sides} f")


def _numbers(values: Iterable[float]) -> str:
    return " ".join(f"{value:.2f}".rstrip("0").rstrip(".") for value in values)


def _rgb(colour: Colour | None) -> str:
    return _numbers(colour or (0.0, 0.0, 0.0))


def draw_pages(
    target: Path,
    pages: Sequence[Page],
    root: Element,
    *,
    paper: tuple[float, float],
    title: str,
    subject: str,
) -> None:
    """Draw ``pages`` into ``target``, with bookmarks, language and structure."""
    _signs()
    with target.open("xb") as stream, _plain_streams():
        canvas = Canvas(
            stream,
            pagesize=paper,
            invariant=1,
            pageCompression=1,
            initialFontName=REGULAR,
            lang=_LANGUAGE,
        )
        canvas.setTitle(title)
        canvas.setAuthor("stationd")
        canvas.setSubject(subject)
        canvas.setViewerPreference("DisplayDocTitle", "true")
        # It has no other way to the objects of the file.
        document = canvas._doc  # noqa: SLF001
        tags = _Structure(document)
        drawn = _Drawn(document, tags)
        for number, page in enumerate(pages):
            for name, level, top in page.bookmarks:
                key = f"b{number}-{top:.0f}-{level}"
                canvas.bookmarkHorizontalAbsolute(key, top)
                canvas.addOutlineEntry(name, key, level, closed=level > 0)
            canvas.addLiteral("\n".join(drawn.code(page, number)))
            canvas.showPage()
        canvas.showOutline()
        tags.write(root, len(pages))
        canvas.save()


@contextmanager
def _plain_streams() -> Iterator[None]:
    """Write compressed streams as they are, not once more in base 85."""
    before, rl_config.useA85 = rl_config.useA85, 0
    try:
        yield
    finally:
        rl_config.useA85 = before


class _Drawn:
    """The operators of pages: what is set once is not set again."""

    def __init__(self, document: PDFDocument, tags: "_Structure") -> None:
        self._document = document
        self._tags = tags
        self._colour: Colour | None = None
        self._shown: dict[tuple[str, str, float], str] = {}

    def code(self, page: Page, number: int) -> Iterator[str]:
        """Yield the operators, in order, each run of marks within its element."""
        self._colour = None
        for element, marks in groupby(page.marks, key=lambda mark: mark.element):
            if element is None:
                yield "/Artifact BMC"
            else:
                yield f"/{element.tag} <</MCID {self._tags.place(element, number)}>> BDC"
            for mark in marks:
                yield self._text(*mark.text) if mark.text else self._shape(mark.code)
            yield "EMC"

    def _shape(self, code: str) -> str:
        self._colour = None
        return code

    def _text(self, x: float, y: float, text: str, name: str, size: float, colour: Colour) -> str:
        before = "" if colour == self._colour else f"{_rgb(colour)} rg "
        self._colour = colour
        shown = self._shown.get((text, name, size))
        if shown is None:
            shown = self._shown[text, name, size] = self._letters(text, name, size)
        return f"{before}BT 1 0 0 1 {x:.2f} {y:.2f} Tm {shown} ET"

    def _letters(self, text: str, name: str, size: float) -> str:
        """Return the operators of a text in the fonts that are cut to what the document uses."""
        font = pdfmetrics.getFont(name)
        return " ".join(
            f"{font.getSubsetInternalName(subset, self._document)} {size:g} Tf <{chunk.hex()}> Tj"
            for subset, chunk in font.splitString(text, self._document)
        )


class _Written(PDFObject):  # type: ignore[misc]
    """An object of the file whose bytes are ready."""

    def __init__(self) -> None:
        self.data = b""

    def format(self, document: object) -> bytes:
        return self.data


class _Structure:
    """The tree of elements (PDF 1.7, 14.7), and which marks of a page belong to which."""

    def __init__(self, document: PDFDocument) -> None:
        self._document = document
        self._marked: dict[int, list[Element]] = {}

    def place(self, element: Element, page: int) -> int:
        """Return the number, on its page, of the next run of marks of an element."""
        marked = self._marked.setdefault(page, [])
        marked.append(element)
        element.places.append((page, len(marked) - 1))
        return len(marked) - 1

    def write(self, root: Element, pages: int) -> None:
        """Put the whole tree into the document."""
        top, numbers = self._object(), {}
        whole = list(_walk(root, None))
        for element, _ in whole:
            numbers[id(element)] = self._object()
        at = [self._page(number) for number in range(pages)]
        for element, parent in whole:
            over = top if parent is None else numbers[id(parent)]
            kids = [f"{numbers[id(kid)][1]} 0 R" for kid in element.kids]
            numbers[id(element)][0].data = _element(element, over[1], kids, at).encode()
        parents = self._object()
        rows = []
        for number in range(pages):
            marked = " ".join(f"{numbers[id(it)][1]} 0 R" for it in self._marked.get(number, ()))
            rows.append(f"{number} [{marked}]")
        parents[0].data = f"<</Nums[{' '.join(rows)}]>>".encode()
        top[0].data = (
            f"<</Type/StructTreeRoot/K {numbers[id(root)][1]} 0 R"
            f"/ParentTree {parents[1]} 0 R/ParentTreeNextKey {pages}>>"
        ).encode()
        catalog = self._document.Catalog
        catalog.StructTreeRoot = top[0]
        catalog.MarkInfo = PDFDictionary({"Marked": "true"})

    def _object(self) -> tuple[_Written, int]:
        written = _Written()
        name = self._document.Reference(written).name
        return written, self._document.idToObjectNumberAndVersion[name][0]

    def _page(self, number: int) -> int:
        """Tell a page its place in the tree; return the number of its object."""
        name = f"Page{number + 1}"
        page = self._document.idToObject[name]
        page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
        page.StructParents = number
        page.Tabs = PDFName("S")
        found: int = self._document.idToObjectNumberAndVersion[name][0]
        return found


def _walk(element: Element, parent: Element | None) -> Iterator[tuple[Element, Element | None]]:
    yield element, parent
    for kid in element.kids:
        yield from _walk(kid, element)


def _element(element: Element, parent: int, kids: list[str], pages: Sequence[int]) -> str:
    alt = f"/Alt <{(chr(0xFEFF) + element.alt).encode('utf-16-be').hex()}>" if element.alt else ""
    head = f"<</S/{element.tag}/P {parent} 0 R{alt}{element.more}"
    if len(element.places) == 1 and not kids:
        ((page, mark),) = element.places
        return f"{head}/Pg {pages[page]} 0 R/K {mark}>>"
    marks = [f"<</Type/MCR/Pg {pages[page]} 0 R/MCID {mark}>>" for page, mark in element.places]
    return f"{head}/K[{' '.join([*marks, *kids])}]>>"
