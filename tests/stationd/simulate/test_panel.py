"""A DC-09 panel's waits, repeats, clock and what it believes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationd.clock import SetClock
from stationd.simulate import dc09
from stationd.simulate.panel import Habits, Panel, Said
from stationd.simulate.tally import Tally

NOON = datetime(2025, 6, 15, 12, 0, 0, tzinfo=UTC)
KEY = bytes(range(16))
FIRE = Said(token="SIA-DCS", content="#1234|NFA03")


@pytest.fixture
def tally():
    return Tally()


@pytest.fixture
def make(tally):
    def panel(key=None, **habits):
        made = Panel("1234", tally, Habits(**habits), clock=SetClock(NOON), random=bytes, key=key)
        made.opened(0.0)
        return made

    return panel


def acknowledgement(header="0001L0#1234", token="ACK"):
    return dc09.frame(f'"{token}"{header}[]'.encode())


def encrypted(key, header="0001L0#1234"):
    clear = b"|]_12:00:00,06-15-2025"
    padded = bytes(-len(clear) % 16) + clear
    sealed = dc09._cbc(key).encryptor().update(padded).hex().upper()
    return dc09.frame(f'"*ACK"{header}[{sealed}'.encode())


def test_a_message_is_acknowledged_by_its_sequence_and_account(make, tally):
    panel = make()
    panel.take(FIRE)
    assert b'"SIA-DCS"0001L0#1234[#1234|NFA03]_12:00:00' in panel.tick(0.0)
    assert panel.receive(acknowledgement(), 0.1) == b""
    assert panel.idle
    assert tally.of("1234").acknowledged == 1
    assert tally.strange == []


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (acknowledgement("0002L0#1234"), "answers 0001L0#1234"),
        (acknowledgement("0001R0L0#1234"), "answers 0001L0#1234"),
        (acknowledgement("0001L0#4321"), "answers 0001L0#1234"),
        (acknowledgement(token="RSP"), "no answer it knows"),
        (b"\n00000012garbage\r", "check value"),
    ],
)
def test_a_wrong_answer_acknowledges_nothing(make, tally, answer, complaint):
    panel = make()
    panel.take(FIRE)
    panel.tick(0.0)
    assert panel.receive(answer, 0.1) == b""
    assert complaint in tally.strange[0]
    assert tally.of("1234").acknowledged == 0
    assert not panel.idle


def test_a_plain_acknowledgement_of_an_encrypted_message_is_not_believed(make, tally):
    panel = make(key=KEY)
    panel.take(FIRE)
    panel.tick(0.0)
    panel.receive(acknowledgement(), 0.1)
    assert "wrong cipher" in tally.strange[0]
    panel.receive(encrypted(KEY), 0.2)
    assert tally.of("1234").acknowledged == 1


def test_the_same_bytes_are_repeated_until_the_panel_gives_the_path_up(make, tally):
    panel = make(wait=5.0, repeats=2, pause=60.0)
    panel.take(FIRE)
    said = [panel.tick(at) for at in (0.0, 4.9, 5.0, 10.0, 15.0, 70.0, 75.0)]
    first = said[0]
    assert said == [first, b"", first, first, b"", b"", first]
    assert (tally.of("1234").sent, tally.of("1234").repeats) == (1, 3)


def test_a_refusal_for_its_clock_corrects_the_clock_and_the_message_goes_again(make, tally):
    panel = make(key=KEY, slow=timedelta(minutes=7))
    panel.take(FIRE)
    first = panel.tick(0.0)
    again = panel.receive(dc09.frame(b'"NAK"0000R0L0A0[]_12:00:00,06-15-2025'), 0.1)
    assert again != first
    sealed = bytes.fromhex(again[again.index(b"[") + 1 : -1].decode())
    assert dc09._cbc(KEY).decryptor().update(sealed).endswith(b"_12:00:00,06-15-2025")
    assert tally.of("1234").refused == 1


def test_refusals_without_end_make_the_panel_pause(make):
    panel = make(pause=60.0)
    panel.take(FIRE)
    panel.tick(0.0)
    nak = dc09.frame(b'"NAK"0000R0L0A0[]_12:00:00,06-15-2025')
    answers = [panel.receive(nak, 0.1) for _ in range(6)]
    assert all(answers[:5])
    assert answers[5] == b""
    assert panel.due == 60.1


def test_a_refusal_without_a_time_changes_nothing(make, tally):
    panel = make()
    panel.take(FIRE)
    panel.tick(0.0)
    assert panel.receive(dc09.frame(b'"NAK"0000R0L0A0[]'), 0.1) == b""
    assert "without a time" in tally.strange[0]


def test_a_duh_ends_the_message_without_an_acknowledgement(make, tally):
    panel = make()
    panel.take(FIRE)
    panel.tick(0.0)
    panel.receive(acknowledgement(token="DUH"), 0.1)
    assert panel.idle
    assert (tally.of("1234").refused, tally.of("1234").unanswered) == (1, 1)


def test_an_answer_to_nothing_is_told(make, tally):
    make().receive(acknowledgement(), 0.1)
    assert "nothing in flight" in tally.strange[0]


def test_a_quiet_panel_polls_and_polls_are_not_counted_as_events(make, tally):
    panel = make(poll_every=30.0)
    assert panel.due == 30.0
    assert b'"NULL"0001L0#1234[]' in panel.tick(30.0)
    panel.receive(acknowledgement(), 30.1)
    assert tally.polls.acknowledged == 1
    assert tally.accounts == {}
    assert panel.due == 60.0


def test_a_damaged_message_has_a_wrong_check_value_once(make):
    panel = make()
    panel.take(Said(token="SIA-DCS", content="#1234|NFA03", damaged=True))
    damaged = panel.tick(0.0)
    with pytest.raises(dc09.AnswerError, match="check value"):
        dc09.read_answer(damaged, None)
    again = panel.tick(5.0)
    assert again[5:] == damaged[5:]
    assert again != damaged


def test_after_a_lost_connection_the_message_goes_first(make):
    panel = make()
    panel.take(FIRE)
    first = panel.tick(0.0)
    panel.closed()
    assert panel.due is None
    panel.opened(10.0)
    assert panel.tick(10.0) == first


def test_sequence_numbers_start_again_after_9999(make):
    panel = make()
    panel._sequence = 9999
    panel.take(FIRE)
    assert b'"SIA-DCS"0001' in panel.tick(0.0)


def test_a_panel_without_a_clock_sends_no_time(make):
    panel = make(stamps=False)
    panel.take(FIRE)
    assert panel.tick(0.0).endswith(b"NFA03]\r")


ANSWERS = st.sampled_from(
    [
        "right",
        "wrong",
        "duh",
        "nak",
        "noise",
        "hangs up",
        "nothing",
    ]
)


def heard_for(answer, panel):
    """Return the bytes of one kind of answer to what the panel has in flight."""
    waiting = panel._buffer[0].message if panel._buffer else None
    header = waiting.header if waiting is not None else "0001L0#1234"
    return {
        "right": acknowledgement(header),
        "wrong": acknowledgement("9999L0#1234"),
        "duh": acknowledgement(header, "DUH"),
        "nak": dc09.frame(b'"NAK"0000R0L0A0[]_12:00:00,06-15-2025'),
        "noise": b"\x00\xffGET / HTTP/1.1\r\n",
        "hangs up": b"",
        "nothing": b"",
    }[answer]


@given(st.lists(st.tuples(ANSWERS, st.floats(0.01, 30.0)), max_size=60))
@settings(max_examples=100, deadline=None)
def test_whatever_is_answered_no_event_is_forgotten(steps):
    tally = Tally()
    panel = Panel("1234", tally, Habits(pause=3.0), clock=SetClock(NOON), random=bytes)
    panel.opened(0.0)
    for _ in range(5):
        panel.take(FIRE)
    now, refused_for_good = 0.0, 0
    for answer, wait in steps:
        now += wait
        panel.tick(now)
        kept = len(panel._buffer)
        if answer == "hangs up":
            panel.closed()
            panel.opened(now)
        panel.receive(heard_for(answer, panel), now)
        refused_for_good += kept - len(panel._buffer) if answer == "duh" else 0
    count = tally.of("1234")
    assert count.events == 5
    assert len(panel._buffer) + count.acknowledged + refused_for_good == 5
    assert count.sent <= 5


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
@settings(max_examples=100, deadline=None)
def test_what_a_panel_makes_of_an_answer_does_not_depend_on_how_it_arrives(noise, cuts):
    data = noise.replace(b"\n", b"") + acknowledgement() + noise
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    outcomes = []
    for pieces in ([data], [data[a:b] for a, b in pairwise(edges)]):
        tally = Tally()
        panel = Panel("1234", tally, Habits(), clock=SetClock(NOON), random=bytes)
        panel.opened(0.0)
        panel.take(FIRE)
        panel.tick(0.0)
        for piece in pieces:
            panel.receive(piece, 0.1)
        outcomes.append(tally.as_json())
    assert outcomes[0] == outcomes[1]
