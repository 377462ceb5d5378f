"""What a verifier says: findings, the report of all of them, and whom it was told to trust."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

__all__ = ["Anchors", "Finding", "Outcome", "Report"]


class Outcome(StrEnum):
    """How a check ended; what could not be decided is not passed."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Anchors:
    """Whom to trust, as PEM, obtained outside the bundle.

    Without ``log_pub_pem`` the log key in the bundle's own ``trust/`` is used, and the report says
    so.  ``crls_pem`` are lists of revoked certificates that are newer than those in it.
    """

    root_pem: bytes
    tsa_pem: bytes
    log_pub_pem: bytes | None = None
    crls_pem: bytes = b""

    @classmethod
    def load(
        cls, root: Path, tsa: Path, log: Path | None = None, crls: Sequence[Path] = ()
    ) -> "Anchors":
        """Read the anchors from their files."""
        given = log.read_bytes() if log else None
        newer = b"\n".join(path.read_bytes() for path in crls)
        return cls(root.read_bytes(), tsa.read_bytes(), given, newer)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's end: its step, its outcome, the file it is about, and a sentence."""

    step: str
    outcome: Outcome
    subject: str
    text: str


@dataclass(slots=True)
class Report:
    """All findings, in the order of the steps, and what was not checked at all.

    ``copy``: it is a redacted copy, which lacks ``withheld`` records; never a whole bundle.
    """

    bundle: str
    findings: list[Finding] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    content_id: str = ""
    base: str = ""
    acct: str = ""
    epoch: int = 0
    records: int = 0
    checkpoint: int = -1
    points: int = 0
    sealed_at: str = ""
    copy: bool = False
    withheld: int = 0

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of all; a report without findings is undecided."""
        outcomes = {finding.outcome for finding in self.findings}
        for worst in (Outcome.FAILED, Outcome.UNDECIDED):
            if worst in outcomes:
                return worst
        return Outcome.PASSED if outcomes else Outcome.UNDECIDED

    def failed_subjects(self) -> set[str]:
        """Return the files that findings other than passed name."""
        return {found.subject for found in self.findings if found.outcome is not Outcome.PASSED}

    def add(self, step: str, outcome: Outcome, subject: str, text: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(step, outcome, subject, text))

    def conclude(self, step: str, subject: str, text: str) -> None:
        """Add that ``step`` passed, unless it has found something already."""
        if not any(finding.step == step for finding in self.findings):
            self.add(step, Outcome.PASSED, subject, text)

    def as_json(self) -> dict[str, object]:
        """Return the report as JSON values."""
        return {
            "bundle": self.bundle,
            "outcome": self.outcome.value,
            "base": self.base,
            "acct": self.acct,
            "epoch": self.epoch,
            "records": self.records,
            "redacted_copy": self.copy,
            "withheld": self.withheld,
            "checkpoint": self.checkpoint,
            "points": self.points,
            "content_id": self.content_id,
            "sealed_at": self.sealed_at,
            "findings": [
                {
                    "step": finding.step,
                    "outcome": finding.outcome.value,
                    "subject": finding.subject,
                    "text": finding.text,
                }
                for finding in self.findings
            ],
            "not_checked": list(self.not_checked),
        }

    def lines(self) -> Sequence[str]:
        """Return the report as lines for people."""
        shown = [f"{it.outcome.value:<9}  {it.step:<10} {_said(it)}" for it in self.findings]
        shown += [f"{'-':<9}  not checked: {text}" for text in self.not_checked]
        if self.content_id:
            shown.append(f"content id {self.content_id}")
        copy = f" (a redacted copy: {self.withheld} records withheld)" if self.copy else ""
        return [*shown, f"{self.bundle}: {self.outcome.value}{copy}"]

    def __str__(self) -> str:
        wrong = [_said(it) for it in self.findings if it.outcome is not Outcome.PASSED]
        return f"{self.bundle} {self.outcome.value}: {'; '.join(wrong) or 'nothing to report'}"


def _said(finding: Finding) -> str:
    return f"{finding.subject}: {finding.text}" if finding.subject else finding.text
