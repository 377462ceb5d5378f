"""What the worker's child does: builds bundles, reads them back, looks after the archive.

It has an interpreter of its own and a lower priority, so that a large bundle delays no signal.
The worker gives it one task a line on standard input; it answers each with ``done`` when what came
of it is in the rows.  Starting costs a second or two, so one child works on many tasks in turn.
"""

import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from types import MappingProxyType

from archive.authorities.base import Authority
from archive.errors import ArchiveError, AuthorityUnavailableError, StoreUnavailableError
from stationd import parts
from stationd.anchors import service as anchors
from stationd.audit.service import AUDIT, look, start
from stationd.bundles import store as bundles
from stationd.bundles.attempts import attempt, note_trouble, reverify, sentence
from stationd.bundles.horizon import LATEST
from stationd.bundles.seal_record import note_seal
from stationd.bundles.upkeep import extend_locks, show_holds, watch_locks
from stationd.bundles.work import Retention, Workshop
from stationd.cases import store as cases
from stationd.cases.effects import EXTEND
from stationd.clock import parse_iso
from stationd.desk import Desk
from stationd.errors import StationdError
from stationd.handouts.making import hand_out
from stationd.handouts.store import forget_links
from stationd.jobs import make_round
from stationd.logs import note
from stationd.outbox.sending import Post
from stationd.outbox.sending import work as send
from stationd.purges.work import work as purge
from stationd.renewals import service as renewals
from stationd.schedule.checks import (
    ANCHORING,
    ARCHIVE,
    HOLDS,
    LETTERS,
    LOCKS,
    READ_BACK,
    RENEWAL,
    Check,
    record_check,
)
from stationd.schedule.store import Due, read_due, record_done
from stationd.settings import Settings
from stationd.telling import tell

__all__ = ["DONE", "assist", "become_child", "flags", "retention", "upkeep", "workshop"]

DONE = "done"
"""The answer to each task."""

_NICE = 10
# A day of outage is no reason for an alarm of its own.
_LENIENCY = timedelta(days=1)
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)

_log = logging.getLogger("stationd.worker")


def retention(settings: Settings) -> Retention:
    """Return how long objects are locked, and what paper the report is for."""
    archive = settings.archive
    assert archive is not None  # noqa: S101  (asked only where there is one)
    return Retention(closing=archive.retention, other=archive.retention_other, paper=archive.paper)


def workshop(settings: Settings, desk: Desk, *, authority: Authority | None = None) -> Workshop:
    """Return what orders are worked on with, as the settings say."""
    store = parts.bundle_store(settings)
    assert settings.archive is not None  # noqa: S101  (bundle_store has refused)
    sealed = settings.archive.sealed
    sealed.mkdir(parents=True, exist_ok=True)
    seal = parts.seal(settings)
    # The record of a certificate stands before the first bundle that it seals.
    note_seal(desk, seal)
    return Workshop(
        desk=desk,
        store=store,
        authority=authority or parts.authority(settings, desk.ids),
        seal=seal,
        log_public_pem=parts.log_key(settings).public_pem,
        origin=settings.ledger.origin,
        sealed=sealed,
        holder=settings.station.node,
        states=parts.states(settings),
        readers=parts.readers(settings),
    )


def upkeep(shop: Workshop) -> None:
    """Check the archive, show holds on objects, extend locks that closed cases ask for."""
    desk = shop.desk
    try:
        shop.store.check(now=desk.clock.now(), salt=desk.ids.identifier())
    except StoreUnavailableError as error:
        _check(desk, ARCHIVE, "unavailable", sentence(error))
        return
    except ArchiveError as error:
        _check(desk, ARCHIVE, "failed", sentence(error))
        return
    _check(desk, ARCHIVE, "passed", shop.store.name)
    flags(shop)
    _watch(shop)
    with desk.database.writing() as connection:
        forget_links(connection, desk.clock.now())
    with desk.database.reading() as connection:
        found = [one for one in read_due(connection, desk.clock.now()) if one.step == EXTEND]
    for one in found:
        _extend(shop, one)


def flags(shop: Workshop) -> None:
    """Make the flags of stored objects what the holds ask for."""
    try:
        changed = show_holds(shop)
    except ArchiveError as error:
        _check(shop.desk, HOLDS, "failed", sentence(error))
        return
    if changed:
        _check(shop.desk, HOLDS, "passed", f"the flag of {changed} object(s) was changed")


def _watch(shop: Workshop) -> None:
    """Note which locks near their end, and whether any bundle was not read back for too long."""
    desk = shop.desk
    try:
        ending = watch_locks(shop)
    except ArchiveError as error:
        _check(desk, LOCKS, "waits", sentence(error))
    else:
        said = f"{len(ending)} bundle(s) end within 180 days: `retention locks`"
        _check(desk, LOCKS, "failed" if ending else "passed", said if ending else "none ends soon")
    with desk.database.reading() as connection:
        overdue = bundles.count_overdue(connection, desk.clock.now() - LATEST - _LENIENCY)
    said = f"{overdue} bundle(s) were not read back for more than {LATEST.days} days"
    _check(desk, READ_BACK, "failed" if overdue else "passed", said if overdue else "none is late")


