"""A receiver's rules on one or two automation lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.simulate import surgard
from stationd.simulate.measures import Measures, Strange
from stationd.simulate.receiver_line import Books, Manner, ReceiverLine

SECOND = 10**9
ACK, NAK = b"\x06", b"\x15"
HEADER = surgard.Header("01", "1")
MANNER = Manner(wait=4.0, repeats=3, heartbeat_every=30.0, buffer=2)
BEAT = surgard.heartbeat(HEADER)


class Room:
    """A receiver with its books."""

    def __init__(self, lines=1):
        self.measures, self.strange = Measures(), Strange()
        self.books = Books(0x1000, self.measures, self.strange, ("AT", "AR"))
        self.talker = ReceiverLine(HEADER, self.books, MANNER, lines=lines)
        for line in range(lines):
            assert self.talker.opened(line, 0) == b""

    def counts(self, *names):
        return tuple(getattr(self.measures, name) for name in names)


@pytest.fixture
def room():
    return Room()


def event(account, count, code="AT"):
    return surgard.sia(HEADER, account, f"Nri1/{code}{count:03d}^{count}^")


def test_one_frame_is_in_flight_and_the_next_follows_its_06(room):
    assert room.talker.take(0, 0) == event("1000", 1)
    assert room.talker.take(0, 0) == b""
    assert room.talker.take(1, 0) == b""
    assert room.talker.receive(0, ACK, SECOND) == event("1000", 2, "AR")
    assert room.talker.receive(0, ACK, 2 * SECOND) == event("1001", 1)
    assert room.talker.receive(0, ACK, 3 * SECOND) == b""
    assert room.talker.idle
    assert room.books.settled == {0: 2, 1: 1}
    assert list(room.measures.latencies) == [1_000_000] * 3
    assert room.books.longest_wait == 2 * SECOND


def test_what_finds_the_buffer_full_waits_at_the_panel_and_is_not_lost(room):
    for _ in range(4):
        room.talker.take(0, 0)
    assert room.counts("events", "busy") == (4, 2)
    for _ in range(4):
        room.talker.receive(0, ACK, 1)
    assert room.counts("acknowledged", "lost") == (4, 0)


def test_a_frame_is_repeated_three_times_and_then_only_heartbeats_go_out(room):
    frame = room.talker.take(0, 0)
    assert room.talker.tick(4 * SECOND - 1) == b""
    for now in (4, 8, 12):
        assert room.talker.tick(now * SECOND) == frame
    assert room.talker.tick(16 * SECOND) == b""
    assert room.talker.failed
    assert room.talker.take(1, 17 * SECOND) == b""
    assert room.talker.tick(46 * SECOND) == BEAT
    assert room.talker.tick(50 * SECOND) == b""  # not answered either
    assert room.talker.tick(80 * SECOND) == BEAT
    assert room.talker.receive(0, ACK, 81 * SECOND) == frame
    assert not room.talker.failed
    assert room.counts("sent", "repeats", "silences") == (1, 4, 4)
    assert room.books.heartbeats == 2


def test_a_quiet_receiver_sends_heartbeats(room):
    assert room.talker.tick(30 * SECOND - 1) == b""
    assert room.talker.tick(30 * SECOND) == BEAT
    assert room.talker.take(0, 31 * SECOND) == b""
    assert room.talker.receive(0, ACK, 32 * SECOND) == event("1000", 1)


def test_a_refused_frame_goes_out_again_at_once_but_not_for_ever(room):
    frame = room.talker.take(0, 0)
    for _ in range(25):
        assert room.talker.receive(0, NAK, 1) == frame
    assert room.talker.receive(0, NAK, 1) == b""
    assert room.talker.failed
    assert room.counts("refused", "acknowledged") == (26, 0)


def test_a_refused_heartbeat_is_a_failure(room):
    room.talker.tick(30 * SECOND)
    assert room.talker.receive(0, NAK, 31 * SECOND) == b""
    assert room.talker.failed


def test_a_second_answer_to_a_repeated_frame_is_spare_and_does_not_settle_the_next(room):
    room.talker.take(0, 0)
    room.talker.take(0, 0)
    room.talker.tick(4 * SECOND)
    assert room.talker.receive(0, ACK + ACK, 5 * SECOND) == event("1000", 2, "AR")
    assert room.counts("acknowledged", "spare", "wrong") == (1, 1, 0)


@pytest.mark.parametrize("data", [ACK, NAK, b"?", b"\x00"])
def test_an_answer_to_nothing_is_wrong(room, data):
    room.talker.receive(0, data, 1)
    assert room.counts("wrong", "spare") == (1, 0)
    assert room.strange.texts == [f"a receiver heard {data.hex().upper()}, which answers nothing"]


def test_two_answers_to_a_frame_sent_once_are_one_too_many(room):
    room.talker.take(0, 0)
    room.talker.receive(0, ACK + ACK, 1)
    assert room.counts("acknowledged", "wrong") == (1, 1)


def test_what_was_in_flight_goes_out_again_when_the_line_is_back(room):
    frame = room.talker.take(0, 0)
    assert room.talker.closed(0, 1) == b""
    assert room.talker.line is None
    assert room.talker.take(1, 1) == b""
    assert room.talker.opened(0, 2) == frame
    assert room.counts("sent", "repeats", "twice") == (1, 1, 0)


def test_the_second_line_takes_over_and_brings_the_last_event_once_more():
    room = Room(lines=2)
    first = room.talker.take(0, 0)
    second = event("1001", 1)
    room.talker.take(1, 0)
    assert room.talker.receive(0, ACK, 1) == second
    assert room.talker.closed(0, 2) == first
    assert room.talker.line == 1
    assert room.talker.receive(1, ACK, 3) == second
    assert room.talker.receive(1, ACK, 4) == b""
    assert room.counts("events", "sent", "repeats", "twice") == (2, 2, 1, 1)
    assert room.counts("acknowledged", "lost", "wrong") == (2, 0, 0)
    assert room.books.settled == {0: 1, 1: 1}


def test_a_receiver_stays_on_its_second_line_when_the_first_is_back():
    room = Room(lines=2)
    room.talker.closed(0, 1)
    assert room.talker.opened(0, 2) == b""
    assert room.talker.line == 1
    assert room.talker.closed(0, 3) == b""
    assert room.talker.line == 1


def test_what_an_idle_line_brings_answers_nothing():
    room = Room(lines=2)
    room.talker.take(0, 0)
    assert room.talker.receive(1, ACK, 1) == b""
    assert room.counts("acknowledged", "wrong") == (0, 0)


def test_an_event_brought_once_more_is_not_brought_a_third_time():
    room = Room(lines=2)
    room.talker.take(0, 0)
    room.talker.receive(0, ACK, 1)
    assert room.talker.closed(0, 2) == event("1000", 1)
    room.talker.opened(0, 2)
    room.talker.receive(1, ACK, 3)
    assert room.talker.closed(1, 4) == b""
    assert room.measures.twice == 1


class HonestRoom(Room):
    """A receiver and a station that answers in order, within three seconds or not at all.

    An answer has no name: a late one would be taken for that of the next frame, and did so here.
    """

    def __init__(self):
        super().__init__(lines=2)
        self.now = 0
        self.heard = []
        self.order = []

    def said(self, data):
        self.heard += [(self.now, data)] if data else []

    def answer(self):
        if self.heard:
            heard_at, data = self.heard.pop(0)
            if self.now - heard_at < 3 * SECOND:
                self.order += [data] if data != BEAT and data not in self.order else []
                self.said(self.talker.receive(self.talker.line, ACK, self.now))

    def wait(self, seconds):
        self.now += seconds * SECOND
        self.said(self.talker.tick(self.now))

    def change(self):
        line = self.talker.line
        self.heard.clear()
        self.said(self.talker.closed(line, self.now))
        self.said(self.talker.opened(line, self.now))

    def step(self, what):
        self.now += SECOND
        acts = {
            "take": lambda: self.said(self.talker.take(self.now // SECOND % 2, self.now)),
            "answer": self.answer,
            "wait": lambda: self.wait(3),
            "change": self.change,
        }
        acts[what]()

    def finish(self):
        while self.heard or not self.talker.idle:
            self.answer()
            if not self.heard and not self.talker.idle:
                self.wait(31)


@given(st.lists(st.sampled_from(["take", "answer", "answer", "wait", "change"]), max_size=60))
def test_whatever_happens_every_event_is_acknowledged_once_and_in_order(steps):
    room = HonestRoom()
    for step in steps:
        room.step(step)
    room.finish()
    total = room.measures
    assert (total.wrong, total.lost) == (0, 0)
    assert total.sent == total.acknowledged == total.events == len(room.order)
    assert sum(room.books.settled.values()) == total.events
