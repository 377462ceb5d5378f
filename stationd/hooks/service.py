"""Pages: what is so is read from rows, told through every hook, and again until somebody has it.

Nothing here depends on the moment at which something happened: a page begins when a look finds
that it is so and ends when a look finds that it is not, so a worker that stood still tells it all
the same.  A try is noted before it is made, so what is told may come twice, with the same id, and
is never left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, StationdError
from stationd.hooks import store
from stationd.hooks.model import Alarm, Letter, Page, Send, SendState
from stationd.paging import ALARMS, Hook
from stationd.staff.model import Person
from stationd.staff.rights import Right, may, require

__all__ = [
    "LONGEST_REST",
    "TEST",
    "Deliver",
    "acknowledge",
    "alarms",
    "ask_test",
    "deliver",
    "is_waiting",
    "open_page",
    "pages",
    "sends",
    "watch",
]

Deliver = Callable[[Hook, Letter], None]

TEST = "test"
LONGEST_REST = timedelta(hours=1)

_FIRST_REST = timedelta(seconds=30)
_MOST_DOUBLINGS = 10
# One try and its rests are some half an hour; what fails once is often well again by then.
_FAILS_OFTEN = 5
_CHECKS = {
    "anchors": "anchors_late",
    "archive": "archive_failed",
    "audit": "audit_mismatch",
    "billing": "billing_refused",
}
_SAID = {
    "anchors_late": "No time stamp was had for the ledger's newest checkpoint in time.",
    "archive_failed": "The archive did not pass its self-check; no account closes meanwhile.",
    "billing_refused": "Files of billing lie refused. A payment in them stops no end of service "
    "until they are put right; `stationctl status` says where they lie.",
    "audit_mismatch": "The audit found a difference; accounts concerned do not close.",
}


def alarms(connection: Connection) -> list[Alarm]:
    """Return everything that is so now and that people must hear of."""
    found = [
        Alarm(
            kind="overdue_end",
            subject=case_id,
            said=f"Case {case_id} of account {acct}: service runs on, though the customer was told "
            f"that it ends at {at}. `stationctl case show {case_id}` says what is missing.",
        )
        for case_id, acct, at in store.read_overdue(connection)
    ]
    found += _of_checks(store.read_failed_checks(connection))
    found += [
        Alarm(
            kind="round_failed",
            subject=name,
            said=f"The round {name} has failed {_FAILS_OFTEN} times in a row or more; "
            "`stationctl status` says why.",
        )
        for name in store.read_failing_rounds(connection, _FAILS_OFTEN)
    ]
    return sorted([*found, *_of_lists(connection), *_of_letters(connection)])


def _of_checks(names: Sequence[str]) -> list[Alarm]:
    found = [
        Alarm(kind=_CHECKS[name], subject=name, said=_SAID[_CHECKS[name]])
        for name in names
        if name in _CHECKS
    ]
    for name in names:
        word, _, order_id = name.partition(" ")
        if word == "bundle" and order_id:
            said = (
                f"Bundle {order_id} does not read back as it was stored; its account does not "
                "close. Nothing in the archive may be removed until somebody has looked."
            )
            found.append(Alarm(kind="bundle_incident", subject=order_id, said=said))
    return found


def _of_letters(connection: Connection) -> list[Alarm]:
    return [
        Alarm(
            kind="letter_stuck",
            subject=sending_id,
            said=f"Case {case_id} of account {acct}: the {kind} letter is {state}. "
            "`stationctl letter list` says why; order it again, or say what became of it.",
        )
        for sending_id, case_id, acct, kind, state in store.read_stuck_letters(connection)
    ]


def _of_lists(connection: Connection) -> list[Alarm]:
    found = [
        Alarm(
            kind="account_gone",
            subject=acct,
            said=f"Account {acct} is gone from the automation platform since {at}, and there is "
            "no case for it here. A bundle of its history was ordered.",
        )
        for acct, at in store.read_gone(connection)
    ]
    found += [
        Alarm(
            kind="number_reused",
            subject=number[:64],
            said=f"The automation platform has the number {number} for another customer, while it "
            "is in quarantine here: what it sends still belongs to the account that closed.",
        )
        for number in store.read_reused(connection)
    ]
    last = store.read_last_list(connection)
    if last is not None and last[1] == "refused":
        said = (
            "The newest list of the automation platform was refused as a whole; "
            "`stationctl account reconcile` with the file says why."
        )
        found.append(Alarm(kind="list_refused", subject=last[0], said=said))
    return found


def watch(desk: Desk, hooks: Sequence[Hook], repeat: timedelta) -> None:
    """Begin and end pages as things are now, and put before each hook what it is to tell."""
    with desk.database.reading() as connection:
        if not _news(connection, desk.clock.now(), hooks, repeat):
            return
    with desk.database.writing() as connection:
        now = desk.clock.now()
        _begin_and_end(connection, desk, now + repeat)
        lasting = store.read_pages(connection)
        for page in lasting:
            if _is_told_again(page, now, repeat):
                store.record_turn(connection, page.id, page.turn + 1, now + repeat)
        for page in store.read_pages(connection):
            for hook in _lacking(connection, page, hooks):
                _put(connection, page, hook, now)


def _news(connection: Connection, now: datetime, hooks: Sequence[Hook], repeat: timedelta) -> bool:
    """Tell whether anything is to be written: most looks write nothing."""
    over, new = _differing(connection)
    if over or new:
        return True
    return any(
        _is_told_again(page, now, repeat) or _lacking(connection, page, hooks)
        for page in store.read_pages(connection)
    )


def _differing(connection: Connection) -> tuple[list[Page], list[Alarm]]:
    """Return the pages that are no longer so, and what is so without a page."""
    so = {(one.kind, one.subject): one for one in alarms(connection)}
    known = {
        (one.kind, one.subject): one for one in store.read_pages(connection) if one.kind in ALARMS
    }
    over = [page for key, page in known.items() if key not in so]
    return over, [alarm for key, alarm in so.items() if key not in known]


def _begin_and_end(connection: Connection, desk: Desk, repeat_at: datetime) -> None:
    over, new = _differing(connection)
    store.end_pages(connection, [page.id for page in over], desk.clock.now())
    for page in over:
        store.drop_sends(connection, page.id)
    for alarm in new:
        open_page(connection, desk, alarm, repeat_at=repeat_at)


def open_page(
    connection: Connection, desk: Desk, alarm: Alarm, *, repeat_at: datetime | None
) -> Page:
    """Begin a page within the caller's transaction."""
    page = Page(
        id=desk.ids.identifier(),
        kind=alarm.kind,
        subject=alarm.subject,
        said=alarm.said,
        began_at=desk.clock.now(),
        repeat_at=repeat_at,
    )
    store.record_page(connection, page)
    return page