def _extend(shop: Workshop, one: Due) -> None:
    """Lock all bundles of a closed case's account until its retention date."""
    with shop.desk.database.reading() as connection:
        case = cases.read_case(connection, one.case_id)
        facts = cases.read_fact_rows(connection, one.case_id)
    until = [fact.fact["retain_until"] for fact in facts if fact.kind == "retention"]
    try:
        changed = extend_locks(shop, case.acct, parse_iso(until[-1]))
    except ArchiveError as error:
        _check(shop.desk, f"locks {one.case_id}", "waits", sentence(error))
        return
    outcome = f"{changed} object(s) locked until {until[-1]}"
    with shop.desk.database.writing() as connection:
        record_done(connection, one, at=shop.desk.clock.now(), outcome=outcome)


def _check(desk: Desk, name: str, outcome: str, detail: str) -> None:
    check = Check(name=name, outcome=outcome, detail=detail, at=desk.clock.now())
    with desk.database.writing() as connection:
        record_check(connection, check)


def become_child(parent: int) -> bool:
    """End when ``parent`` ends, and stand back behind it; False: it is gone already."""
    with suppress(OSError):
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        # It was gone before we could ask to be told.
        return False
    os.nice(_NICE)
    return True


def assist(settings: Settings, desk: Desk, tasks: Iterable[str]) -> None:
    """Do one task after another, as they are given.

    They are ``order ID``, ``reverify ID``, ``handout ID``, ``upkeep``, ``holds`` (the part of it
    that cannot wait), ``purge``, ``anchor``, ``audit COUNT``, ``audit new``,
    ``letters``, ``pages``, ``round NAME``.
    """
    for task in tasks:
        word, _, order_id = task.strip().partition(" ")
        if word == "anchor":
            _anchor(settings, desk)
        elif word == "audit":
            _audit(settings, desk, order_id)
        elif word == "letters":
            _send_letters(settings, desk)
        elif word == "round":
            make_round(settings, desk, order_id)
        elif word == "pages":
            tell(settings, desk)
        else:
            _attempt(settings, desk, word, order_id)
        sys.stdout.write(f"{DONE}\n")
        sys.stdout.flush()


def _attempt(settings: Settings, desk: Desk, word: str, order_id: str) -> None:
    try:
        _do(settings, workshop(settings, desk), word, order_id)
    except (StationdError, ArchiveError, OSError) as error:
        # Keys or folders may be put right, so the next task asks for them anew.
        if order_id:
            note_trouble(desk, order_id, error)
        else:
            _check(desk, ARCHIVE, "failed", sentence(error))


def _anchor(settings: Settings, desk: Desk) -> None:
    """Stamp and store what waits for it; what stands in the way is a check."""
    try:
        anchors.work(parts.anchorage(settings, desk))
    except (AuthorityUnavailableError, StoreUnavailableError) as error:
        _check(desk, ANCHORING, "unavailable", sentence(error))
    except (StationdError, ArchiveError, OSError) as error:
        _check(desk, ANCHORING, "failed", sentence(error))
    else:
        _check(desk, ANCHORING, "passed", "the newest checkpoint was stamped and stored")


def _audit(settings: Settings, desk: Desk, count: str) -> None:
    """Hash records again: what is new since the last checkpoint, or the next so many."""
    try:
        auditor = parts.auditor(settings, desk)
        if count == "new":
            start(auditor)
        else:
            look(auditor, int(count))
    except (StationdError, ArchiveError, OSError) as error:
        _check(desk, f"{AUDIT} run"[:64], "failed", sentence(error))


def _send_letters(settings: Settings, desk: Desk) -> None:
    """Send what waits in the outbox; rows say what came of each letter."""
    post = Post(
        desk=desk, channel=lambda name: parts.channel(settings, name), holder=settings.station.node
    )
    try:
        tried = send(post)
    except (StationdError, OSError) as error:
        _check(desk, LETTERS, "failed", sentence(error))
    else:
        _check(desk, LETTERS, "passed", f"{tried} letter(s) were tried")


def _do(settings: Settings, shop: Workshop, word: str, order_id: str) -> None:
    if word in _ROUNDS:
        _ROUNDS[word](shop)
        if word == "upkeep":
            _renew(settings, shop.desk)
        return
    if word == "order":
        done = attempt(shop, order_id)
    elif word == "handout":
        done = hand_out(shop, order_id, parts.sealer(settings))
    else:
        done = reverify(shop, order_id)
    note(_log.info, "order", order=done.id, state=done.state.value, why=done.why)


def _renew(settings: Settings, desk: Desk) -> None:
    """List everything that is stored and have it stamped, if a year is over."""
    try:
        done = renewals.work(parts.renewing(settings, desk))
    except (StationdError, ArchiveError, OSError) as error:
        _check(desk, RENEWAL, "failed", sentence(error))
        return
    if done is not None:
        text = f"list {done.n} of {done.objects} object(s) was stamped and stored"
        _check(desk, RENEWAL, "passed", text)


def _purge(shop: Workshop) -> None:
    """Go on with the purge that is due, and tell that it was worked on."""
    note(_log.info, "purge", steps=purge(shop))


_ROUNDS: Mapping[str, Callable[[Workshop], None]] = MappingProxyType(
    {"upkeep": upkeep, "holds": flags, "purge": _purge}
)
