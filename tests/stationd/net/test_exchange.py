"""Answers go out after the commit, and after a failed one there is silence."""

from typing import Any

import pytest
from twisted.logger import capturedLogs

from receivers.session import Account
from stationd.journal.model import Kind
from stationd.net import exchange as module
from stationd.net.exchange import Exchange
from stationd.net.strangers import Strangers
from stationd.net.valve import Valve


class Panel:
    """A peer that notes what it hears."""

    def __init__(self, house: Any, *, valve: Valve | None = None, intake: Any = None) -> None:
        line = house.line(intake=intake)
        self.heard = b""
        self.hung_up = 0
        self.session = line.open()
        self.exchange = Exchange(
            self.session,
            line.intake,
            line.intake.peer("panel:1", "panel"),
            send=self._hear,
            hang_up=self._hang_up,
            valve=valve,
        )
        self.says = self.exchange.receive

    def _hear(self, data: bytes) -> None:
        self.heard += data

    def _hang_up(self, cause: str) -> None:
        self.hung_up += 1
        self.cause = cause


def test_nothing_is_acknowledged_before_it_is_committed(house: Any) -> None:
    panel = Panel(house)
    panel.says(b"one.")
    assert panel.heard == b""
    house.thread.run()
    assert panel.heard == b"<one.>"
    assert [event.raw for event in panel.session.heard] == [b"one."]


def test_what_is_not_whole_waits_for_the_rest(house: Any) -> None:
    panel = Panel(house)
    panel.says(b"on")
    assert house.thread.calls == []
    panel.says(b"e.")
    house.thread.run()
    assert panel.heard == b"<one.>"


def test_answers_to_one_read_go_out_together_and_in_order(house: Any) -> None:
    panel = Panel(house)
    panel.says(b"one.!noise.two.")
    house.thread.run()
    assert panel.heard == b"<one.><two.>"
    assert [entry.kind for entry in house.pages.entries()] == [
        Kind.FRAME,
        Kind.GARBLED,
        Kind.FRAME,
    ]


def test_what_is_only_counted_is_not_answered(house: Any) -> None:
    panel = Panel(house)
    panel.says(b"!x." * 100)
    house.thread.run()
    panel.says(b"!x.")
    assert house.thread.calls == []


def test_after_a_failed_commit_the_edge_hangs_up_without_a_word(house: Any) -> None:
    panel = Panel(house)
    house.pages.broken = True
    panel.says(b"one.")
    house.thread.run()
    assert (panel.heard, panel.hung_up, panel.exchange.unacknowledged) == (b"", 1, 1)


def test_an_answer_never_stands_in_for_one_that_failed(house: Any) -> None:
    panel = Panel(house)
    panel.says(b"one.")
    panel.says(b"two.")
    house.pages.broken = True
    house.thread.run()
    house.pages.broken = False
    house.thread.run()
    assert panel.heard == b""

    # On a serial line there is no hanging up: the receiver repeats, and is answered again.
    panel.says(b"again one.")
    house.thread.run()
    assert panel.heard == b"<again one.>"


def test_nobody_is_answered_who_has_gone(house: Any) -> None:
    panel = Panel(house)
    panel.says(b"one.")
    assert panel.exchange.unacknowledged == 1
    panel.exchange.close()
    house.thread.run()
    assert (panel.heard, len(house.pages.bodies)) == (b"", 1)


def test_who_has_gone_is_not_hung_up(house: Any) -> None:
    panel = Panel(house)
    panel.says(b"one.")
    panel.exchange.close()
    house.pages.broken = True
    house.thread.run()
    assert panel.hung_up == 0


def test_what_was_left_unfinished_is_kept(house: Any) -> None:
    panel = Panel(house)
    panel.says(b"hal")
    panel.exchange.cut()
    panel.exchange.cut()
    house.thread.run_all()
    assert house.notes(Kind.GARBLED) == ['{"fault":"cut"}']


def test_a_datagram_is_whole_in_itself(house: Any) -> None:
    panel = Panel(house)
    panel.exchange.receive_whole(b"")
    panel.exchange.receive_whole(b"one.ha")
    panel.exchange.receive_whole(b"lf.")
    house.thread.run_all()
    assert panel.heard == b"<one.><lf.>"
    assert house.notes(Kind.GARBLED) == ['{"fault":"cut"}']


def test_a_fault_of_ours_ends_one_connection_and_is_told(house: Any) -> None:
    panel, other = Panel(house), Panel(house)
    panel.says(b"crash.")
    other.says(b"one.")
    with capturedLogs() as logs:
        house.thread.run_all()
    assert (panel.hung_up, other.heard) == (1, b"<one.>")
    assert [log["log_format"] for log in logs] == ["answer_fault"]


