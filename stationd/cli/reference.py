"""Reference pages made from the code: ``python -m stationd.cli.reference docs/reference``.

A test makes them anew and compares, so a page that is stale fails.
"""

import inspect
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

import click

from stationd import errors
from stationd.cases import reference as cases
from stationd.cli.job_page import jobs_page
from stationd.cli.main import COMMANDS, cli
from stationd.imports.columns import FIELDS
from stationd.letters.reference import letters_page
from stationd.settings import Settings

__all__ = ["exit_codes_page", "import_fields_page", "pages", "settings_page", "stationctl_page"]

_MADE = "<!-- Made from the code by `make docs`; changes here are lost. -->"

# The settings' library is the settings' own; here its tables and keys are only looked at.
_Table: TypeAlias = Any
_Field: TypeAlias = Any

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def pages() -> Mapping[str, str]:
    """Return every page by its file's name."""
    return {
        **cases.pages(),
        "exit-codes.md": exit_codes_page(),
        "import-fields.md": import_fields_page(),
        "letters.md": letters_page(),
        "jobs.md": jobs_page(),
        "settings.md": settings_page(),
        "stationctl.md": stationctl_page(),
    }


# --- stationctl ---


def stationctl_page() -> str:
    """Return the page of all commands, as `--help` says it."""
    lines = ["# stationctl", "", _MADE, ""]
    context = click.Context(cli, info_name="stationctl", max_content_width=96, terminal_width=96)
    lines += ["```", cli.get_help(context), "```"]
    for name in sorted(COMMANDS):
        command = cli.get_command(context, name)
        if command is not None:
            lines += _command(command, name, context)
    return "\n".join(lines) + "\n"


def _command(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    context = click.Context(
        command, info_name=name, parent=parent, max_content_width=96, terminal_width=96
    )
    yield from ["", f"## {context.command_path}", "", "```", command.get_help(context), "```"]
    if isinstance(command, click.Group):
        for child_name in command.list_commands(context):
            child = command.get_command(context, child_name)
            if child is not None:
                yield from _command(child, child_name, context)


# --- Exit codes ---


def exit_codes_page() -> str:
    """Return the page of exit codes: what was raised, and what to do next."""
    lines = ["# Exit codes of stationctl", "", _MADE, ""]
    lines += ["| code | when |", "| --- | --- |", "| 0 | what was asked for is done |"]
    for code, words in sorted(_codes().items()):
        lines.append(f"| {code} | {words} |")
    lines += ["| 130 | Ctrl-C |", ""]
    lines += ["A command line that cannot be read ends with 2 as well. With `--json` a failure is"]
    lines += [
        "an object with `error`, `exit_code` and, after a refusal, `results`: the guard rows."
    ]
    return "\n".join(lines) + "\n"


def _codes() -> dict[int, str]:
    codes: dict[int, list[str]] = {}
    for name in errors.__all__:
        kind = getattr(errors, name)
        if errors.StationdError in kind.__bases__:
            first = inspect.getdoc(kind)
            codes.setdefault(kind.exit_code, []).append((first or "").partition("\n")[0])
    return {code: " ".join(words) for code, words in codes.items()}


# --- Fields of an import ---


def import_fields_page() -> str:
    """Return the page of the fields that a column of an import may be."""
    lines = ["# Fields of an import", "", _MADE, ""]
    lines += ["| field | says of a | meaning |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {one.entity} | {one.help} |" for name, one in FIELDS.items()]
    return "\n".join(lines) + "\n"


# --- Settings ---


def settings_page() -> str:
    """Return the page of all settings: name, kind, default, meaning."""
    lines = ["# Settings", "", _MADE, ""]
    lines += [
        "The file is TOML. A period is a whole number and a unit (`30s`, `5m`, `24h`, `30d`,",
        "`10y` of 365 days). Secrets are paths, or names of systemd credentials. Unknown keys",
        "are refused.",
    ]
    for name, field in Settings.model_fields.items():
        for place, model in _tables(name, field):
            lines += _table(place, model)
    return "\n".join(lines) + "\n"


def _tables(name: str, field: _Field) -> Iterator[tuple[str, _Table]]:
    """Yield each kind of table that a name of the file may be, and those inside it."""
    many = get_origin(field.annotation) is tuple
    for model in _models(field.annotation):
        kind = model.model_fields.get("kind")
        suffix = "" if kind is None else f' with kind = "{get_args(kind.annotation)[0]}"'
        yield (f"[[{name}]]{suffix}" if many else f"[{name}]{suffix}"), model
        for inner, inner_field in model.model_fields.items():
            yield from _tables(f"{name}.{inner}", inner_field)


def _models(annotation: Any) -> list[_Table]:  # noqa: ANN401  (any annotation)
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [model for one in get_args(annotation) for model in _models(one)]


def _table(place: str, model: _Table) -> list[str]:
    lines = ["", f"## `{place}`", "", (inspect.getdoc(model) or "").partition("\n")[0], ""]
    lines += ["| key | kind | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in model.model_fields.items():
        if _models(field.annotation):
            continue
        meaning = (field.description or "").replace("|", "\\|")
        lines.append(f"| `{name}` | {_kind(field.annotation)} | {_default(field)} | {meaning} |")
    return lines


def _kind(annotation: Any) -> str:  # noqa: ANN401  (any annotation)
    origin = get_origin(annotation)
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(annotation))
    if origin in (Union, types.UnionType):
        kinds = [_kind(one) for one in get_args(annotation) if one is not type(None)]
        return " or ".join(dict.fromkeys(kinds))
    if origin is tuple:
        return "list"
    if origin is not None:
        return "table"
    words = {
        str: "text",
        int: "whole number",
        bool: "true or false",
        Path: "path",
        timedelta: "period",
    }
    return words.get(annotation, "text")


def _default(field: _Field) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None or value == {}:
        return ""
    if isinstance(value, timedelta):
        return f"`{_period(value)}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`"


def _period(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    length, unit = next(one for one in _UNITS if seconds % one[0] == 0)
    return f"{seconds // length}{unit}"


def main(arguments: Sequence[str]) -> None:
    """Write the pages into the folder named."""
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
