"""What contracts' lines come to, kept and told: after an import, and on the days that pass without.

The table of balances is derived; `make_anew` finds what differs from the lines, and puts it right.
"""

from collections.abc import Sequence
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from stationd.accounts.records import append_drafts, standing_set
from stationd.accounts.store import record_standing
from stationd.billing.model import Balance, Place
from stationd.billing.standing import BY_BILLING, balance, moved, policy_name
from stationd.billing.store import (
    read_balances,
    read_lines_of,
    read_places,
    read_to_look_at,
    read_with_lines,
    record_balances,
)
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.ledger.model import Origin, RecordDraft
from stationd.staff.model import WORKER, Person

__all__ = ["make_anew", "restand", "restand_due"]

_BATCH = 200


def restand(
    desk: Desk, connection: Connection, contract_ids: Sequence[str], by: Person, origin: Origin
) -> list[RecordDraft]:
    """Keep what contracts' lines come to today and move their standing; the caller appends."""
    places = read_places(connection, contract_ids)
    kept = _balances(desk, connection, places)
    record_balances(connection, list(kept.values()))
    drafts: list[RecordDraft] = []
    for contract_id, one in kept.items():
        place = places[contract_id]
        new = moved(place.standing, one.standing, has_case=place.has_case)
        if new is place.standing or not place.takes_records:
            # What a closed record says of its contract no longer changes.
            continue
        record_standing(connection, contract_id, new)
        oldest = one.oldest_due
        days = 0 if oldest is None else max((one.on_day - oldest).days, 0)
        drafts.append(standing_set(place.acct, place.standing.value, new.value, days, by, origin))
    return drafts


def restand_due(desk: Desk) -> int:
    """Look at the contracts whose day has come though no line did; return how many."""
    # A day that has begun anywhere: whether it has at the site, its zone tells.
    day = desk.clock.now().astimezone(UTC).date() + timedelta(days=1)
    policy = policy_name(desk.billing.grace_days, desk.billing.default_days)
    count, after = 0, ""
    while True:
        with desk.database.writing() as connection:
            found = read_to_look_at(connection, day, policy, BY_BILLING, after=after, limit=_BATCH)
            drafts = restand(desk, connection, found, WORKER, Origin.MACHINE)
            append_drafts(desk, connection, drafts)
        count += len(found)
        if len(found) < _BATCH:
            return count
        after = found[-1]


def make_anew(desk: Desk) -> list[str]:
    """Make every balance anew from the lines; return the contracts whose kept one was wrong."""
    differing: list[str] = []
    after = ""
    while True:
        with desk.database.writing() as connection:
            ids = read_with_lines(connection, after=after, limit=_BATCH)
            before = read_balances(connection, ids)
            places = read_places(connection, ids)
            today = _balances(desk, connection, places)
            for contract_id, now in today.items():
                old = before.get(contract_id)
                then = None if old is None else _as_of(connection, old)
                if old is None or old != then:
                    differing.append(places[contract_id].number)
                    record_balances(connection, [now])
        if len(ids) < _BATCH:
            return differing
        after = ids[-1]


def _as_of(connection: Connection, old: Balance) -> Balance:
    """Return what a balance should have been when it was kept."""
    grace, default = (int(days) for days in old.policy.split("/"))
    lines = read_lines_of(connection, [old.contract_id])[old.contract_id]
    return balance(lines, old.contract_id, old.on_day, grace_days=grace, default_days=default)


def _balances(desk: Desk, connection: Connection, places: dict[str, Place]) -> dict[str, Balance]:
    """Return what contracts' lines come to today, each at its site."""
    lines = read_lines_of(connection, list(places))
    now = desk.clock.now()
    return {
        contract_id: balance(
            lines[contract_id],
            contract_id,
            now.astimezone(ZoneInfo(place.zone)).date(),
            grace_days=desk.billing.grace_days,
            default_days=desk.billing.default_days,
        )
        for contract_id, place in places.items()
        if lines[contract_id]
    }
