"""Asking for gaps: those of listeners and nodes, which are stored, and those of accounts.

An account's gaps are worked out when they are asked for, from its silences and from what is known
of the lines.  So a fact that is told later, such as a link that turns out to have been down since
its last heartbeat, counts at once.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError
from stationd.gaps import store
from stationd.gaps.accounts import Facts, account_gaps, import_boundary, nobody_heard
from stationd.gaps.model import Gap
from stationd.supervision.model import Silence
from stationd.supervision.store import read_silences

__all__ = ["check_listeners", "followed", "gaps", "gaps_of_account", "read_account_gaps"]


def gaps(
    desk: Desk,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    listeners: Sequence[str] | None = None,
) -> list[Gap]:
    """Return the gaps of a period, by their beginning; of ``listeners`` and whole nodes, or all.

    Where accounts were missed and nobody was heard on their line, that is one gap of the line.
    """
    period = (_text(since), _text(until))
    with desk.database.reading() as connection:
        kept = store.read_gaps(connection, since=period[0], until=period[1], listeners=listeners)
        silences = read_silences(connection, listeners=listeners, since=period[0], until=period[1])
        of_accounts = _worked_out(connection, silences)
    found = [*of_accounts, *nobody_heard(of_accounts)]
    shown = [gap for gap in found if gap.cause != _LINK or not gap.acct]
    return sorted([*kept, *_in(shown, *period)], key=_order)


def gaps_of_account(
    desk: Desk,
    acct: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Gap]:
    """Return the gaps that concern an account: its own, its listeners', and those of nodes.

    Its listeners are those that serve its numbers now, and those that it was heard on.
    """
    period = (_text(since), _text(until))
    with desk.database.reading() as connection:
        served_by = store.read_served_by(connection, [acct]).get(acct, [])
        heard_on = store.read_heard_on(connection, acct)
        kept = store.read_gaps(
            connection, since=period[0], until=period[1], listeners=[*served_by, *heard_on]
        )
        own = read_account_gaps(connection, acct)
    return sorted([*kept, *_in(own, *period)], key=_order)


def check_listeners(desk: Desk, asked: Collection[str], settings: Collection[str]) -> None:
    """Raise unless there is or was every listener ``asked`` for; ``settings`` names those of now.

    Nothing found of a name that was misspelt would read as if all were well.
    """
    with desk.database.reading() as connection:
        known = {*store.read_names(connection), *settings}
    for name in asked:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise MistakeError(f"No listener is or was named {name}; there are: {names}.")


def followed(desk: Desk) -> dict[str, datetime]:
    """Return until when each node's journals were followed; behind it nobody is missed."""
    with desk.database.reading() as connection:
        return store.read_followed(connection)


def read_account_gaps(connection: Connection, acct: str) -> list[Gap]:
    """Return an account's own gaps, by their beginning: its silences, and before we were here."""
    heard_on = store.read_served_by(connection, [acct]).get(acct, [])
    before = import_boundary(
        acct,
        served_at=store.read_service_start(connection, acct),
        installed_at=store.read_began(connection, heard_on),
    )
    return [*before, *_worked_out(connection, read_silences(connection, acct=acct))]


_LINK = "receiver_link"


def _worked_out(connection: Connection, silences: Sequence[Silence]) -> list[Gap]:
    """Return the gaps that silences come to, with all that is known of the lines."""
    if not silences:
        return []
    unheard = {one.acct for one in silences if not one.listener}
    served_by = store.read_served_by(connection, unheard)
    silences = [
        one if one.listener else replace(one, listener=served_by.get(one.acct, [""])[0])
        for one in silences
    ]
    since = min(one.began_at for one in silences)
    followed = store.read_followed(connection)
    facts = Facts(
        gaps=store.read_gaps(connection, since=iso(since)),
        nodes=store.read_nodes(connection),
        minutes=store.read_minutes(connection, {one.listener for one in silences}, since=since),
        followed=followed,
        until=min(followed.values(), default=since),
    )
    return account_gaps(silences, facts)


def _in(found: Sequence[Gap], since: str | None, until: str | None) -> list[Gap]:
    return [
        gap
        for gap in found
        if (since is None or gap.ended_at is None or gap.ended_at >= since)
        and (until is None or gap.began_at < until)
    ]


def _order(gap: Gap) -> tuple[str, str]:
    return gap.began_at, gap.id


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
