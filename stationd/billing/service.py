"""Billing: lines are imported and looked at.

A file is read twice and never kept in memory: once to see that every row of it can be read, once to
take them, some hundred in one transaction.  A line is known by its source, its number and its kind.
The same line again is nothing; one that says something else than before is refused by name.  So a
file may be given again, whatever became of it the first time.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from itertools import islice
from typing import BinaryIO, TypeAlias
from zoneinfo import ZoneInfo

from stationd.accounts.records import append_drafts
from stationd.accounts.store import read_account, read_contract, read_site
from stationd.billing.mapping import Arrangement, Offered
from stationd.billing.model import CREDITS, Import, Line, Statement, money
from stationd.billing.restanding import restand
from stationd.billing.sources import format_named
from stationd.billing.standing import statement
from stationd.billing.store import (
    find_contracts,
    read_balances,
    read_known,
    read_lines,
    record_import,
    record_lines,
)
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import ImportRejectedError, MistakeError, UnavailableError
from stationd.imports.model import Fault, Place
from stationd.ledger.model import Origin, RecordDraft
from stationd.staff.model import Person, Role
from stationd.staff.rights import Right, require

__all__ = ["Credited", "File", "ImportReport", "import_lines", "look"]

_BATCH = 200
_MOST_TOLD = 200
_PIECE = 1 << 20

Credited: TypeAlias = Callable[[Connection, Desk, Sequence[Line], Person], list[RecordDraft]]
"""What is told of payments and credits that are new, in the transaction that takes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of billing lines: its name, how it is opened and how it is read."""

    name: str
    open: Callable[[], BinaryIO]
    format: str
    arrangement: Arrangement


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What an import did, or in a dry run would do.

    ``refused`` has a sentence for each line that was not taken, with its place; of very many only
    the first, ``refusals`` counts them all.
    """

    rows: int = 0
    taken: int = 0
    known: int = 0
    skipped: int = 0
    refusals: int = 0
    refused: list[str] = field(default_factory=list)
    applied: bool = False

    def refuse(self, place: Place, why: str) -> None:
        """Note a line that is not taken."""
        self.refusals += 1
        if len(self.refused) < _MOST_TOLD:
            self.refused.append(str(Fault(place, why)))


def import_lines(
    desk: Desk, file: File, *, by: Person, credited: Credited, dry_run: bool = False
) -> ImportReport:
    """Take the lines of a file, or raise `ImportRejectedError` where a row cannot be read."""
    if by.role is not Role.NOBODY:
        require(by, Right.SEE_MONEY, Right.EDIT_ACCOUNTS)
    digest, size = _digest(desk, file)
    _check(file)
    report = ImportReport(applied=not dry_run)
    one = Import(
        # The same file is the same import, however often a batch of it had to be given again.
        id=hashlib.sha256(f"{file.arrangement.source} {digest.hex()} {size}".encode()).hexdigest()[
            :32
        ],
        source=file.arrangement.source,
        name=file.name[:200],
        sha256=digest,
        by=by.login,
        at=desk.clock.now(),
    )
    seen: dict[bytes, bytes] = {}
    with file.open() as opened:
        offers = format_named(file.format).read(file.name, opened, file.arrangement)
        while batch := _batch(file, offers):
            report.rows += len(batch)
            if dry_run:
                with desk.database.reading() as connection:
                    new = _sorted_out(connection, desk, file, batch, report, one, seen)
                    report.taken += len(new)
            else:
                report.taken += _take(desk, file, batch, report, one, by, credited)
    return report


def _batch(file: File, offers: Iterator[Offered | Fault]) -> list[Offered]:
    """Return the next lines; a fault now means that the file changed since it was looked at."""
    found = list(islice(offers, _BATCH))
    whole = [one for one in found if isinstance(one, Offered)]
    if len(whole) != len(found):
        raise UnavailableError(f"{file.name} changed while it was read; give it again.")
    return whole


def _digest(desk: Desk, file: File) -> tuple[bytes, int]:
    """Return a file's hash and size; what is too large is refused before it is read."""
    digest, size = hashlib.sha256(), 0
    with file.open() as opened:
        while piece := opened.read(_PIECE):
            size += len(piece)
            if size > desk.billing.largest_file:
                most = desk.billing.largest_file
                raise ImportRejectedError(
                    file.name, [f"it has more than {most} bytes (billing.largest_file)"]
                )
            digest.update(piece)
    return digest.digest(), size


def _check(file: File) -> None:
    """Read the whole file; raise `ImportRejectedError` where a row cannot be read."""
    faults: list[str] = []
    count = 0
    with file.open() as opened:
        for one in format_named(file.format).read(file.name, opened, file.arrangement):
            if isinstance(one, Fault):
                count += 1
                if len(faults) < _MOST_TOLD:
                    faults.append(str(one))
    if count > len(faults):
        faults.append(f"… and {count - len(faults)} more")
    if faults:
        raise ImportRejectedError(file.name, faults)


# --- Taking ---


def _take(  # noqa: PLR0913, PLR0917  (what a batch is taken with)
    desk: Desk,
    file: File,
    batch: Sequence[Offered],
    report: ImportReport,
    one: Import,
    by: Person,
    credited: Credited,
) -> int:
    """Take a batch in one transaction: lines, balances, standings, payments, records."""
    with desk.database.writing() as connection:
        new = _sorted_out(connection, desk, file, batch, report, one, {})
        if not new:
            return 0
        record_import(connection, one)
        record_lines(connection, new)
        contract_ids = sorted({line.contract_id for line in new})
        drafts = restand(desk, connection, contract_ids, by, Origin.IMPORT)
        drafts += credited(connection, desk, [line for line in new if line.kind in CREDITS], by)
        append_drafts(desk, connection, drafts)
    return len(new)