def _is_told_again(page: Page, now: datetime, repeat: timedelta) -> bool:
    if page.repeat_at is None or not page.open:
        return False
    # Further off than it ever is: the clock was set back.
    return page.repeat_at <= now or page.repeat_at > now + repeat


def _lacking(connection: Connection, page: Page, hooks: Sequence[Hook]) -> list[Hook]:
    """Return the hooks that were not given this turn of a page and are to have it."""
    wanted = [hook for hook in hooks if page.open and (page.kind == TEST or hook.takes(page.kind))]
    if not wanted:
        return []
    given = {one.hook for one in store.read_sends(connection, page.id) if one.turn == page.turn}
    return [hook for hook in wanted if hook.name not in given]


def _put(connection: Connection, page: Page, hook: Hook, now: datetime) -> None:
    store.record_send(
        connection,
        Send(
            page_id=page.id,
            turn=page.turn,
            hook=hook.name,
            state=SendState.WAITING,
            tries=0,
            next_at=now,
        ),
    )


def is_waiting(desk: Desk) -> bool:
    """Tell whether something is to be told now."""
    with desk.database.reading() as connection:
        return bool(store.read_waiting(connection, desk.clock.now(), LONGEST_REST, most=1))


def deliver(
    desk: Desk,
    hooks: Sequence[Hook],
    send_by: Deliver,
    files_of: Callable[[Page], tuple[tuple[str, bytes], ...]],
) -> int:
    """Tell what waits, each hook by ``send_by``; return how much was told."""
    named = {hook.name: hook for hook in hooks}
    with desk.database.reading() as connection:
        waiting = store.read_waiting(connection, desk.clock.now(), LONGEST_REST)
    told = 0
    for one in waiting:
        with desk.database.reading() as connection:
            page = store.read_page(connection, one.page_id)
        hook = named.get(one.hook)
        if hook is None or not page.open or one.turn != page.turn:
            _noted(desk, replace(one, state=SendState.DROPPED))
            continue
        # Noted before: a try that ends this process must not be made again at once.
        rest = min(_FIRST_REST * (1 << min(one.tries, _MOST_DOUBLINGS)), LONGEST_REST)
        tried = replace(one, tries=one.tries + 1, next_at=desk.clock.now() + rest)
        _noted(desk, tried)
        letter = Letter(
            id=f"{page.id}-{page.turn}", station=desk.station, page=page, files=files_of(page)
        )
        try:
            send_by(hook, letter)
        except (StationdError, OSError) as error:
            _noted(desk, replace(tried, said=str(error)[:500]))
            continue
        _noted(desk, replace(tried, state=SendState.SENT, sent_at=desk.clock.now(), said=""))
        told += 1
        _end_if_told(desk, page)
    return told


