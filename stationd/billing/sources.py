"""The kinds of billing system that lines are read from: one small module and one line here each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO, TypeAlias

from stationd.billing.csv_lines import read_csv
from stationd.billing.mapping import Arrangement, Offered
from stationd.errors import MistakeError
from stationd.imports.model import Fault

__all__ = ["SOURCES", "Format", "format_named"]

Read: TypeAlias = Callable[[str, BinaryIO, Arrangement], Iterator[Offered | Fault]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a file of a billing system is read: name, open file and arrangement in, lines out."""

    title: str
    read: Read


SOURCES: Mapping[str, Format] = MappingProxyType(
    {"csv": Format(title="a table with a header line; a mapping says what is what", read=read_csv)}
)


def format_named(name: str) -> Format:
    """Return a format, or raise `MistakeError` naming those there are."""
    if name not in SOURCES:
        raise MistakeError(f"There is no billing format {name}; there are: {', '.join(SOURCES)}.")
    return SOURCES[name]
