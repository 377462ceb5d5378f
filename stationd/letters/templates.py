"""Templates of letters: what one may contain, and how it is filled.

A template is text with fields of `stationd.letters.fields`.  It can name a field, ask whether one
is there, and go through a list of its data; it can do nothing else.  It calls nothing, so there is
no loop but over data, none within another, and nothing to be read but the data.  This is checked on
the parsed template before it is signed off, and again before it is filled.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from stationd.errors import MistakeError, RefusedError
from stationd.letters.fields import FIELDS, LETTERS, LISTS, fields_of

__all__ = [
    "MOST_BYTES",
    "Data",
    "Line",
    "check_template",
    "fill",
    "is_template",
    "missing_fields",
    "shown",
]

MOST_BYTES = 64_000
"""A letter has a few pages; this is some thirty."""

_MOST_FILLED = 400_000

Line = Mapping[str, str]
Data = Mapping[str, Mapping[str, str | Sequence[Line]]]
"""What a letter says, by part and name: texts, and lists of lines of texts."""

_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    # The result is text on paper and in a text/plain part; markup would be shown as it is.
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    cache_size=0,
)
_ENVIRONMENT.globals.clear()
_ENVIRONMENT.filters.clear()
_ENVIRONMENT.tests.clear()

_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.If),
    *(nodes.For, nodes.Not, nodes.And, nodes.Or),
)

# Words that make an end depend on what the customer does next.
_DEPENDS = re.compile(
    r"\b(unless|otherwise|if (you|we|payment|the (balance|amount))|until you|provided that"
    r"|to avoid|in order to (keep|avoid)|may be (ended|terminated|cancelled|canceled)|reinstat\w*"
    r"|subject to (your|payment))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Used:
    """A field that a template names, or text that stands in it, and under which conditions."""

    name: str
    line: int
    text: str = ""
    under: tuple[str, ...] = ()


def is_template(name: str) -> bool:
    """Tell whether a file is one that the program fills; any other form is filled by people."""
    return name.lower().endswith(".txt")


def check_template(kind: str, content: bytes) -> None:
    """Raise `MistakeError` with everything that keeps a text from being a form for ``kind``."""
    text, faults = _text(content)
    used: list[_Used] = []
    if not faults:
        try:
            used = list(_walk(_ENVIRONMENT.parse(text), {}, ()))
        except TemplateError as error:
            faults.append(f"{error.message} (line {getattr(error, 'lineno', '?')})")
        except RecursionError:
            faults.append("it is nested too deeply")
    if not faults:
        faults = [*_unknown(kind, used), *_unused(kind, used), *_depending(kind, used)]
    if faults:
        listed = "; ".join(faults)
        raise MistakeError(f"This text cannot be a form for {kind}: {listed}.")


def _text(content: bytes) -> tuple[str, list[str]]:
    if len(content) > MOST_BYTES:
        return "", [f"it has {len(content)} bytes, at most {MOST_BYTES} are taken"]
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        return "", [f"it is not UTF-8 at byte {error.start}"]


def _walk(node: nodes.Node, lines: Mapping[str, str], under: tuple[str, ...]) -> Iterator[_Used]:
    """Yield what a part of a template names and says; raise where it does anything else."""
    if not isinstance(node, _ALLOWED):
        what = type(node).__name__.lower()
        msg = f"a template only names fields, asks for them and lists them, and this has a {what}"
        raise TemplateError(_at(msg, node))
    if isinstance(node, nodes.TemplateData):
        yield _Used("", node.lineno, node.data, under)
    elif isinstance(node, nodes.Name | nodes.Getattr):
        yield _Used(_named(node, lines), node.lineno, under=under)
    elif isinstance(node, nodes.If):
        yield from _condition(node, lines, under)
    elif isinstance(node, nodes.For):
        yield from _loop(node, lines, under)
    else:
        for child in node.iter_child_nodes():
            yield from _walk(child, lines, under)


def _at(text: str, node: nodes.Node) -> str:
    return f"{text} (line {node.lineno})"


def _condition(node: nodes.If, lines: Mapping[str, str], under: tuple[str, ...]) -> Iterator[_Used]:
    asked = list(_walk(node.test, lines, under))
    yield from asked
    plain = isinstance(node.test, nodes.Name | nodes.Getattr)
    met = (*under, asked[0].name if plain else "-")
    for child in node.body:
        yield from _walk(child, lines, met)
    for child in (*node.elif_, *node.else_):
        yield from _walk(child, lines, (*under, "-"))


def _loop(node: nodes.For, lines: Mapping[str, str], under: tuple[str, ...]) -> Iterator[_Used]:
    if lines:
        raise TemplateError(_at("a list is not gone through within another", node))
    if node.recursive or node.test is not None or not isinstance(node.target, nodes.Name):
        raise TemplateError(_at("a list is gone through as `{% for line in a.list %}`", node))
    (over,) = _walk(node.iter, lines, under)
    if over.name not in LISTS:
        raise TemplateError(_at(f"{over.name or 'this'} is no list", node))
    yield over
    for child in (*node.body, *node.else_):
        yield from _walk(child, {node.target.name: over.name}, (*under, over.name))


def _named(node: nodes.Name | nodes.Getattr, lines: Mapping[str, str]) -> str:
    """Return the field that an expression names."""
    if isinstance(node, nodes.Name):
        raise TemplateError(_at(f"{node.name} is no field; a field is `part.name`", node))
    if not isinstance(node.node, nodes.Name):
        raise TemplateError(_at("a field is `part.name`", node))
    part = node.node.name
    if part not in lines:
        return f"{part}.{node.attr}"
    if node.attr not in LISTS[lines[part]]:
        known = ", ".join(LISTS[lines[part]])
        raise TemplateError(_at(f"a line of {lines[part]} has: {known}; not {node.attr}", node))
    return lines[part]


def _unknown(kind: str, used: Sequence[_Used]) -> list[str]:
    known = fields_of(kind)
    wrong = {one.name: one.line for one in used if one.name and one.name not in known}
    return [
        f"{name} is no field of it (line {line})"
        if name not in FIELDS
        else f"a {kind} letter does not say {name} (line {line})"
        for name, line in wrong.items()
    ]


def _unused(kind: str, used: Sequence[_Used]) -> list[str]:
    letter = LETTERS[kind]
    anywhere = {one.name for one in used}
    always = {one.name for one in used if not one.under}
    faults = [
        f"it does not say {name}" + (" in every case" if name in anywhere else "")
        for name in letter.always
        if name not in always
    ]
    return faults + [f"it nowhere says {one}" for one in letter.somewhere if one not in anywhere]


def _depending(kind: str, used: Sequence[_Used]) -> list[str]:
    """Return the words that make the end depend on the customer, but where there is a cure."""
    if not LETTERS[kind].final:
        return []
    faults: list[str] = []
    for one in used:
        found = _DEPENDS.search(" ".join(one.text.split()))
        if found and "cure.days" not in one.under:
            faults.append(
                f"{found[0]!r} makes the end depend on what comes next (behind line {one.line}); "
                "that may only stand under {% if cure.days %}"
            )
    return faults


# --- Filling ---


def missing_fields(kind: str, data: Data, needed: Sequence[str] = ()) -> list[str]:
    """Return what a letter needs and ``data`` has not, each with who can supply it."""
    wanted = dict.fromkeys((*LETTERS[kind].always, *needed))
    return [
        f"{name} ({FIELDS[name].says}): {FIELDS[name].supply}"
        for name in wanted
        if not _value(data, name)
    ]


def _value(data: Data, name: str) -> object:
    part, _, field = name.partition(".")
    return data.get(part, {}).get(field)


def fill(kind: str, content: bytes, data: Data, needed: Sequence[str] = ()) -> str:
    """Return the letter, or raise `RefusedError` with what is missing for it.

    ``needed`` are fields that this letter needs besides those that every one of its kind does.
    Of ``data`` the template sees the fields of its kind; what is missing of those is empty.
    """
    check_template(kind, content)
    missing = missing_fields(kind, data, needed)
    if missing:
        listed = "; ".join(missing)
        raise RefusedError(f"The {kind} letter cannot be made; it lacks {listed}.")
    try:
        filled = _ENVIRONMENT.from_string(content.decode("utf-8")).render(shown(kind, data))
    except TemplateError as error:
        raise MistakeError(f"The form cannot be filled: {error.message}.") from None
    if len(filled) > _MOST_FILLED:
        raise MistakeError(f"The letter would have {len(filled)} characters; it is no letter.")
    return _tidy(filled)


def shown(kind: str, data: Data) -> dict[str, dict[str, str | Sequence[Line]]]:
    """Return of ``data`` what a letter of a kind may say; what is missing of it is empty."""
    seen: dict[str, dict[str, str | Sequence[Line]]] = {}
    for name in fields_of(kind):
        part, _, field = name.partition(".")
        value = data.get(part, {}).get(field)
        seen.setdefault(part, {})[field] = value or ([] if name in LISTS else "")
    return seen


def _tidy(text: str) -> str:
    """Return a text without blanks at line ends, and with one empty line between paragraphs."""
    lines = [line.rstrip() for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"
