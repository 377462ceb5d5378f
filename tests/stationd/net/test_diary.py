"""Entries of our own are not forgotten while the journal is away."""

from typing import Any

import pytest
from twisted.logger import capturedLogs

from stationd.journal.model import BodyWriter, Kind
from stationd.net import diary as module


def test_an_entry_of_ours_is_written(house: Any) -> None:
    house.diary.write(Kind.STARTED, {"pid": 1}, listener="line", peer="peer")
    house.thread.run_all()
    (entry,) = house.pages.entries()
    assert (entry.kind, entry.note) == (Kind.STARTED, b'{"pid":1}')
    assert (entry.listener, entry.peer, entry.raw) == ("line", "peer", b"")
    assert entry.received_at == house.clock.now_ns()


def test_an_entry_may_be_of_an_earlier_moment(house: Any) -> None:
    house.diary.write(Kind.CLOCK, {}, at=5)
    house.thread.run_all()
    assert house.pages.entries()[0].received_at == 5


def test_it_is_tried_again_until_the_journal_takes_it_and_in_order(house: Any) -> None:
    house.pages.broken = True
    house.diary.write(Kind.LINK_DOWN, {})
    house.thread.run()
    house.diary.write(Kind.LINK_UP, {})
    assert house.thread.calls == []
    house.pages.broken = False
    house.reactor.advance(module.RETRY_SECONDS)
    house.thread.run_all()
    assert [entry.kind for entry in house.pages.entries()] == [Kind.LINK_DOWN, Kind.LINK_UP]


def test_what_is_written_meanwhile_follows(house: Any) -> None:
    house.diary.write(Kind.LINK_DOWN, {})
    house.diary.write(Kind.LINK_UP, {})
    house.thread.run_all()
    assert house.pages.sizes == [1, 1]


def test_what_does_not_fit_is_a_hole(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 1)
    for _ in range(3):
        house.diary.write(Kind.CLOCK, {})
    with capturedLogs() as logs:
        holes = house.notes(Kind.HOLE)
    assert holes == ['{"cause":"more than could be kept","count":2}']
    assert [log["log_format"] for log in logs] == ["entries_lost"]


def test_it_is_empty_once_all_is_committed(house: Any) -> None:
    fired: list[str] = []
    house.diary.empty().addCallback(lambda _: fired.append("at once"))
    house.diary.write(Kind.CLOCK, {})
    house.diary.empty().addCallback(lambda _: fired.append("later"))
    assert fired == ["at once"]
    house.thread.run_all()
    assert fired == ["at once", "later"]


def test_after_the_last_entry_nothing_is_taken(house: Any) -> None:
    house.diary.write(Kind.STOPPED, {})
    house.diary.close()
    house.diary.write(Kind.LINK_DOWN, {})
    house.thread.run_all()
    assert [entry.kind for entry in house.pages.entries()] == [Kind.STOPPED]


def test_what_is_kept_whole_takes_nobodys_room(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 3)
    house.pages.broken = True
    write = BodyWriter(listener="line", peer="").write
    bodies = [write(Kind.POLLS, 0, 0, b"", b"{}", bytes(16)) for _ in range(5)]
    house.diary.keep(bodies, whole=True)
    house.diary.write(Kind.STOPPED, {"cause": "test"})
    house.pages.broken = False
    house.thread.run_all()
    house.pass_time(2)
    assert len(house.notes(Kind.STOPPED)) == 1
    assert house.notes(Kind.HOLE) == []
    assert len(house.pages.bodies) == 6
