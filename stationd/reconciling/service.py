"""The platform's list against ours: who is gone there without a case gets a bundle at once.

Each disappearance is one row and one order, however often the same list comes.  A list that lacks
too much is refused as a whole: one that was cut off must not order ten thousand bundles.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from archive.canonical import JsonValue
from stationd.automation import AutomationSettings
from stationd.bundles.model import Kind
from stationd.bundles.service import place
from stationd.db.engine import Connection, slices
from stationd.desk import Desk
from stationd.errors import RefusedError, UnavailableError
from stationd.imports.model import Source
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append, read_current_heads
from stationd.reconciling import store
from stationd.reconciling.model import Comparison, Finding, PlatformList, Reconciled
from stationd.reconciling.plan import compare, distrust
from stationd.reconciling.reading import read_list
from stationd.signals.service import parked
from stationd.staff.model import WORKER, Person
from stationd.staff.rights import Right, require

__all__ = ["MOST_BYTES", "heard", "look_into_folder", "reconcile"]

MOST_BYTES = 256 << 20
"""What a list has at most: a million accounts need a fifth of it."""

_AT_ONCE = 200
# A file that was written to this recently may not be whole.
_SETTLES = timedelta(minutes=1)


def reconcile(
    desk: Desk,
    source: Source,
    settings: AutomationSettings,
    *,
    by: Person,
    confirmed: bool = False,
    dry_run: bool = False,
) -> Reconciled:
    """Compare a list with our accounts and do what follows; raise `RefusedError` if it is refused.

    ``confirmed``: a manager says that the list is right though it lacks much.
    """
    if by != WORKER:
        require(by, Right.DECIDE if confirmed else Right.EDIT_ACCOUNTS)
    listed = read_list(source, settings)
    now = desk.clock.now()
    with desk.database.reading() as connection:
        found = compare(
            listed,
            store.read_ours(connection, now),
            store.read_vanished(connection),
            now=now,
            grace=settings.grace,
        )
    kept = PlatformList(
        id=desk.ids.identifier(),
        name=source.name,
        sha256=sha256(source.data).hexdigest(),
        at=now,
        by=by.login,
        accounts=len(listed),
        state="taken",
        said=_sentence(found),
    )
    why = distrust(found, most_percent=settings.most_gone, always=settings.always_gone)
    if why is not None and not confirmed:
        if not dry_run:
            with desk.database.writing() as connection:
                store.record_list(connection, replace(kept, state="refused", said=why))
        raise RefusedError(f"{source.name}: {why}")
    findings = _findings(found)
    if dry_run:
        return Reconciled(list=kept, findings=findings, heard=heard(desk))
    orders = _apply(desk, kept, found, findings, by)
    return Reconciled(list=kept, findings=findings, orders=orders, heard=heard(desk))


def _apply(
    desk: Desk,
    kept: PlatformList,
    found: Comparison,
    findings: Sequence[Finding],
    by: Person,
) -> tuple[str, ...]:
    """Write what a list showed: first all it does, and last that it was taken."""
    orders: list[str] = []
    with desk.database.writing() as connection:
        store.record_list(connection, replace(kept, state="begun"))
    for part in slices(found.gone, _AT_ONCE):
        with desk.database.writing() as connection:
            known = store.read_vanished(connection)
            fresh = [acct for acct in part if acct not in known]
            orders += _order(connection, desk, kept, fresh, by)
    with desk.database.writing() as connection:
        store.end_vanished(connection, found.back, kept.at)
        for acct, _ in found.reused:
            store.quarantine(connection, acct, kept.at + desk.policies.quarantine)
        store.record_findings(connection, kept.id, findings)
        store.record_list(connection, kept)
        told: dict[str, JsonValue] = {
            "kind": "accounts_compared",
            "accounts": kept.accounts,
            "by": by.login,
            "gone": len(found.gone),
            "list": kept.id,
            "sha256": kept.sha256,
        }
        origin = Origin.MACHINE if by == WORKER else Origin.HUMAN
        draft = RecordDraft(STATION, RecordType.CONFIG, origin, told)
        append(connection, [draft], station=desk.station, now=kept.at, ids=desk.ids)
    return tuple(orders)


def _order(
    connection: Connection, desk: Desk, kept: PlatformList, accts: Sequence[str], by: Person
) -> list[str]:
    """Note of accounts that they are gone, and order a bundle of each."""
    orders: list[str] = []
    drafts: list[RecordDraft] = []
    heads = read_current_heads(connection, accts)
    for acct in accts:
        fields: dict[str, JsonValue] = {
            "kind": "gone_from_automation",
            "list": kept.id,
            "list_sha256": kept.sha256,
        }
        drafts.append(RecordDraft(acct, RecordType.CONFIG, Origin.MACHINE, fields))
        head = heads.get(acct)
        order_id = None
        if head is not None and not head.closed:
            order_id, draft = place(
                connection,
                desk,
                acct=acct,
                epoch=head.epoch,
                kind=Kind.ON_REQUEST,
                by=by,
                case_id=None,
                told={"list": kept.id},
            )
            drafts.append(draft)
            orders.append(order_id)
        store.record_vanished(connection, acct, list_id=kept.id, order_id=order_id, at=kept.at)
    append(connection, drafts, station=desk.station, now=kept.at, ids=desk.ids)
    return orders


def _findings(found: Comparison) -> tuple[Finding, ...]:
    return (
        *(
            Finding(kind="gone", what=acct, said="gone there, and there is no case here")
            for acct in found.gone
        ),
        *(Finding(kind="back", what=acct, said="it is there again") for acct in found.back),
        *(
            Finding(kind="unknown", what=what, said="there, and no account of ours")
            for what in found.unknown
        ),
        *(
            Finding(kind="reused", what=what, said=f"another customer has what was {acct}'s")
            for acct, what in found.reused
        ),
    )


def _sentence(found: Comparison) -> str:
    return (
        f"{len(found.gone)} gone without a case, {len(found.back)} back, {len(found.unknown)} "
        f"unknown here, {len(found.reused)} reused, {found.waiting} closed here and still there"
    )


def heard(desk: Desk) -> tuple[tuple[str, str, int], ...]:
    """Return the numbers that are heard and belong to nobody: group, number, count."""
    sums: dict[tuple[str, str], int] = {}
    for one in parked(desk):
        if one.number:
            key = (one.receiver_group, one.number)
            sums[key] = sums.get(key, 0) + one.count
    return tuple((group, number, count) for (group, number), count in sorted(sums.items()))


def look_into_folder(desk: Desk, settings: AutomationSettings) -> str:
    """Compare the newest file of the drop folder, unless it was compared last; return a sentence.

    Only the newest counts: a list says what is there now, and an older one what was.
    """
    if settings.folder is None:
        return "no folder is set for lists of the automation platform"
    newest = _newest(settings.folder, before=desk.clock.now().timestamp())
    if newest is None:
        return f"no list lies in {settings.folder}"
    try:
        with newest.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnavailableError(f"{newest}: {error.strerror or error}") from None
    if len(data) > MOST_BYTES:
        return (
            f"{newest.name} is larger than {MOST_BYTES >> 20} MiB, and no list is; it was not read"
        )
    with desk.database.reading() as connection:
        last = store.read_last(connection)
    if last is not None and last.state != "begun" and last.sha256 == sha256(data).hexdigest():
        return f"{newest.name} was compared already: {last.said}"
    try:
        done = reconcile(desk, Source(name=newest.name, data=data), settings, by=WORKER)
    except RefusedError as refused:
        # Told by a page, and not tried again: the same file would be refused again.
        return str(refused)
    return f"{newest.name}: {done.list.said}"


def _newest(folder: Path, *, before: float) -> Path | None:
    """Return the newest whole file of a folder; None: there is none."""
    try:
        found = [
            (path.stat().st_mtime, path)
            for path in folder.iterdir()
            if path.is_file() and not path.name.startswith(".") and path.suffix in (".csv", ".txt")
        ]
    except OSError as error:
        raise UnavailableError(f"{folder}: {error.strerror or error}") from None
    whole = [one for one in found if one[0] <= before - _SETTLES.total_seconds()]
    return max(whole)[1] if whole else None
