"""Receipts of closing: made once for each closed case, and read again whenever asked for.

They are made after T17 and not after T16: a case that is sealed has its bundle, but a hold, a
dispute or a vendor may still keep it from closing, and what automation deletes does not come back.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from stationd.accounts.store import read_contract
from stationd.bundles import store as bundles
from stationd.bundles.model import Kind
from stationd.cases.store import read_case
from stationd.clearances import store
from stationd.clearances.receipt import file_names, receipt
from stationd.desk import Desk
from stationd.errors import CheckFailedError, NotFoundError
from stationd.hooks.model import Alarm
from stationd.hooks.service import open_page
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append, store_document
from stationd.paging import CLEAR_TO_CLOSE, Hook

__all__ = ["Sign", "files", "is_missing", "write_missing"]

Sign = Callable[[bytes, datetime], bytes]

_AT_ONCE = 50


def is_missing(desk: Desk) -> bool:
    """Tell whether a closed case waits for its receipt."""
    with desk.database.reading() as connection:
        return bool(store.read_missing(connection, 1))


def write_missing(desk: Desk, sign: Sign, hooks: Sequence[Hook]) -> int:
    """Make the receipts that are missing, and put them before the hooks; return how many."""
    with desk.database.reading() as connection:
        missing = store.read_missing(connection, _AT_ONCE)
    for case_id in missing:
        _write(desk, case_id, sign, told=any(hook.takes(CLEAR_TO_CLOSE) for hook in hooks))
    return len(missing)


def _write(desk: Desk, case_id: str, sign: Sign, *, told: bool) -> None:
    now = desk.clock.now()
    with desk.database.reading() as connection:
        case = read_case(connection, case_id)
        contract = read_contract(connection, case.contract_id)
        bundle = bundles.find_order(connection, case_id, Kind.CLOSING)
        if bundle is None:
            raise CheckFailedError(f"Case {case_id} is closed, and has no closing bundle.")
        stored = bundles.read_objects(connection, bundle.id)
    content = receipt(desk.station, case, contract.number, bundle, stored, now)
    signature = sign(content, now)
    name, _ = file_names(case_id)
    with desk.database.writing() as connection:
        if case_id not in store.read_missing(connection, _AT_ONCE):
            return
        doc = store_document(
            connection,
            content=content,
            media_type="application/json",
            name=name,
            compartment="producible",
            now=now,
            ids=desk.ids,
        )
        store.record_clearance(connection, case_id, doc=doc, signature=signature, at=now)
        if told:
            said = (
                f"Account {case.acct} is closed here, and its bundle {bundle.name} lies in the "
                "archive under lock. It may be closed in automation and billing."
            )
            alarm = Alarm(kind=CLEAR_TO_CLOSE, subject=case_id, said=said)
            open_page(connection, desk, alarm, repeat_at=None)
        # The account's own chain is closed; what comes after it stands in the station's.
        draft = RecordDraft(
            STATION,
            RecordType.CASE,
            Origin.MACHINE,
            {
                "kind": CLEAR_TO_CLOSE,
                "case": case_id,
                "doc": doc.hex(),
                "of": {"acct": case.acct, "epoch": bundle.epoch},
            },
        )
        append(connection, [draft], station=desk.station, now=now, ids=desk.ids)


def files(desk: Desk, case_id: str) -> tuple[tuple[str, bytes], ...]:
    """Return a case's receipt and its signature, each with its name; raise if there is none."""
    with desk.database.reading() as connection:
        case = read_case(connection, case_id)
        found = store.read_clearance(connection, case.id)
    if found is None:
        msg = (
            f"There is no receipt of closing for case {case.id}, which is {case.state}. One is "
            "made as soon as a case is closed (T17)."
        )
        raise NotFoundError(msg)
    return tuple(zip(file_names(case.id), found, strict=True))
