"""``stationd-verify``: a bundle in, a report out; standard library and the openssl command only."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from archive.findings import Anchors, Outcome
from archive.verify import examine

__all__ = ["main"]

PASSED, NOT_PASSED, USAGE = 0, 1, 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stationd-verify",
        description="Check an alarm-history bundle against certificates from outside of it.",
        epilog=(
            "Exit code 0: every check passed. 1: one failed, or could not be decided. "
            "2: the command cannot be carried out as given."
        ),
    )
    parser.add_argument(
        "bundle", type=Path, help="the .asice file, its volumes beside it, or the unpacked folder"
    )
    parser.add_argument(
        "--root", type=Path, required=True, metavar="ROOT.pem", help="the station's root"
    )
    parser.add_argument(
        "--tsa", type=Path, required=True, metavar="TSA.pem", help="the time-stamp authority"
    )
    parser.add_argument(
        "--log",
        type=Path,
        metavar="LOG.pub.pem",
        help="the log's public key; without it the copy inside the bundle is used",
    )
    parser.add_argument(
        "--crl",
        type=Path,
        action="append",
        default=[],
        metavar="CRL.pem",
        help="a newer list of revoked certificates than those inside; may be given again",
    )
    parser.add_argument(
        "--proofs", action="store_true", help="refuse a bundle without proofs of what others saw"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--processes", type=_count, metavar="N", help="how many to use (default: one per core)"
    )
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError(text)
    return count


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify the bundle named on the command line; return the exit code."""
    given = _parser().parse_args(arguments)
    # Whatever a bundle holds can be said, on a terminal of any encoding.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        given.bundle.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        sys.stderr.write(f"stationd-verify: {given.bundle} does not exist here: {reason}\n")
        return USAGE
    try:
        anchors = Anchors.load(given.root, given.tsa, given.log, given.crl)
    except OSError as error:
        sys.stderr.write(f"stationd-verify: {error.filename}: {error.strerror}\n")
        return USAGE
    report = examine(given.bundle, anchors, processes=given.processes, demand_proofs=given.proofs)
    if given.json:
        sys.stdout.write(json.dumps(report.as_json(), indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(report.lines()) + "\n")
    return PASSED if report.outcome is Outcome.PASSED else NOT_PASSED


if __name__ == "__main__":
    sys.exit(main())
