"""A journal that is lost: retired by a person, told in every bundle, taken up if it comes back."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from receivers.session import Account
from stationd.clock import SetClock, iso
from stationd.db import schema
from stationd.desk import Desk
from stationd.errors import NotAuthorisedError, NotFoundError, RefusedError
from stationd.follower import store
from stationd.follower.retiring import Ground, journals, retire
from stationd.follower.service import follow, note_reached
from stationd.ledger.model import STATION
from stationd.ledger.store import read_records
from stationd.staff.model import Person, Role

ADMINISTRATOR = Person(login="anna", name="Anna", role=Role.ADMINISTRATOR)
MANAGER = Person(login="maria", name="Maria", role=Role.MANAGER)
REPORT = Ground(name="report.txt", media_type="text/plain", content=b"the disk is gone")
HOUR = timedelta(hours=1)


def nobody(_group: str) -> Callable[[str], Account | None]:
    return lambda _number: None


def take(desk: Desk, journal: Any, node: str = "n1", **more: Any) -> None:
    while follow(desk, journal, node=node, accounts=nobody, **more):
        pass


def told(desk: Desk) -> list[dict[str, Any]]:
    with desk.database.reading() as connection:
        return [json.loads(one) for one in read_records(connection, STATION, 1, 1, 100)]


@pytest.fixture
def lost(desk: Desk, journal: Any, clock: SetClock) -> Any:
    """A journal of one entry that was followed, and of which nothing came for an hour."""
    journal.start()
    take(desk, journal)
    clock.advance(HOUR)
    return journal


def test_a_lost_journal_is_no_longer_waited_for(desk: Desk, lost: Any) -> None:
    assert [place.journal for place, _ in journals(desk)[0]] == [lost.id]
    done = retire(desk, "n1", ground=REPORT, by=ADMINISTRATOR)
    waited, retired = journals(desk)
    assert (waited, retired) == ([], [done])
    assert (done.journal, done.position, done.by) == (lost.id, 1, "anna")


def test_that_is_a_record_with_its_document(desk: Desk, lost: Any) -> None:
    done = retire(desk, lost.id[:6], ground=REPORT, by=ADMINISTRATOR)
    record = told(desk)[-1]
    assert (record["kind"], record["by"], record["origin"]) == ("journal_retired", "anna", "human")
    assert (record["journal"], record["position"]) == (lost.id, 1)
    assert record["doc"] == done.doc.hex()
    assert record["link"] == lost.entries[-1].link.hex()


def test_the_time_since_its_last_entry_is_a_gap(desk: Desk, lost: Any, clock: SetClock) -> None:
    retire(desk, "n1", ground=REPORT, by=ADMINISTRATOR)
    with desk.database.reading() as connection:
        gap = connection.execute(
            sa.select(schema.gaps).where(schema.gaps.c.cause == "host_down")
        ).one()
    assert (gap.node, gap.listener) == ("n1", "")
    assert (gap.began_at, gap.ended_at) == (iso(clock.now() - HOUR), iso(clock.now()))


def test_one_that_is_alive_is_not_retired(desk: Desk, lost: Any, clock: SetClock) -> None:
    note_reached(desk, lost.id, "n1", clock.now())
    clock.advance(timedelta(minutes=9))
    with pytest.raises(RefusedError, match="it is alive"):
        retire(desk, "n1", ground=REPORT, by=ADMINISTRATOR)


@pytest.mark.parametrize("named", ["", "nowhere"])
def test_what_names_no_journal_is_a_mistake(desk: Desk, lost: Any, named: str) -> None:
    with pytest.raises(NotFoundError, match="No journal is"):
        retire(desk, named, ground=REPORT, by=ADMINISTRATOR)


def test_a_node_of_two_journals_does_not_say_which(
    desk: Desk, lost: Any, another_journal: Any, clock: SetClock
) -> None:
    another_journal.start()
    take(desk, another_journal)
    clock.advance(HOUR)
    with pytest.raises(NotFoundError, match="More than one journal is n1"):
        retire(desk, "n1", ground=REPORT, by=ADMINISTRATOR)


def test_the_file_that_was_replaced_is_retired_by_its_id(
    desk: Desk, lost: Any, another_journal: Any
) -> None:
    another_journal.start()
    take(desk, another_journal)
    retire(desk, lost.id, ground=REPORT, by=ADMINISTRATOR)
    assert [place.journal for place, _ in journals(desk)[0]] == [another_journal.id]


def test_a_manager_may_not(desk: Desk, lost: Any) -> None:
    with pytest.raises(NotAuthorisedError, match="Who may: administrator"):
        retire(desk, "n1", ground=REPORT, by=MANAGER)


def test_a_journal_that_comes_back_is_taken_up_with_an_alarm(desk: Desk, lost: Any) -> None:
    retire(desk, "n1", ground=REPORT, by=ADMINISTRATOR)
    lost.start()
    take(desk, lost)
    waited, retired = journals(desk)
    assert ([place.position for place, _ in waited], retired) == ([2], [])
    assert told(desk)[-1]["kind"] == "journal_returned"
    with desk.database.reading() as connection:
        check = connection.execute(
            sa.select(schema.checks).where(schema.checks.c.name == "journal returned at n1")
        ).one()
    assert check.outcome == "failed"


def test_a_journal_that_is_caught_up_with_is_followed_only_as_far_as_its_last_entry(
    desk: Desk, journal: Any, clock: SetClock
) -> None:
    for _ in range(4):
        journal.start(after=HOUR)
    follow(desk, journal, node="n1", accounts=nobody, most=2)
    with desk.database.reading() as connection:
        ((_, at),) = store.read_reached(connection)
    assert at == iso(clock.now() - 2 * HOUR)
    follow(desk, journal, node="n1", accounts=nobody, most=3)
    with desk.database.reading() as connection:
        ((_, at),) = store.read_reached(connection)
    assert at == iso(clock.now())


def test_what_was_reached_is_of_the_place_it_was_asked_of(desk: Desk, lost: Any) -> None:
    with desk.database.writing() as connection:
        place = store.read_place(connection, lost.id, "n1")
        other = store.Place(journal=lost.id, node="n1", position=99, link=place.link)
        store.record_reached(connection, other, "2199-01-01T00:00:00.000000Z")
        ((_, at),) = store.read_reached(connection)
    assert at < "2199"
