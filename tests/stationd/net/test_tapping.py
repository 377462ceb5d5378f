"""A tapped conversation is kept, and nothing of it is lost for an outage."""

from typing import Any

from stationd.journal.model import Kind
from stationd.net.diary import RETRY_SECONDS
from stationd.net.tapping import Tapping


def tapping(house: Any) -> Tapping:
    intake = house.intake()
    return Tapping(house.line().open(), intake, intake.peer("p", "p"))


def test_what_is_heard_is_kept(house: Any) -> None:
    tap = tapping(house)
    tap.receive(b"one.ha")
    tap.cut()
    tap.receive_whole(b"two.")
    house.thread.run_all()
    assert [entry.raw for entry in house.pages.entries()] == [b"one.", b"ha", b"two."]


def test_what_is_only_counted_is_not_submitted(house: Any) -> None:
    tap = tapping(house)
    tap.receive(b"!x." * 100)
    house.thread.run_all()
    tap.receive(b"!x.")
    assert house.thread.calls == []


def test_what_the_journal_does_not_take_is_kept_until_it_does(house: Any) -> None:
    tap = tapping(house)
    house.pages.broken = True
    tap.receive(b"one.")
    house.thread.run_all()
    house.pages.broken = False
    house.reactor.advance(RETRY_SECONDS)
    house.thread.run_all()
    assert [entry.raw for entry in house.pages.entries(Kind.FRAME)] == [b"one."]
