"""What a history says in numbers: counted in the same pass that writes the records.

Memory does not grow with the history: rows are kept up to a limit, codes and days are as many as
there are codes and days.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from archive.daybook import DayBook, Schedule, site_time
from archive.incidents import INCIDENT_CLASSES, Windows

__all__ = ["INCIDENT_CLASSES", "ROWS", "Summary", "moment", "site_time"]

# Up to this many records the report lists each; above, incidents and a row a day.
ROWS = 2000
_CODES = 20_000
# How the version of an operator's own table begins (docs/reference/ledger-records.md).
_OWN = "own:"


class Summary:
    """Counts, codes, days, and the rows that the report shows."""

    def __init__(self, zone: tzinfo, tests: Schedule | None = None) -> None:
        self.zone = zone
        self.book = DayBook(zone, tests)
        self.windows = Windows()
        self.records = 0
        self.withheld = 0
        self.types: Counter[str] = Counter()
        self.origins: Counter[str] = Counter()
        self.classes: Counter[str] = Counter()
        self.days: dict[str, Counter[str]] = {}
        self.codes: dict[str, str] = {}
        self.own_codes: dict[tuple[str, str], str] = {}
        self.marks: Counter[str] = Counter()
        self.rows: list[Mapping[str, Any]] = []
        self.incidents: list[Mapping[str, Any]] = []
        self.incident_count = 0
        self.corrections: list[Mapping[str, Any]] = []
        self.corrected: dict[int, int] = {}
        self.first: Mapping[str, Any] = {}
        self.last: Mapping[str, Any] = {}
        self._day: Counter[str] = Counter()
        self._date = ""
        self._minutes = ""

    def add(self, fields: Mapping[str, Any]) -> None:
        """Count one record."""
        self.records += 1
        if not self.first:
            self.first = fields
        self.last = fields
        kind = _text(fields, "type")
        signal_class = _text(fields, "class") if kind == "signal" else ""
        self.types[kind] += 1
        self.origins[_text(fields, "origin")] += 1
        if kind == "signal":
            self.classes[signal_class] += 1
        time = moment(fields)
        self._count_day(time, signal_class or kind)
        if signal_class:
            self.book.signal(signal_class, fields, self._date, time)
        elif kind == "line" and fields.get("kind") in {"polls", "tests"}:
            self.book.polled(fields, time)
        self.windows.add(fields, time, incident=signal_class in INCIDENT_CLASSES)
        code = fields.get("code")
        if code.__class__ is str:
            self._name(code, fields)
        self._keep(fields, kind, signal_class)

    def withhold(self) -> None:
        """Count a record that is not shown; nothing that it says is looked at."""
        self.records += 1
        self.withheld += 1

    @property
    def shown(self) -> int:
        """How many records are shown; those of a redacted copy that are withheld are not."""
        return self.records - self.withheld

    @property
    def short(self) -> bool:
        """Whether the records that are shown stand in the report one by one."""
        return self.shown <= ROWS

    def _name(self, code: str, fields: Mapping[str, Any]) -> None:
        """Note a code's words; those of an operator's own table stand apart from the others."""
        table = _text(fields, "table")
        full = len(self.codes) + len(self.own_codes) >= _CODES
        if table.startswith(_OWN):
            if (code, table) not in self.own_codes and not full:
                self.own_codes[code, table] = _text(fields, "name")
        elif code not in self.codes and not full:
            self.codes[code] = _text(fields, "name")

    def _keep(self, fields: Mapping[str, Any], kind: str, signal_class: str) -> None:
        if self.shown <= ROWS:
            self.rows.append(fields)
        elif self.rows:
            self.rows = []
        if signal_class in INCIDENT_CLASSES:
            self.incident_count += 1
            if self.incident_count <= ROWS:
                self.incidents.append(fields)
        if kind == "correction" and len(self.corrections) < ROWS:
            self.corrections.append(fields)
            if isinstance(fields.get("corrects"), int):
                self.corrected[fields["corrects"]] = fields["seq"]
        marks = fields.get("marks")
        if marks:
            self.marks.update(str(mark) for mark in marks)

    def _count_day(self, time: str, what: str) -> None:
        # No zone shifts within ten minutes of the clock, so most records need no conversion.
        minutes = time[:15]
        if minutes != self._minutes:
            self._minutes = minutes
            at = site_time(time, self.zone)
            self._date = at.strftime("%Y-%m-%d") if at else ""
            self._day = self.days.setdefault(self._date, Counter())
            self.book.heard(time)
        else:
            self.book.hear(time)
        self._day[what] += 1

    def months(self) -> dict[str, Counter[str]]:
        """Return the counts of each month, in order."""
        months: dict[str, Counter[str]] = {}
        for day in sorted(self.days):
            months.setdefault(day[:7], Counter()).update(self.days[day])
        return months


def moment(fields: Mapping[str, Any]) -> str:
    """Return when what a record tells of happened: received, else appended."""
    return _text(fields, "rx") or _text(fields, "t")


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else ""
