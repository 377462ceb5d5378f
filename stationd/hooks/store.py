"""SQL of pages and of what each hook was given, and of what pages come from."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection, storable
from stationd.db.schema import (
    cases,
    checks,
    letters,
    list_findings,
    outbox,
    page_sends,
    pages,
    platform_lists,
    rounds,
    vanished,
)
from stationd.errors import NotFoundError
from stationd.hooks.model import Page, Send, SendState

__all__ = [
    "drop_sends",
    "end_pages",
    "read_failed_checks",
    "read_failing_rounds",
    "read_gone",
    "read_last_list",
    "read_overdue",
    "read_page",
    "read_pages",
    "read_reused",
    "read_sends",
    "read_stuck_letters",
    "read_waiting",
    "record_ack",
    "record_page",
    "record_send",
    "record_turn",
    "update_send",
]


def record_page(connection: Connection, page: Page) -> None:
    """Add a page."""
    connection.execute(
        sa.insert(pages).values(
            id=page.id,
            kind=page.kind,
            subject=page.subject,
            said=storable(page.said),
            began_at=iso(page.began_at),
            turn=page.turn,
            repeat_at=None if page.repeat_at is None else iso(page.repeat_at),
        )
    )


def read_page(connection: Connection, page_id: str) -> Page:
    """Return a page by its id or the beginning of it, or raise `NotFoundError`."""
    query = sa.select(pages).where(pages.c.id.startswith(page_id, autoescape=True)).limit(2)
    rows = connection.execute(query).all() if page_id else []
    if len(rows) != 1:
        what = "There are several pages" if rows else "There is no page"
        raise NotFoundError(f"{what} {page_id}. `stationctl pages list` shows those there are.")
    return _page(rows[0])


def read_pages(connection: Connection, *, lasting: bool = True) -> list[Page]:
    """Return pages, the newest first: those that last, or all there ever were."""
    query = sa.select(pages).order_by(pages.c.began_at.desc(), pages.c.id)
    if lasting:
        query = query.where(pages.c.ended_at.is_(None))
    return [_page(row) for row in connection.execute(query)]


def record_turn(connection: Connection, page_id: str, turn: int, repeat_at: datetime) -> None:
    """Note that a page is told again, and when the next time is."""
    connection.execute(
        sa.update(pages).where(pages.c.id == page_id).values(turn=turn, repeat_at=iso(repeat_at))
    )


def record_ack(connection: Connection, page_id: str, *, by: str, at: datetime) -> None:
    """Note that somebody took a page on."""
    connection.execute(
        sa.update(pages).where(pages.c.id == page_id).values(acked_at=iso(at), acked_by=by)
    )


def end_pages(connection: Connection, ids: Iterable[str], at: datetime) -> None:
    """Note that pages are over."""
    for page_id in ids:
        connection.execute(sa.update(pages).where(pages.c.id == page_id).values(ended_at=iso(at)))


def drop_sends(connection: Connection, page_id: str) -> None:
    """Note of what waits for a page that nobody needs to be told any more."""
    connection.execute(
        sa.update(page_sends)
        .where(page_sends.c.page_id == page_id, page_sends.c.state == SendState.WAITING.value)
        .values(state=SendState.DROPPED.value)
    )


def record_send(connection: Connection, send: Send) -> None:
    """Add one turn of a page to one hook."""
    connection.execute(
        sa.insert(page_sends).values(
            page_id=send.page_id,
            turn=send.turn,
            hook=send.hook,
            state=send.state.value,
            tries=send.tries,
            next_at=iso(send.next_at),
            said=send.said,
        )
    )


def update_send(connection: Connection, send: Send) -> None:
    """Write a send as it is now."""
    connection.execute(
        sa.update(page_sends)
        .where(
            page_sends.c.page_id == send.page_id,
            page_sends.c.turn == send.turn,
            page_sends.c.hook == send.hook,
        )
        .values(
            state=send.state.value,
            tries=send.tries,
            next_at=iso(send.next_at),
            sent_at=None if send.sent_at is None else iso(send.sent_at),
            said=storable(send.said),
        )
    )


def read_sends(connection: Connection, page_id: str) -> list[Send]:
    """Return what the hooks were given of a page, in order of the turns."""
    query = (
        sa.select(page_sends)
        .where(page_sends.c.page_id == page_id)
        .order_by(page_sends.c.turn, page_sends.c.hook)
    )
    return [_send(row) for row in connection.execute(query)]


def read_waiting(
    connection: Connection, now: datetime, longest: timedelta, most: int = 100
) -> list[Send]:
    """Return what may be tried now, the longest waiting first.

    What waits for longer than it ever may was put there by a clock that has since been set back.
    """
    due = sa.or_(page_sends.c.next_at <= iso(now), page_sends.c.next_at > iso(now + longest))
    query = (
        sa.select(page_sends)
        .where(page_sends.c.state == SendState.WAITING.value, due)
        .order_by(page_sends.c.next_at, page_sends.c.page_id, page_sends.c.hook)
        .limit(most)
    )
    return [_send(row) for row in connection.execute(query)]


# --- What pages come from ---


def read_overdue(connection: Connection) -> list[tuple[str, str, str]]:
    """Return the cases that are overdue: id, account, effective instant as text."""
    query = (
        sa.select(cases.c.id, cases.c.acct, cases.c.effective_at)
        .where(cases.c.overdue, cases.c.state == "noticed")
        .order_by(cases.c.id)
    )
    return [(row.id, row.acct, row.effective_at or "") for row in connection.execute(query)]


def read_stuck_letters(connection: Connection) -> list[tuple[str, str, str, str, str]]:
    """Return what waits for people in the outbox: id, case, account, letter, state.

    That is what nobody knows of, and what was refused and not ordered again, of running cases.
    """
    later = outbox.alias("later")
    again = sa.exists().where(
        later.c.letter_id == outbox.c.letter_id, later.c.ordered_at > outbox.c.ordered_at
    )
    stuck = sa.or_(
        outbox.c.state == "uncertain", sa.and_(outbox.c.state == "refused", sa.not_(again))
    )
    query = (
        sa.select(outbox.c.id, outbox.c.case_id, cases.c.acct, letters.c.kind, outbox.c.state)
        .join(cases, cases.c.id == outbox.c.case_id)
        .join(letters, letters.c.id == outbox.c.letter_id)
        .where(stuck, cases.c.open_contract_id.is_not(None))
        .order_by(outbox.c.id)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in connection.execute(query)]


def read_failed_checks(connection: Connection) -> list[str]:
    """Return the names of the checks that failed."""
    query = sa.select(checks.c.name).where(checks.c.outcome == "failed").order_by(checks.c.name)
    return list(connection.execute(query).scalars())


def read_failing_rounds(connection: Connection, tries: int) -> list[str]:
    """Return the rounds that have failed so often in a row."""
    query = sa.select(rounds.c.name).where(rounds.c.tries >= tries).order_by(rounds.c.name)
    return list(connection.execute(query).scalars())


def read_gone(connection: Connection) -> list[tuple[str, str]]:
    """Return the accounts that vanished and neither came back nor have a case, and since when."""
    on_case = sa.exists().where(
        cases.c.acct == vanished.c.acct, cases.c.state.not_in(("cured", "withdrawn"))
    )
    query = (
        sa.select(vanished.c.acct, vanished.c.gone_at)
        .where(vanished.c.ended_at.is_(None), ~on_case)
        .order_by(vanished.c.acct)
    )
    return [(row.acct, row.gone_at) for row in connection.execute(query)]


def read_last_list(connection: Connection) -> tuple[str, str] | None:
    """Return id and state of the newest list of the automation platform; None: there is none."""
    query = (
        sa.select(platform_lists.c.id, platform_lists.c.state)
        .order_by(platform_lists.c.at.desc(), platform_lists.c.id)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.id, row.state)


def read_reused(connection: Connection) -> list[str]:
    """Return the numbers that the newest list taken has for another customer."""
    newest = (
        sa.select(platform_lists.c.id)
        .where(platform_lists.c.state == "taken")
        .order_by(platform_lists.c.at.desc(), platform_lists.c.id)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(list_findings.c.what)
        .where(list_findings.c.list_id == newest, list_findings.c.kind == "reused")
        .order_by(list_findings.c.what)
    )
    return list(connection.execute(query).scalars())


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_iso(text)


def _page(row: Any) -> Page:  # noqa: ANN401  (a row has the shape of its query)
    return Page(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        said=row.said,
        began_at=parse_iso(row.began_at),
        turn=row.turn,
        repeat_at=_moment(row.repeat_at),
        acked_at=_moment(row.acked_at),
        acked_by=row.acked_by,
        ended_at=_moment(row.ended_at),
    )


def _send(row: Any) -> Send:  # noqa: ANN401  (a row has the shape of its query)
    return Send(
        page_id=row.page_id,
        turn=row.turn,
        hook=row.hook,
        state=SendState(row.state),
        tries=row.tries,
        next_at=parse_iso(row.next_at),
        sent_at=_moment(row.sent_at),
        said=row.said,
    )