def _end_if_told(desk: Desk, page: Page) -> None:
    """End a page that is told once, when every hook has it."""
    if page.kind in ALARMS:
        return
    with desk.database.writing() as connection:
        if all(one.state is not SendState.WAITING for one in store.read_sends(connection, page.id)):
            store.end_pages(connection, [page.id], desk.clock.now())


def _noted(desk: Desk, send: Send) -> None:
    with desk.database.writing() as connection:
        store.update_send(connection, send)


def acknowledge(desk: Desk, page_id: str, *, by: Person) -> Page:
    """Take a page on: it is told no more, and ends when it is no longer so."""
    _require(by)
    with desk.database.writing() as connection:
        page = store.read_page(connection, page_id)
        if page.ended_at is not None:
            raise MistakeError(f"Page {page.id} is over; there is nothing to acknowledge.")
        if page.acked_at is not None:
            raise MistakeError(f"{page.acked_by} has acknowledged page {page.id} already.")
        store.record_ack(connection, page.id, by=by.login, at=desk.clock.now())
        store.drop_sends(connection, page.id)
        return store.read_page(connection, page.id)


def _require(by: Person) -> None:
    """Raise `NotAuthorisedError` unless a person works cases or runs the machine."""
    if not may(by, Right.RUN_MACHINE):
        require(by, Right.WORK_CASES)


def ask_test(desk: Desk, *, by: Person) -> Page:
    """Begin a page that goes through every hook once, to see whether it arrives."""
    _require(by)
    said = f"{by.login} asked for this test. Nothing has happened."
    with desk.database.writing() as connection:
        alarm = Alarm(kind=TEST, subject=desk.ids.identifier()[:8], said=said)
        return open_page(connection, desk, alarm, repeat_at=None)


def pages(desk: Desk, *, lasting: bool = True) -> list[Page]:
    """Return pages, the newest first: those that last, or all."""
    with desk.database.reading() as connection:
        return store.read_pages(connection, lasting=lasting)


def sends(desk: Desk, page_id: str) -> list[Send]:
    """Return what the hooks were given of a page, and how that went."""
    with desk.database.reading() as connection:
        return store.read_sends(connection, store.read_page(connection, page_id).id)
