"""Billing lines from a table: a row a line."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from stationd.billing.mapping import FIELDS, Arrangement, Offered, offered
from stationd.imports.columns import assign
from stationd.imports.model import Arrangement as Columns
from stationd.imports.model import Fault, Place
from stationd.imports.tables import Row, stream_table

__all__ = ["read_csv"]


def read_csv(name: str, file: BinaryIO, arrangement: Arrangement) -> Iterator[Offered | Fault]:
    """Yield the lines and faults of a table, in order and one at a time."""
    rows = stream_table(name, file, encoding=arrangement.encoding, delimiter=arrangement.delimiter)
    columns: Mapping[int, str] | None = None
    for row in rows:
        if isinstance(row, Fault):
            yield row
        elif columns is None:
            columns, faults, _ = assign(
                row.cells, Columns(columns=arrangement.columns), fields=FIELDS
            )
            faults += _missing(arrangement, columns)
            if faults:
                yield from (Fault(Place(name, 1), text) for text in faults)
                return
        else:
            yield from _line(name, row, columns, arrangement)


def _missing(arrangement: Arrangement, columns: Mapping[int, str]) -> list[str]:
    """Return what no row could have."""
    told = {*columns.values(), *arrangement.defaults}
    groups = (
        ("number",),
        ("on",),
        ("currency",),
        ("contract", "account"),
        ("amount", "debit", "credit"),
    )
    return [
        f"no column is {' or '.join(group)}; [columns] of the mapping says which is"
        for group in groups
        if told.isdisjoint(group)
    ]


def _line(
    name: str, row: Row, columns: Mapping[int, str], arrangement: Arrangement
) -> Iterator[Offered | Fault]:
    place = Place(name, row.line)
    cells = {field: row.cells[index].strip() for index, field in columns.items()}
    found, problems = offered(place, cells, arrangement)
    if found is not None:
        yield found
    yield from (Fault(place, problem) for problem in problems)
