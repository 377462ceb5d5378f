"""The follower's rows come back as they were."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from stationd.db import schema
from stationd.db.engine import Database
from stationd.follower import store
from stationd.follower.model import HeardHour, Line, ListenerFacts, Place, Scope, Tally
from stationd.follower.starts import Start
from stationd.journal import chain

pytestmark = pytest.mark.both_databases

JOURNAL = "a" * 32
PLACE = Place(journal=JOURNAL, node="n1", position=7, link=b"\x01" * 32)
LINE = Line(listener="ip", node="n1", up=True, since="t1", why="", heard_at=None)
TALLY = Tally(
    listener="com1",
    hour=490_000,
    count=3,
    first_ns=1,
    last_ns=2,
    first_position=1,
    last_position=4,
)
FACTS = ListenerFacts(receiver="dc09", group="main", mode="tap", options={"b": 1, "a": True})


def test_a_new_journal_begins_before_its_first_entry(database: Database) -> None:
    with database.reading() as connection:
        place = store.read_place(connection, JOURNAL, "n1")
    assert place == Place(
        journal=JOURNAL, node="n1", position=0, link=chain.first_link(JOURNAL.encode())
    )


def test_a_place_moves(database: Database) -> None:
    with database.writing() as connection:
        store.record_place(connection, replace(PLACE, position=1), "t1")
        store.record_place(connection, PLACE, "t2")
        assert store.read_place(connection, JOURNAL, "n1") == PLACE


def test_the_journals_of_a_node_are_told_the_last_taken_first(database: Database) -> None:
    other = replace(PLACE, journal="b" * 32)
    with database.writing() as connection:
        store.record_place(connection, PLACE, "t1")
        store.record_place(connection, other, "t2")
        store.record_place(connection, replace(PLACE, journal="c" * 32, node="n2"), "t3")
        assert store.read_node_journals(connection, "n1") == [other, PLACE]


def test_before_the_first_entry_there_is_no_last(database: Database) -> None:
    with database.reading() as connection:
        assert store.read_last(connection, PLACE) is None


def test_an_entry_whose_bytes_are_purged_is_no_last(database: Database) -> None:
    row = {"journal": JOURNAL, "position": 7, "body": None, "link": bytes(32)}
    with database.writing() as connection:
        connection.execute(sa.insert(schema.entries), row)
        assert store.read_last(connection, PLACE) is None


@pytest.mark.parametrize("again", [{"ip": FACTS}, {}], ids=["one", "none"])
def test_listeners_are_those_of_the_last_start(
    database: Database, again: dict[str, ListenerFacts]
) -> None:
    with database.writing() as connection:
        store.record_listeners(connection, JOURNAL, {"ip": FACTS, "old": FACTS})
        store.record_listeners(connection, JOURNAL, again)
        assert store.read_listeners(connection, JOURNAL) == again


def test_lines_are_kept_by_listener(database: Database) -> None:
    down = replace(LINE, up=False, why="unplugged", heard_at="t0")
    with database.writing() as connection:
        store.record_lines(connection, [LINE, replace(LINE, listener="com1", node="n2")])
        store.record_lines(connection, [down])
        store.record_lines(connection, [])
        assert store.read_lines(connection, "n1") == [down]


def test_sums_of_the_running_hour_are_replaced(database: Database) -> None:
    with database.writing() as connection:
        store.record_tallies(connection, JOURNAL, [TALLY, replace(TALLY, listener="ip")])
        store.record_tallies(connection, JOURNAL, [replace(TALLY, count=4)])
        assert store.read_tallies(connection, JOURNAL) == [replace(TALLY, count=4)]
        store.record_tallies(connection, JOURNAL, [])
        assert store.read_tallies(connection, JOURNAL) == []


def test_owners_are_read_for_many_numbers_at_once(database: Database, roll) -> None:
    roll.account("4821", service="suspended")
    roll.account("9")
    roll.link("4821", "main", "1234", scope={"areas": ["01"]})
    roll.link("9", "west", "1234")
    wanted = {str(number) for number in range(1000, 2200)}
    with database.reading() as connection:
        found = store.read_owners(connection, {"main": wanted, "west": {"1234"}})
    assert {key: [owner.acct for owner in owners] for key, owners in found.items()} == {
        ("main", "1234"): ["4821"],
        ("west", "1234"): ["9"],
    }
    (owner,) = found["main", "1234"]
    assert (owner.scope, owner.service, owner.record) == (
        Scope(areas=frozenset({"1"})),
        "suspended",
        "open",
    )


def test_an_alarm_is_a_failed_check(database: Database) -> None:
    with database.writing() as connection:
        store.record_alarm(connection, "journal:n1", "first", "t1")
        store.record_alarm(connection, "journal:n1", "second", "t2")
        (row,) = connection.execute(sa.select(schema.checks)).all()
    assert tuple(row) == ("journal:n1", "failed", "second", "t2")


def test_minutes_in_which_a_line_was_heard_add_up(database: Database) -> None:
    first = HeardHour(listener="ip", hour=1, minutes=0b101)
    with database.writing() as connection:
        store.record_heard_hours(connection, [])
        store.record_heard_hours(connection, [first, replace(first, hour=2, minutes=1 << 59)])
        store.record_heard_hours(connection, [replace(first, minutes=0b110)])
        found = connection.execute(sa.select(schema.heard_hours).order_by("hour")).all()
    assert [tuple(row) for row in found] == [("ip", 1, 0b111), ("ip", 2, 1 << 59)]


def test_the_boot_of_a_nodes_last_start_is_known_over_its_journals(database: Database) -> None:
    with database.writing() as connection:
        for journal, node in (("a", "n1"), ("b", "n1"), ("c", "n2")):
            place = Place(journal=journal, node=node, position=1, link=b"")
            store.record_place(connection, place, "t")
            store.record_first(connection, journal, "t0")
            store.record_first(connection, journal, "later")
        assert store.read_boot(connection, "n1") == ""
        store.record_start(connection, "a", Start(at="t2", boot="b2"))
        store.record_start(connection, "b", Start(at="t1", boot="b1"))
        store.record_start(connection, "c", Start(at="t9", boot=""))
        assert store.read_boot(connection, "n1") == "b2"
        assert store.read_boot(connection, "n2") == ""
        firsts = connection.execute(sa.select(schema.starts.c.first_at)).scalars().all()
    assert firsts == ["t0"] * 3
