"""Letters that follow from a step: the authority's after the notice, the second notice after END.

Both are due steps of the case, so they come after any crash, and once.  Where the program cannot
make them, they stay what they are without it: a task of people, which `case show` names.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from stationd.cases.effects import SECOND_NOTICE, TELL_AUTHORITY
from stationd.cases.facts import read_facts
from stationd.cases.model import NoticeFact
from stationd.cases.store import read_case, read_fact_rows, read_history
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError, RefusedError, UnavailableError
from stationd.outbox.drafting import Wanted, draft_for
from stationd.outbox.recorded import ordering_person
from stationd.outbox.rules import NOTICES
from stationd.outbox.service import order
from stationd.outbox.store import find_draft, read_letters
from stationd.staff.model import Person

__all__ = ["STEPS", "second_notice", "tell_authority"]

_SECOND = "second_notice"
_REFUSALS = (MistakeError, NotAuthorisedError, RefusedError)


def tell_authority(desk: Desk, case_id: str) -> str | None:
    """Order the letter to the authority of this notice, where the program drafted it."""
    with desk.database.reading() as connection:
        case = read_case(connection, case_id)
        facts = read_facts(connection, desk, case, desk.clock.now())
        draft = facts.newest("authority_draft", after=facts.since)
        letter = None if draft is None else find_draft(connection, draft.id)
        by = _stepped(connection, case.id, "T12")
    if draft is None:
        return "no letter to an authority is drafted"
    if letter is None:
        return "people drafted the letter to the authority, and send it"
    try:
        with desk.database.writing() as connection:
            made = order(connection, desk, letter, by)
    except UnavailableError:
        return None
    except _REFUSALS as error:
        return f"the letter to the authority is not sent by the program: {error}"[:500]
    return f"the letter to the authority is in the outbox: {made[0].id}"


def second_notice(desk: Desk, case_id: str) -> str | None:
    """Draft and order the second notice, over the ways and to the addresses of the notice."""
    with desk.database.reading() as connection:
        case = read_case(connection, case_id)
        if any(row.kind == _SECOND for row in read_fact_rows(connection, case.id)):
            return "a second notice is recorded already"
        facts = read_facts(connection, desk, case, desk.clock.now())
        ways = _ways_of(connection, case.id, facts.notices)
        by = _stepped(connection, case.id, "T12")
    if not ways:
        return "no notice says where a second one goes"
    told: list[str] = []
    for channel, address in ways:
        try:
            told.append(_second(desk, case_id, channel, address, by))
        except UnavailableError:
            return None
        except _REFUSALS as error:
            told.append(f"{channel}: people send it: {error}"[:300])
    return "; ".join(told)[:500]


def _second(desk: Desk, case_id: str, channel: str, address: str, by: Person) -> str:
    with desk.database.reading() as connection:
        known = [
            one
            for one in read_letters(connection, case_id)
            if (one.kind, one.channel, one.address) == (_SECOND, channel, address)
        ]
    wanted = Wanted(kind=_SECOND, channels=[channel], address=address)
    letter = known[-1] if known else draft_for(desk, case_id, wanted, by)[0]
    with desk.database.writing() as connection:
        made = order(connection, desk, letter, by)
    return f"{channel}: in the outbox: {made[0].id}"


def _ways_of(
    connection: Connection, case_id: str, notices: tuple[NoticeFact, ...]
) -> list[tuple[str, str]]:
    """Return the ways and addresses of the case's notices, each once; certified goes as post."""
    named = {one.id for one in notices if one.kind in NOTICES or one.kind == "counsels_text"}
    ways = [
        (
            "post" if row.fact["channel"] == "certified" else str(row.fact["channel"]),
            str(row.fact.get("address") or ""),
        )
        for row in read_fact_rows(connection, case_id)
        if row.id in named
    ]
    return list(dict.fromkeys(way for way in ways if way[1]))


def _stepped(connection: Connection, case_id: str, row: str) -> Person:
    """Return who took a step, who has what follows from it sent."""
    taken = [one for one in read_history(connection, case_id) if one.row == row]
    return ordering_person(connection, taken[-1].by if taken else "")


STEPS: Mapping[str, Callable[[Desk, str], str | None]] = MappingProxyType(
    {TELL_AUTHORITY: tell_authority, SECOND_NOTICE: second_notice}
)
"""What takes these due steps, given the desk and the case."""
