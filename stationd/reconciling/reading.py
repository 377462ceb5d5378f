"""From a file of the automation platform to the accounts it lists."""

from collections.abc import Mapping

from stationd.automation import LIST_FIELDS, AutomationSettings
from stationd.errors import ImportRejectedError
from stationd.imports.model import Fault, Place, Source
from stationd.imports.tables import Table, read_table
from stationd.reconciling.model import Listed

__all__ = ["read_list"]

_Columns = Mapping[str, int]
# What the columns that say it hold at most, so that a finding fits its row.
_LONGEST = 40


def read_list(source: Source, settings: AutomationSettings) -> list[Listed]:
    """Return the accounts a file lists, or raise `ImportRejectedError` with every fault.

    Of a list that cannot be read whole nothing is believed: what is missing in it would count as
    gone.
    """
    table, faults = read_table(source, encoding=settings.encoding, delimiter=settings.delimiter)
    columns, column_faults = _columns(table, settings)
    faults += column_faults
    listed: list[Listed] = []
    inactive = {one.casefold() for one in settings.inactive}
    for row in table.rows if columns else ():
        cells = {name: row.cells[index].strip() for name, index in columns.items()}
        if cells.get("status", "").casefold() in inactive:
            continue
        one = _listed(row.line, cells)
        if (problem := _problem(one)) is not None:
            faults.append(Fault(Place(source.name, row.line), problem))
        else:
            listed.append(one)
    if faults:
        raise ImportRejectedError(source.name, [str(fault) for fault in sorted(faults)])
    return listed


def _listed(line: int, cells: Mapping[str, str]) -> Listed:
    named = {name: cells.get(name, "") for name in ("account", "number", "group", "customer")}
    return Listed(line=line, **named)


def _problem(one: Listed) -> str | None:
    if not (one.account or one.number):
        return "neither an account nor a number"
    if max(map(len, (one.account, one.number, one.group))) > _LONGEST:
        return f"a number has more than {_LONGEST} characters"
    return None


def _columns(table: Table, settings: AutomationSettings) -> tuple[_Columns, list[Fault]]:
    """Return which column is which field, and what is wrong with that."""
    place = Place(table.file, 1)
    wanted = {_plain(heading): name for heading, name in settings.columns.items()}
    found: dict[str, int] = {}
    faults: list[Fault] = []
    for index, heading in enumerate(table.headings):
        name = wanted.get(_plain(heading), _plain(heading))
        if name not in LIST_FIELDS:
            continue
        if name in found:
            faults.append(Fault(place, f"two columns give {name}; the second is {heading!r}"))
        found[name] = index
    if table.headings and not {"account", "number"} & set(found):
        text = (
            "no column is the account or the number; name one in [automation.columns], such as "
            '"Acct No" = "account"'
        )
        faults.append(Fault(place, text))
    return found, faults


def _plain(heading: str) -> str:
    return "_".join(heading.strip().lower().replace("-", " ").split())
