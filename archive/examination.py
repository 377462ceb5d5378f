"""What the steps of a verification hand on to each other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from archive.file_check import Seen, SegmentSeen
from archive.findings import Anchors, Outcome, Report
from archive.log_key_check import LogKeys
from archive.note_check import LedgerError, Statement, canonical_value
from archive.opened import Opened
from archive.openssl import Answer
from archive.point_check import Chain, Proofs
from archive.revocation_check import CrlList

__all__ = ["Examination", "Mapped"]

Mapped = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""A ``map``: this process's own, or one that spreads the work over several."""


@dataclass(slots=True)
class Examination:
    """The bundle, what it is checked against, and what has been found so far."""

    opened: Opened
    anchors: Anchors
    report: Report
    map: Mapped
    demand_proofs: bool = False
    seen: dict[str, Seen] = field(default_factory=dict)
    segments: list[SegmentSeen] = field(default_factory=list)
    whole: Chain = field(default_factory=lambda: Chain(b""))
    statement: Statement | None = None
    proofs: Proofs | None = None
    keys: LogKeys | None = None
    revoked: list[CrlList] = field(default_factory=list)
    stamps: dict[tuple[bytes, bytes], Answer] = field(default_factory=dict)

    def failed(self, step: str, subject: str, text: str) -> None:
        """Report that something does not hold."""
        self.report.add(step, Outcome.FAILED, subject, text)

    def undecided(self, step: str, subject: str, text: str) -> None:
        """Report what should have been decided and could not."""
        self.report.add(step, Outcome.UNDECIDED, subject, text)

    def json(self, step: str, name: str) -> Any:  # noqa: ANN401 - JSON is anything
        """Return a JSON file's value; None, and a finding, where it is none."""
        raw = self.opened.read(name)
        try:
            return canonical_value(name, raw) if raw is not None else None
        except LedgerError as error:
            self.failed(step, name, error.text)
            return None
