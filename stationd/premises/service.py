"""Looking for dead premises: each one found is a task for people, once for each silence."""

from dataclasses import replace
from datetime import timedelta

from stationd.accounts.store import read_account
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.gaps.store import read_minutes
from stationd.premises import store
from stationd.premises.pattern import LEAST_TESTS, Evidence, Silent, evidence
from stationd.tasks.service import ask

__all__ = ["JOB", "look", "scan"]

JOB = "supervision.scan"

_MOST = 500
# How long before the silence its beginning may lie: power, then battery.
_BEFORE = timedelta(days=90)


def look(desk: Desk, acct: str) -> Evidence | None:
    """Return the pattern of one account; None: it is not there."""
    with desk.database.reading() as connection:
        read_account(connection, acct)
        silent = store.read_silent(
            connection, desk.clock.now(), least=LEAST_TESTS, job=JOB, acct=acct
        )
        found = _evidence(connection, desk, silent)
    return found[0] if found else None


def scan(desk: Desk) -> str:
    """Look at every account that missed its tests for long; return a sentence."""
    now = desk.clock.now()
    with desk.database.reading() as connection:
        silent = store.read_silent(connection, now, least=LEAST_TESTS, job=JOB)
        found = _evidence(connection, desk, silent[:_MOST])
    if found:
        with desk.database.writing() as connection:
            for one in found:
                ask(
                    connection,
                    desk,
                    JOB,
                    one.acct,
                    due_at=one.silent_since,
                    said=f"Account {one.acct} looks dead: power lost, then {one.then}, then "
                    f"{one.missed} tests missed. `stationctl account premises {one.acct}` writes "
                    "the evidence; a visit or a call says whether it is so.",
                )
    return f"{len(silent)} account(s) silent for {LEAST_TESTS} tests, {len(found)} look dead"


def _evidence(connection: Connection, desk: Desk, silent: list[Silent]) -> list[Evidence]:
    if not silent:
        return []
    now = desk.clock.now()
    earliest = min(one.since for one in silent)
    signs, polls = store.read_signs(connection, {one.acct for one in silent}, earliest - _BEFORE)
    minutes = read_minutes(connection, {one.listener for one in silent}, since=earliest)
    found = (
        evidence(
            replace(one, path_lost_at=polls.get(one.acct)),
            signs.get(one.acct, []),
            minutes.get(one.listener, []),
            now,
        )
        for one in silent
    )
    return [one for one in found if one is not None]
