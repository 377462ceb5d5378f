"""The functioning report of a span, as a file.

What goes into it is read as bundles read it; it is no bundle and proves nothing by itself.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.report_span import functioning_pdf
from stationd.accounts.codes import split_codes
from stationd.accounts.service import facts as account_facts
from stationd.bundles import reading
from stationd.clock import iso
from stationd.desk import Desk
from stationd.errors import MistakeError
from stationd.gaps.service import read_account_gaps
from stationd.ledger.store import read_heads, read_records, read_seq_at

__all__ = ["FunctioningReport", "functioning_report"]

_PAGE = 2000
_MOST = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctioningReport:
    """The report's bytes (PDF), and how many records it counts."""

    content: bytes
    records: int


def functioning_report(
    desk: Desk, acct: str, *, since: datetime, until: datetime, paper: str = "letter"
) -> FunctioningReport:
    """Return the functioning report of an account from ``since`` to ``until``.

    Raises `MistakeError` where the span ends before it begins, or holds more than 200,000 records.
    """
    if until <= since:
        raise MistakeError("The span ends before it begins.")
    with desk.database.reading() as connection:
        known, _ = split_codes(account_facts(connection, acct))
        groups = reading.groups(known)
        facts = {
            **known,
            "gaps": [
                *reading.read_gaps(connection, groups, acct),
                *map(reading.gap_row, read_account_gaps(connection, acct)),
            ],
            "lines": reading.read_line_periods(connection, groups),
            "report": {"paper": paper},
        }
    span = (iso(since), iso(until))
    with tempfile.TemporaryDirectory(prefix="stationd-report-") as folder:
        target = Path(folder) / "functioning.pdf"
        records = _records(desk, acct, since, until)
        named = (desk.station, acct)
        count = functioning_pdf(target, records, facts, named=named, span=span)
        return FunctioningReport(content=target.read_bytes(), records=count)


def _records(desk: Desk, acct: str, since: datetime, until: datetime) -> Iterator[bytes]:
    """Yield the records of a span, page by page, of every epoch."""
    with desk.database.reading() as connection:
        chains = [head.epoch for head in read_heads(connection, acct)]
    count = 0
    for epoch in chains:
        with desk.database.reading() as connection:
            # What was received in the span may have been appended a little later.
            first = read_seq_at(connection, acct, epoch, since)
            last = read_seq_at(connection, acct, epoch, until) + _PAGE
        while first <= last:
            with desk.database.reading() as connection:
                size = min(_PAGE, last - first + 1)
                page = read_records(connection, acct, epoch, first, size)
            if not page:
                break
            count += len(page)
            if count > _MOST + _PAGE:
                msg = f"The span holds more than {_MOST:,} records; name a shorter one."
                raise MistakeError(msg)
            yield from page
            first += len(page)
