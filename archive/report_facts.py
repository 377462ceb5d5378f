"""What the report tells beside the records: identity, hashes, lines, custody, code table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archive.forms import FormFacts
from archive.redaction import Censor

__all__ = ["ReportFacts", "paper_of"]

_PAPERS = ("letter", "a4")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """What the report tells beside the records.

    ``lines`` are the rows of line status, ``known`` the facts as they were frozen, ``censor`` what
    was withheld from a redacted copy; None: the bundle is whole.
    """

    form: FormFacts
    fingerprints: Sequence[tuple[str, str]]
    transmitters: Sequence[str]
    lines: Sequence[Mapping[str, Any]]
    documents: int
    segments: int
    table: str = ""
    dictionary: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Any] = field(default_factory=dict)
    corrections: Sequence[Mapping[str, Any]] = ()
    censor: Censor | None = None

    @property
    def custody(self) -> list[Mapping[str, Any]]:
        """The rows of custody that are acts on bundles, none that corrects a record."""
        rows = self.known.get("custody")
        if not isinstance(rows, (list, tuple)):
            return []
        return [row for row in rows if isinstance(row, Mapping) and "corrects" not in row]

    @property
    def case(self) -> Mapping[str, Any]:
        """The case that the bundle was ordered for; empty where there is none."""
        case = self.known.get("case")
        return case if isinstance(case, Mapping) else {}


def paper_of(known: Mapping[str, Any]) -> str:
    """Return the paper that was frozen into the order: `letter` unless it says `a4`."""
    report = known.get("report")
    paper = report.get("paper") if isinstance(report, Mapping) else None
    return paper if paper in _PAPERS else "letter"
