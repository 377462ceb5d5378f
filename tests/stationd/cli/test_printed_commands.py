"""Every `stationctl` command that a page prints is one the program takes."""

import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import pytest

from stationd.cli.main import cli

_ROOT = Path(__file__).parents[3]
_PAGES = [_ROOT / "README.md", _ROOT / "systemd/README.md", *sorted((_ROOT / "docs").rglob("*.md"))]
_COMMAND = re.compile(r"^\s*(?:\$ |runuser -u \S+ -- |sudo (?:-u \S+ )?)?stationctl ([a-z].*)$")
# A page explains at the end of a line, after two spaces or a `#`; a shell's word is not ours.
_REMARK = re.compile(r"(?: {2,}| [#|<] ?).*$")


def _printed(text: str) -> Iterator[str]:
    """Return the commands in a page's fenced blocks, their continued lines joined."""
    for block in re.findall(r"^ *```\w*\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE):
        joined = re.sub(r"\\\n\s*", "", block)
        for line in joined.splitlines():
            found = _COMMAND.match(line)
            if found:
                yield _REMARK.sub("", found[1])


def _named(text: str) -> Iterator[str]:
    """Return the commands that a page's sentences name, often without what they need."""
    yield from re.findall(r"(?<!`)`stationctl ([a-z][^`]*)`(?!`)", " ".join(text.split()))


def _all(found: Callable[[str], Iterator[str]]) -> list[Any]:
    return [
        pytest.param(line, id=f"{page.name}: {line}")
        for page in _PAGES
        for line in dict.fromkeys(found(page.read_text(encoding="utf-8")))
    ]


def _taken(words: list[str], *, whole: bool = True) -> None:
    """Parse a command as the program does, but for what its values mean."""
    words = [word for word in words if word != "--json"]  # it may stand anywhere
    command: click.Command = cli
    context = cli.make_context("stationctl", words)
    while isinstance(command, click.Group):
        if not whole and not context.args and not context._protected_args:
            return
        words = [*context._protected_args, *context.args]
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        command = found
        if isinstance(command, click.Group):
            context = command.make_context(name, words, parent=context)
    given, left, _ = command.make_parser(click.Context(command, parent=context)).parse_args(words)
    assert not left, f"too many words: {left}"
    for parameter in command.params:
        value = given.get(parameter.name)
        if whole and isinstance(parameter.type, click.Choice) and isinstance(value, str):
            parameter.type.convert(value, parameter, context)
        is_given = isinstance(value, str | list | tuple) and len(value) > 0
        assert is_given or not (whole and parameter.required), (
            f"it needs {parameter.get_error_hint(context)}"
        )


def test_the_pages_print_commands():
    assert len(_all(_printed)) > 150
    assert len(_all(_named)) > 50


@pytest.mark.parametrize("line", _all(_printed))
def test_the_program_takes_what_a_page_prints(line):
    _taken(shlex.split(line))


@pytest.mark.parametrize("line", _all(_named))
def test_the_program_has_what_a_sentence_names(line):
    unfinished = click.exceptions.BadOptionUsage  # an option whose value is left out
    with suppress(click.exceptions.Exit, click.exceptions.NoArgsIsHelpError, unfinished):
        _taken(re.sub(r"[][…]", "", line).split(), whole=False)


@pytest.mark.parametrize(
    "line", ["case opens 1234", "case open 1234", "gaps --lasts 7d", "account custody 1 2", "hold"]
)
def test_it_does_not_take_another(line):
    with pytest.raises((click.ClickException, AssertionError)):
        _taken(shlex.split(line))
