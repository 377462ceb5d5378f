"""Rounds that are due, and how each goes; one that fails rests and holds up no other."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from archive.errors import ArchiveError
from stationd.desk import Desk
from stationd.errors import DatabaseUnavailableError, StationdError
from stationd.schedule.checks import Check, record_check
from stationd.schedule.rounds import Kept, Round, after, first, is_astray, rest
from stationd.schedule.store import read_rounds, record_round

__all__ = ["due_rounds", "fail", "go_round"]


def due_rounds(desk: Desk, rounds: Iterable[Round], zone: ZoneInfo) -> list[Round]:
    """Return the rounds that are due, the longest waiting first.

    A round without a row gets one, and one whose instant is too far off, because the clock was
    set back, gets a nearer one.
    """
    now = desk.clock.now()
    with desk.database.reading() as connection:
        kept = {one.name: one for one in read_rounds(connection)}
    due: list[tuple[datetime, Round]] = []
    for one in rounds:
        held = kept.get(one.name)
        if held is None:
            next_at = first(one, now, zone)
            _keep(desk, Kept(name=one.name, ran_at=None, next_at=next_at, tries=0, said=""))
        elif held.next_at <= now:
            due.append((held.next_at, one))
        elif is_astray(one, held, now, zone):
            _keep(desk, replace(held, next_at=after(one, now, zone)))
    return [one for _, one in sorted(due, key=lambda pair: pair[0])]


def go_round(desk: Desk, one: Round, zone: ZoneInfo, act: Callable[[], str]) -> bool:
    """Make a round, and note what came of it and when the next one is; tell whether it went well.

    What fails is a check, and is tried again after a rest that doubles each time, up to an hour.
    """
    try:
        said = act()
    except DatabaseUnavailableError:
        raise
    except (StationdError, ArchiveError, OSError) as error:
        fail(desk, one, str(error) or type(error).__name__)
        return False
    now = desk.clock.now()
    kept = Kept(name=one.name, ran_at=now, next_at=after(one, now, zone), tries=0, said=said)
    with desk.database.writing() as connection:
        record_round(connection, kept)
        record_check(connection, Check(name=_check(one), outcome="passed", detail=said, at=now))
    return True


def fail(desk: Desk, one: Round, why: str) -> None:
    """Note that a round failed, and let it rest."""
    now = desk.clock.now()
    with desk.database.writing() as connection:
        held = {kept.name: kept for kept in read_rounds(connection)}.get(one.name)
        tries = 1 if held is None else held.tries + 1
        ran_at = None if held is None else held.ran_at
        record_round(
            connection,
            Kept(name=one.name, ran_at=ran_at, next_at=now + rest(tries), tries=tries, said=why),
        )
        record_check(connection, Check(name=_check(one), outcome="failed", detail=why, at=now))


def _keep(desk: Desk, kept: Kept) -> None:
    with desk.database.writing() as connection:
        record_round(connection, kept)


def _check(one: Round) -> str:
    return f"round {one.name}"[:64]