def _sorted_out(  # noqa: PLR0913, PLR0917
    connection: Connection,
    desk: Desk,
    file: File,
    batch: Sequence[Offered],
    report: ImportReport,
    one: Import,
    seen: dict[bytes, bytes],
) -> list[Line]:
    """Return the lines of a batch that are new; count what is known, refuse what is not right."""
    placed = _placed(connection, file, batch, report)
    known = read_known(connection, one.source, {offer.number for offer in batch})
    balances = read_balances(connection, {contract_id for _, contract_id in placed})
    currencies = {contract_id: kept.currency for contract_id, kept in balances.items()}
    new: list[Line] = []
    for offer, contract_id in placed:
        line = _line(desk, offer, contract_id, one)
        before = known.get((line.number, line.kind))
        if before is not None:
            _compare(report, offer.place, before, line)
        elif (usual := currencies.setdefault(contract_id, line.currency)) != line.currency:
            why = f"is in {line.currency}, and the contract's other lines are in {usual}"
            report.refuse(offer.place, f"{line.kind} {line.number} {why}")
        elif not _seen(seen, report, offer.place, line):
            known[line.number, line.kind] = line
            new.append(line)
    return new


def _placed(
    connection: Connection, file: File, batch: Sequence[Offered], report: ImportReport
) -> list[tuple[Offered, str]]:
    """Return the lines whose contract is here, with it; skip or refuse the others."""
    by_number, by_acct = find_contracts(
        connection,
        {offer.contract for offer in batch if offer.contract},
        {offer.account for offer in batch if offer.account},
    )
    placed: list[tuple[Offered, str]] = []
    for offer in batch:
        contract_id, why = _contract(offer, by_number, by_acct)
        if contract_id is not None:
            placed.append((offer, contract_id))
        elif file.arrangement.unknown == "skip" and not why:
            report.skipped += 1
        else:
            report.refuse(offer.place, why or _unknown(offer))
    return placed


def _seen(seen: dict[bytes, bytes], report: ImportReport, place: Place, line: Line) -> bool:
    """Tell whether a dry run, which writes nothing, met a line before; only hashes are kept."""
    key = hashlib.sha256(f"{line.kind} {line.number}".encode()).digest()[:16]
    value = hashlib.sha256(repr(_said(line)).encode()).digest()[:16]
    before = seen.setdefault(key, value)
    if before is value:
        return False
    if before == value:
        report.known += 1
    else:
        report.refuse(place, f"{line.kind} {line.number} stands in the file twice, and not alike")
    return True


def _contract(
    offer: Offered, by_number: dict[str, str], by_acct: dict[str, str]
) -> tuple[str | None, str]:
    """Return the contract of a line; None: not here, or why it is none."""
    found = [by_number.get(offer.contract)] if offer.contract else []
    found += [by_acct.get(offer.account)] if offer.account else []
    if None in found:
        return None, ""
    if len({*found}) > 1:
        return None, f"contract {offer.contract} is not that of account {offer.account}"
    return found[0], ""


def _unknown(offer: Offered) -> str:
    named = [
        f"{name} {told}"
        for name, told in (("contract", offer.contract), ("account", offer.account))
        if told
    ]
    return f"{offer.kind} {offer.number}: there is no {' with '.join(named)} here"


def _line(desk: Desk, offer: Offered, contract_id: str, one: Import) -> Line:
    return Line(
        id=desk.ids.identifier(),
        contract_id=contract_id,
        kind=offer.kind,
        number=offer.number,
        on=offer.on,
        due_on=offer.due_on,
        amount=offer.amount,
        currency=offer.currency,
        text=offer.text,
        period_from=offer.period_from,
        period_through=offer.period_through,
        source=one.source,
        import_id=one.id,
        imported_at=one.at,
    )


_OURS = frozenset({"id", "import_id", "imported_at"})


def _said(line: Line) -> dict[str, object]:
    """Return what a billing system says of a line, without what is ours."""
    return {one.name: getattr(line, one.name) for one in fields(Line) if one.name not in _OURS}


def _compare(report: ImportReport, place: Place, before: Line, now: Line) -> None:
    """Count a line as known, or refuse it with both values of what changed."""
    old, new = _said(before), _said(now)
    changed = [
        f"{name} was {_shown(name, old[name])} and is {_shown(name, value)}"
        for name, value in new.items()
        if value != old[name]
    ]
    if not changed:
        report.known += 1
        return
    if before.contract_id != now.contract_id:
        changed = ["it was another contract's"]
    report.refuse(place, f"{now.kind} {now.number} is here already: {'; '.join(changed)}")


def _shown(name: str, value: object) -> str:
    if value in (None, ""):
        return "empty"
    return money(value) if name == "amount" and isinstance(value, int) else str(value)


# --- Looking ---


def look(desk: Desk, acct: str, by: Person) -> Statement:
    """Return what the lines of an account's contract come to today, at its site."""
    require(by, Right.SEE_MONEY)
    with desk.database.reading() as connection:
        contract = read_contract(connection, read_account(connection, acct).contract_id)
        site = read_site(connection, contract.site_id)
        lines = read_lines(connection, contract.id)
    if not lines:
        raise MistakeError(f"There are no billing lines of account {acct}.")
    return statement(lines, desk.clock.now().astimezone(ZoneInfo(site.zone)).date())
