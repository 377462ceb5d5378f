"""The step of a verification that checks the proofs, where a bundle has them."""

from archive import ledger_check
from archive.examination import Examination
from archive.note_check import LedgerError
from archive.point_check import PROOFS, Given, Point, read_proofs
from archive.withheld_check import WITHHELD

__all__ = ["note_absence", "points", "proofs", "read"]


def read(work: Examination) -> None:
    """Read ``proofs.json``, so that records are read with the points in mind."""
    raw = work.opened.read(PROOFS)
    if raw is None:
        return
    try:
        work.proofs = read_proofs(raw)
        work.report.points = len(work.proofs.points)
    except LedgerError as error:
        work.failed("proofs", error.subject, error.text)


def points(work: Examination) -> tuple[Point, ...]:
    """Return the points that the records are checked against."""
    return work.proofs.points if work.proofs else ()


def proofs(work: Examination) -> None:
    """8. ``proofs``: what others saw of the log, and what stood in it then."""
    statement, found = work.statement, work.proofs
    if statement is None or found is None or work.keys is None:
        return
    index = work.json("proofs", "data/index.json")
    kind = str(index.get("kind")) if isinstance(index, dict) else ""
    given = Given(statement, work.opened.read, work.keys, work.anchors.tsa_pem)
    status = work.opened.read("data/line-status.csv") or b""
    try:
        segments = [seen.segment for seen in work.segments]
        for problem in ledger_check.check_points(found, given, kind, segments, status):
            say = work.failed if problem.decided else work.undecided
            say("proofs", problem.subject, problem.text)
    except LedgerError as error:
        work.failed("proofs", error.subject, error.text)
    if found.absent is None:
        work.report.not_checked.append(f"whether the account has a later epoch: {_unshown(work)}")
    text = f"{len(found.points)} points, each stamped, from checkpoint {found.points[0].n} on"
    work.report.conclude("proofs", PROOFS, text)


def _unshown(work: Examination) -> str:
    """Return why nothing shows that there is no later epoch."""
    last = work.segments[-1].segment.last_type if work.segments else ""
    return "the last record is withheld" if last == WITHHELD else "it was closed"


def note_absence(work: Examination) -> None:
    """Say what a bundle without proofs does not show."""
    if PROOFS in work.opened.places:
        return
    if work.demand_proofs:
        work.failed("proofs", PROOFS, "is not there, and proofs were demanded")
    else:
        text = "the checkpoint's entry in the log, the head in its state, anchors: no proofs inside"
        work.report.not_checked.append(text)
