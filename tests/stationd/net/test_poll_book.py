"""Polls in the journal: sums, spans, and the standing receipt."""

import json
from typing import Any

import pytest

from receivers.events import Event, Fault, Frame
from receivers.session import Account
from stationd.journal.model import Kind
from stationd.net.exchange import Exchange
from stationd.net.intake import Intake
from stationd.net.poll_book import PollBook
from stationd.net.tapping import Tapping

POLLING = {("main", "1"): Account("1", poll_interval=60), ("main", "2"): Account("2")}
POLL = Frame(b"poll 1", number="1", poll=True)


class Panels:
    """Panels on one connection of a listener: each word is an event."""

    def __init__(self, house: Any) -> None:
        self.house = house
        self.book = PollBook(
            diary=house.diary,
            clock=house.clock,
            ids=house.ids,
            committed=house.committer.committed,
        )
        self.book.serve("main", "line")
        self.book.supervise(POLLING)
        self.intake = Intake(
            "line",
            committer=house.committer,
            diary=house.diary,
            clock=house.clock,
            ids=house.ids,
            silence=None,
            group="main",
            polls=self.book,
        )
        self.heard: list[bytes] = []
        self.hung_up = 0
        self.events: list[Event] = []
        self.exchange = Exchange(
            self,  # type: ignore[arg-type]
            self.intake,
            self.intake.peer("p", "p"),
            send=self.heard.append,
            hang_up=self._hang_up,
        )

    def _hang_up(self, cause: str) -> None:
        self.hung_up += 1

    def receive(self, data: bytes, received_at: object) -> list[Event]:
        return self.events

    def answer(self, event: Event, now: object) -> bytes:
        if event.raw == b"crash":
            raise RuntimeError("a fault of ours")
        return b"<%b>" % event.raw

    def answered(self, event: Event) -> None:
        """Nothing."""

    def dropped(self, event: Event) -> None:
        """Nothing."""

    def say(self, *events: Event) -> None:
        self.events = list(events)
        self.exchange.receive(b"")

    def wait(self, seconds: int, *, deaf: tuple[str, ...] = ()) -> None:
        for _ in range(seconds):
            self.house.pass_time(1)
            self.book.look(deaf)
            self.house.thread.run_all()

    def rows(self, kind: Kind = Kind.POLLS) -> list[dict[str, Any]]:
        self.house.thread.run_all()
        return [json.loads(entry.note) for entry in self.house.pages.entries(kind)]


@pytest.fixture
def panels(house: Any) -> Panels:
    made = Panels(house)
    made.say(Frame(b"begin"))
    house.thread.run_all()
    made.heard.clear()
    return made


def test_a_poll_is_answered_on_the_standing_receipt_without_an_entry(
    house: Any, panels: Panels
) -> None:
    panels.say(POLL)
    assert (panels.heard, house.thread.calls, panels.rows()) == ([b"<poll 1>"], [], [])


@pytest.mark.parametrize(
    "event",
    [
        Frame(b"x", number="1"),
        Frame(b"x", number="1", poll=True, fault=Fault.STALE),
        Frame(b"x", number="1", poll=True, suspect=True),
        Frame(b"x", number="2", poll=True),
        Frame(b"x", number="3", poll=True),
        Frame(b"x", poll=True),
    ],
    ids=["a signal", "a fault", "what may be a copy", "not supervised", "unknown", "no number"],
)
def test_everything_else_waits_for_its_own_receipt(
    house: Any, panels: Panels, event: Frame
) -> None:
    before = len(house.pages.entries(Kind.FRAME))
    panels.say(event)
    assert panels.heard == []
    house.thread.run_all()
    assert panels.heard == [b"<x>"]
    assert len(house.pages.entries(Kind.FRAME)) == before + 1


def test_without_a_commit_there_is_no_standing_receipt(house: Any) -> None:
    panels = Panels(house)
    panels.say(POLL)
    assert panels.heard == []
    house.thread.run_all()
    assert panels.heard == [b"<poll 1>"]
    (row,) = panels.rows()
    assert (row["due"], row["heard"], row["missing"]) == (1, 1, 0)
    assert house.pages.entries(Kind.FRAME) == []


def test_it_lapses_after_ten_seconds(house: Any, panels: Panels) -> None:
    house.pass_time(9.9)
    panels.say(POLL)
    assert len(panels.heard) == 1
    house.pass_time(0.1)
    panels.say(POLL)
    assert len(panels.heard) == 1
    house.thread.run_all()
    assert len(panels.heard) == 2


def test_a_poll_that_is_answered_at_once_is_a_sign_of_a_known_account(
    house: Any, panels: Panels
) -> None:
    panels.say(POLL)
    house.thread.run_all()
    house.pass_time(5)
    panels.say(POLL)
    assert panels.exchange._peer.heard == house.clock.ticks()


def test_a_failed_commit_ends_it_at_once(house: Any, panels: Panels) -> None:
    house.pages.broken = True
    panels.say(Frame(b"lost"))
    house.thread.run_all()
    assert (panels.heard, panels.hung_up) == ([], 1)
    panels.say(POLL)
    house.thread.run_all()
    assert (panels.heard, panels.hung_up) == ([], 2)
    house.pages.broken = False
    panels.say(POLL)
    assert panels.heard == []
    house.thread.run_all()
    assert panels.heard == [b"<poll 1>"]


