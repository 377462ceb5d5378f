"""A link is told of when it changes, and only then."""

from typing import Any

from stationd.journal.model import Kind
from stationd.net.line import Link


def test_each_change_is_one_entry(house: Any) -> None:
    told: list[bool | None] = []
    link = Link(house.intake(), lambda: told.append(link.is_up))
    link.down("port in use")
    link.down("port in use")
    link.up("listening")
    link.up("listening")
    assert house.notes(Kind.LINK_DOWN) == [
        '{"cause":"port in use","scope":"listener","unacknowledged":0}'
    ]
    assert house.notes(Kind.LINK_UP) == ['{"cause":"listening","scope":"listener"}']
    assert told == [False, True]


def test_another_cause_is_told(house: Any) -> None:
    link = Link(house.intake(), lambda: None)
    link.down("refused", peer="p")
    link.down("no route", peer="p", unacknowledged=2)
    assert (link.is_up, link.cause) == (False, "no route")
    assert house.notes(Kind.LINK_DOWN) == [
        '{"cause":"refused","scope":"listener","unacknowledged":0}',
        '{"cause":"no route","scope":"listener","unacknowledged":2}',
    ]


def test_sessions_of_a_line_are_opened_with_its_conversation(house: Any) -> None:
    line = house.line()
    assert line.open() is not line.open()
