"""The rules of very many DC-09 panels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.simulate import dc09
from stationd.simulate.crowd import Crowd, Patience, text_of
from stationd.simulate.measures import Measures, Strange

SECOND = 10**9
PATIENCE = Patience(wait=5.0, repeats=2, pause=10.0)


class Town:
    """A crowd with its counts."""

    def __init__(self, panels=3, patience=PATIENCE):
        self.measures = Measures()
        self.strange = Strange()
        self.crowd = Crowd(
            0x1000,
            bytes(panels),
            [self.measures],
            self.strange,
            patience=patience,
            codes=("BA", "BR"),
        )

    def counts(self, *names):
        return tuple(getattr(self.measures, name) for name in names)


@pytest.fixture
def town():
    return Town()


def answer(sequence, number, token="ACK", tail=""):
    return dc09.frame(f'"{token}"{sequence:04d}L0#{number}[]{tail}'.encode())


def test_an_event_goes_out_under_its_sequence_number_and_is_settled_by_its_acknowledgement(town):
    assert town.crowd.take(1, 0)
    frame = town.crowd.frame(1, 0)
    assert frame == dc09.frame(b'"SIA-DCS"0001L0#1001[#1001|Nri1/BA001^1^]')
    assert not town.crowd.idle
    assert town.crowd.receive(answer(1, "1001"), 3 * SECOND) == 1
    assert town.crowd.idle
    assert town.counts("events", "sent", "repeats", "acknowledged", "lost") == (1, 1, 0, 1, 0)
    assert list(town.measures.latencies) == [3_000_000]


def test_a_panel_sends_one_event_at_a_time_and_the_next_after_its_acknowledgement(town):
    assert town.crowd.take(0, 0)
    town.crowd.frame(0, 0)
    assert not town.crowd.take(0, 0)
    assert not town.crowd.wants(0)
    assert town.crowd.receive(answer(1, "1000"), SECOND) == 0
    assert town.crowd.wants(0)
    assert b"0002L0#1000[#1000|Nri1/BR002^2^" in town.crowd.frame(0, SECOND)
    assert town.crowd.settled(0) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (answer(2, "1000"), "1000: 0002 was not sent"),
        (answer(1, "1001"), "1001: 0001 was not sent"),
        (answer(1, "2000"), "an answer to 2000, which is nobody here"),
        (answer(1, "FFF"), "an answer to FFF, which is nobody here"),
        (b"\n0000" + answer(1, "1000")[5:], "1000: check value or length do not agree"),
        (answer(1, "1000")[:5] + b"0011" + answer(1, "1000")[9:], "check value or length"),
        (answer(1, "1000", "DUH"), "1000: DUH"),
        (b"\x06", "an answer of no known layout"),
    ],
)
def test_an_answer_that_is_not_the_panels_own_settles_nothing_and_is_told(town, data, said):
    town.crowd.take(0, 0)
    town.crowd.frame(0, 0)
    assert town.crowd.receive(data, 1) is None
    assert town.counts("acknowledged", "wrong") == (0, 1)
    assert said in town.strange.texts[0]
    assert not town.crowd.idle


def test_an_acknowledgement_before_anything_was_sent_is_wrong(town):
    town.crowd.take(0, 0)
    assert town.crowd.receive(answer(1, "1000"), 1) is None
    assert town.counts("acknowledged", "wrong") == (0, 1)


def test_an_acknowledgement_may_carry_a_time(town):
    town.crowd.take(0, 0)
    town.crowd.frame(0, 0)
    assert town.crowd.receive(answer(1, "1000", tail="_12:00:00,11-27-2026"), 1) == 0


def test_the_same_bytes_go_out_again_when_the_wait_is_over_and_not_before(town):
    town.crowd.take(0, 0)
    first = town.crowd.frame(0, 0)
    assert town.crowd.tick(5 * SECOND - 1) == []
    assert town.crowd.tick(5 * SECOND) == [0]
    assert town.crowd.frame(0, 5 * SECOND) == first
    assert town.counts("sent", "repeats", "silences") == (1, 1, 1)


def test_after_its_repeats_a_panel_pauses_and_tries_the_same_event_again(town):
    town.crowd.take(0, 0)
    frames = {town.crowd.frame(0, 0)}
    for tried in (5, 10):
        assert town.crowd.tick(tried * SECOND) == [0]
        frames.add(town.crowd.frame(0, tried * SECOND))
    assert town.crowd.tick(15 * SECOND) == []
    assert not town.crowd.wants(0)
    assert town.crowd.tick(24 * SECOND) == []
    assert town.crowd.tick(25 * SECOND) == [0]
    frames.add(town.crowd.frame(0, 25 * SECOND))
    assert len(frames) == 1
    assert town.counts("sent", "repeats", "silences") == (1, 3, 3)
    assert town.crowd.receive(answer(1, "1000"), 26 * SECOND) == 0
    assert list(town.measures.latencies) == [26_000_000]


def test_a_late_answer_during_the_pause_settles_the_event_and_its_pause_does_not_end_the_next():
    town = Town(patience=Patience(wait=1.0, repeats=0, pause=10.0))
    town.crowd.take(0, 0)
    town.crowd.frame(0, 0)
    assert town.crowd.tick(1 * SECOND) == []  # pauses until 11
    assert town.crowd.receive(answer(1, "1000"), 2 * SECOND) == 0
    town.crowd.take(0, 3 * SECOND)
    town.crowd.frame(0, 3 * SECOND)
    assert town.crowd.tick(4 * SECOND) == []  # pauses until 14
    assert town.crowd.tick(13 * SECOND) == []
    assert town.crowd.tick(14 * SECOND) == [0]


def test_a_second_answer_to_a_repeated_event_is_spare_and_a_third_is_wrong(town):
    town.crowd.take(0, 0)
    town.crowd.frame(0, 0)
    town.crowd.tick(5 * SECOND)
    town.crowd.frame(0, 5 * SECOND)
    for _ in range(3):
        town.crowd.receive(answer(1, "1000"), 6 * SECOND)
    assert town.counts("acknowledged", "spare", "wrong") == (1, 1, 1)


def test_a_deadline_counts_only_for_the_copy_it_was_set_for(town):
    town.crowd.take(0, 0)
    town.crowd.frame(0, 0)
    town.crowd.receive(answer(1, "1000"), 1)
    town.crowd.take(0, 4 * SECOND)
    town.crowd.frame(0, 4 * SECOND)
    assert town.crowd.tick(8 * SECOND) == []
    assert town.crowd.tick(9 * SECOND) == [0]


def test_what_was_on_its_way_when_the_connection_ended_goes_out_on_the_next(town):
    town.crowd.take(0, 0)
    first = town.crowd.frame(0, 0)
    town.crowd.cut(0)
    town.crowd.cut(1)
    assert (town.crowd.wants(0), town.crowd.wants(1)) == (True, False)
    assert town.crowd.frame(0, 1) == first
    assert town.counts("sent", "repeats") == (1, 1)


def test_counts_kept_in_a_byte_bear_any_number_of_copies(town):
    town.crowd.take(0, 0)
    for now in range(300):
        town.crowd.frame(0, now)
        town.crowd.cut(0)
    assert town.crowd.receive(answer(1, "1000"), 300) == 0
    assert town.counts("sent", "repeats") == (1, 299)


def test_the_sequence_goes_round_after_9999():
    town = Town(1)
    for count in range(1, 10_002):
        town.crowd.take(0, 0)
        town.crowd.frame(0, 0)
        assert town.crowd.receive(answer((count - 1) % 9999 + 1, "1000"), 1) == 0
    assert town.crowd.settled(0) == 10_001


def test_a_link_test_is_not_waited_for(town):
    assert town.crowd.link_test(2) == dc09.frame(b'"NULL"0000L0#1002[]')
    assert town.crowd.idle


def test_the_text_of_an_event_names_account_and_count():
    assert text_of("1000", "BA", 1234) == "#1000|Nri1/BA234^1234^"


class HonestTown(Town):
    """A crowd and a station that answers each copy it hears."""

    def __init__(self):
        super().__init__()
        self.now = 0
        self.flying = []

    def send(self):
        self.flying += [
            self.crowd.frame(panel, self.now) for panel in range(3) if self.crowd.wants(panel)
        ]

    def hear(self):
        if self.flying:
            body = self.flying.pop(0)[9:-1]
            said = b'"ACK"' + body[9 : body.index(b"[")] + b"[]"
            self.crowd.receive(dc09.frame(said), self.now)

    def wait(self, seconds):
        self.now += seconds * SECOND
        self.crowd.tick(self.now)

    def step(self, what, panel):
        self.now += SECOND
        acts = {
            "take": lambda: self.crowd.take(panel, self.now),
            "cut": lambda: self.crowd.cut(panel),
            "wait": lambda: self.wait(4),
            "hear": self.hear,
        }
        acts[what]()
        self.send()

    def finish(self):
        while self.flying or not self.crowd.idle:
            self.wait(20)
            self.send()
            self.hear()


STEPS = st.lists(
    st.tuples(st.sampled_from(["take", "hear", "hear", "wait", "cut"]), st.integers(0, 2)),
    max_size=60,
)


@given(STEPS)
def test_whatever_happens_every_event_is_acknowledged_once_and_nothing_was_wrong(steps):
    town = HonestTown()
    for what, panel in steps:
        town.step(what, panel)
    town.finish()
    total = town.measures
    assert (total.wrong, total.lost, town.strange.texts) == (0, 0, [])
    assert sum(town.crowd.settled(panel) for panel in range(3)) == total.events == total.sent
    assert len(total.latencies) == total.events
    assert total.spare <= total.repeats