def test_it_is_kept_alive_while_polls_come_and_no_longer(house: Any, panels: Panels) -> None:
    for _ in range(12):
        panels.say(POLL)
        panels.wait(3)
    assert panels.heard == [b"<poll 1>"] * 12
    rows = panels.rows()
    assert 4 <= len(rows) <= 6
    assert sum(row["heard"] for row in rows) + panels.book._polls.heard("line") == 12
    panels.wait(20)
    count = len(house.pages.bodies)
    panels.wait(30)
    assert len(house.pages.bodies) == count


def test_a_polls_answer_never_overtakes_that_of_a_frame(house: Any, panels: Panels) -> None:
    panels.say(Frame(b"alarm", number="1"), POLL)
    assert panels.heard == []
    house.thread.run_all()
    assert panels.heard == [b"<alarm><poll 1>"]
    panels.say(Frame(b"alarm", number="1"))
    panels.say(POLL)
    assert len(panels.heard) == 1
    house.thread.run_all()
    assert panels.heard[1:] == [b"<alarm>", b"<poll 1>"]
    panels.say(POLL, Frame(b"alarm", number="1"))
    assert panels.heard[3:] == [b"<poll 1>"]


def test_a_fault_of_ours_in_an_answer_at_once_ends_one_connection(
    house: Any, panels: Panels
) -> None:
    panels.say(Frame(b"crash", number="1", poll=True))
    assert (panels.heard, panels.hung_up, panels.exchange.unacknowledged) == ([], 1, 1)


def test_a_miss_and_a_return_are_entries_at_once(house: Any, panels: Panels) -> None:
    panels.say(POLL)
    panels.wait(80)
    panels.say(POLL)
    panels.wait(1)
    missed, returned = [row for row in panels.rows() if "cause" in row]
    assert missed == {
        "cause": "missed",
        "count": 1,
        "first": "2026-01-01T00:00:00.000000Z",
        "last": "2026-01-01T00:00:00.000000Z",
        "longest_ms": 0,
        "number": "1",
        "others_ms": 76_000,
        "silent_ms": 75_000,
    }
    assert returned == {
        "cause": "returned",
        "count": 0,
        "first": None,
        "last": "2026-01-01T00:00:00.000000Z",
        "longest_ms": 80_000,
        "number": "1",
    }
    assert {entry.listener for entry in house.pages.entries(Kind.POLLS)} == {"line"}


def test_once_a_minute_a_listener_says_what_was_due_and_heard(house: Any, panels: Panels) -> None:
    panels.wait(180)
    sums = [row for row in panels.rows() if "due" in row]
    assert [(row["due"], row["heard"], row["missing"]) for row in sums] == [(1, 0, 1), (0, 0, 1)]
    assert sums[0]["since"] == "2026-01-01T00:01:00.000000Z"


def test_a_listener_that_is_down_misses_nobody(house: Any, panels: Panels) -> None:
    panels.wait(300, deaf=("line",))
    assert panels.rows() == []


def test_stopping_writes_all_that_was_heard(house: Any, panels: Panels) -> None:
    panels.say(POLL, POLL)
    panels.book.finish()
    total, span = panels.rows()
    assert (total["heard"], span["cause"], span["count"]) == (2, "stopped", 2)


def test_spans_are_kept_however_many(house: Any, panels: Panels) -> None:
    panels.book.supervise({("main", str(n)): Account(str(n), poll_interval=60) for n in range(300)})
    house.pages.broken = True
    panels.wait(80)
    house.pages.broken = False
    house.pass_time(2)
    assert len([row for row in panels.rows() if row.get("cause") == "missed"]) == 300
    assert house.pages.entries(Kind.HOLE) == []


def test_who_leaves_the_roster_is_told_of(house: Any, panels: Panels) -> None:
    panels.say(POLL)
    panels.book.supervise({})
    (row,) = [row for row in panels.rows() if "cause" in row]
    assert (row["cause"], row["count"]) == ("unsupervised", 1)
    assert len(panels.book) == 0


def test_a_tap_keeps_polls_as_entries_and_hears_the_accounts(house: Any, panels: Panels) -> None:
    panels.events = [POLL]
    tap = Tapping(panels, panels.intake, panels.intake.peer("p", "p"))  # type: ignore[arg-type]
    for _ in range(3):
        tap.receive(b"")
        panels.wait(60)
    assert [entry.raw for entry in house.pages.entries(Kind.FRAME)].count(b"poll 1") == 3
    assert panels.rows() == []


def test_an_account_that_is_heard_where_no_panel_was_expected_is_counted_there(
    house: Any, panels: Panels
) -> None:
    other = Intake(
        "other",
        committer=house.committer,
        diary=house.diary,
        clock=house.clock,
        ids=house.ids,
        silence=None,
        group="main",
        polls=panels.book,
    )
    assert other.spoken([POLL], 0, answers=True) == [POLL]
    panels.book.finish()
    panels.rows()
    assert {entry.listener for entry in house.pages.entries(Kind.POLLS)} == {"other"}