def test_what_a_fault_of_ours_left_unanswered_is_counted(house: Any) -> None:
    panel = Panel(house)
    panel.says(b"one.crash.")
    with capturedLogs():
        house.thread.run()
    assert (panel.heard, panel.exchange.unacknowledged) == (b"", 2)


def test_a_late_answer_that_names_no_frame_is_not_given(house: Any) -> None:
    # The receiver repeats after four seconds: two answers to one frame, and the second would be
    # taken for that of the next, which nobody has stored.
    panel = Panel(house)
    panel.says(b"one.")
    house.pass_time(4)
    panel.says(b"again one.")
    house.thread.run()
    assert (panel.heard, panel.session.heard) == (b"", [])
    house.thread.run()
    assert (panel.heard, panel.exchange.unacknowledged) == (b"<again one.>", 1)


@pytest.mark.parametrize(("waited", "answer"), [(2.9, b"<one.>"), (3.0, b"")])
def test_late_begins_before_the_hastiest_receiver_repeats(
    house: Any, waited: float, answer: bytes
) -> None:
    panel = Panel(house)
    panel.says(b"one.")
    house.pass_time(waited)
    house.thread.run()
    assert panel.heard == answer


def test_an_answer_that_names_its_frame_is_given_however_late(house: Any) -> None:
    panel = Panel(house)
    panel.says(b"named.")
    house.pass_time(60)
    house.thread.run()
    assert panel.heard.startswith(b"<named.")


def test_a_peer_with_too_much_unanswered_is_not_read(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_UNANSWERED", 4)
    told: list[str] = []
    valve = Valve(pause=lambda: told.append("pause"), resume=lambda: told.append("resume"))
    panel = Panel(house, valve=valve)
    panel.says(b"a.b.c.d.")
    assert told == []
    panel.says(b"e.")
    assert told == ["pause"]
    house.thread.run_all()
    assert told == ["pause", "resume"]


@pytest.mark.parametrize("noise", [b"x" * 4096, b"!x." * 1400], ids=["endless", "in pieces"])
def test_who_brings_nothing_but_noise_is_hung_up_on(house: Any, noise: bytes) -> None:
    panel = Panel(house)
    for _ in range(module.MOST_NOISE // len(noise)):
        panel.says(noise)
    assert panel.hung_up == 0
    panel.says(noise)
    assert (panel.hung_up, panel.cause, panel.heard) == (1, "nothing that could be read", b"")


def limited(house: Any, known: str = "") -> Panel:
    limits = Strangers(
        lambda number: Account(number) if number == known else None,
        policy="count",
        per_network=1,
        in_all=1,
    )
    return Panel(house, intake=house.intake(strangers=limits))


def test_who_sends_nothing_but_unknown_numbers_beyond_the_limit_is_hung_up_on(house: Any) -> None:
    panel = limited(house, known="nobody")
    panel.says(b"one." * module.MOST_LIMITED)
    assert panel.hung_up == 0
    panel.says(b"one.")
    assert (panel.hung_up, panel.cause) == (1, module.BEYOND_LIMIT)
    assert house.pages.bodies == []


def test_the_session_forgets_what_is_only_counted_and_nothing_else(house: Any) -> None:
    panel = limited(house, known="7")
    panel.says(b"7:one.8:two.7:three.")
    assert [event.raw for event in panel.session.forgot] == [b"8:two."]


def test_the_session_forgets_what_is_met_with_silence(house: Any) -> None:
    panel = Panel(house)
    panel.says(b"one.!x.")
    house.thread.run()
    assert [event.raw for event in panel.session.heard] == [b"one."]
    assert [event.raw for event in panel.session.forgot] == [b"!x."]


def test_a_known_accounts_connection_is_not_hung_up_on_for_those_beside_it(house: Any) -> None:
    panel = limited(house, known="7")
    panel.says(b"7:one.")
    panel.says(b"8:other." * (module.MOST_LIMITED + 1))
    house.thread.run_all()
    assert (panel.heard, panel.hung_up) == (b"<7:one.>", 0)


@pytest.mark.parametrize("good", [b".one.", b".one.!noise.", b".?beat."])
def test_a_good_frame_makes_up_for_the_noise_before_it(house: Any, good: bytes) -> None:
    panel = Panel(house)
    for _ in range(40):
        panel.says(b"!" + b"x" * 4096)
        panel.says(good)
    assert panel.hung_up == 0
