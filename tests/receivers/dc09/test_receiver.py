import pytest

from receivers.dc09.framing import Style, seal
from receivers.events import Fault, Frame, Garbled, Heartbeat
from receivers.signals import Decoded, SignalClass
from tests.receivers.conftest import Station

BEAT = seal(b'"NULL"0000R1L1[]', Style.STANDARD)
EVENT = seal(b'"ADM-CID"0001R1L2[#1234|1130 01 015]', Style.STANDARD)


def test_a_link_test_without_an_account_is_the_receivers_sign_of_life() -> None:
    station = Station("dc07")
    assert station.hears(BEAT) == [Heartbeat(BEAT)]
    assert station.answers(Heartbeat(BEAT)) == seal(b'"ACK"0000R1L1[]', Style.STANDARD)
    decoded = station.spec.decode(BEAT, lambda _: None, {})
    assert isinstance(decoded, Decoded)
    assert decoded.signals[0].signal_class is SignalClass.SELF


@pytest.mark.parametrize("style", [Style.STANDARD, Style.BINARY])
def test_it_is_answered_in_its_own_style(style: Style) -> None:
    raw = seal(b'"NULL"0000R1L1[]', style)
    assert Station("dc07").says(raw) == seal(b'"ACK"0000R1L1[]', style)


def test_a_link_test_of_an_account_is_that_accounts_poll() -> None:
    raw = seal(b'"NULL"0000R1L1#1234[]', Style.STANDARD)
    assert Station("dc07").hears(raw) == [Frame(raw, "1234", poll=True)]


def test_an_event_is_answered_and_its_repeat_known() -> None:
    station = Station("dc07")
    acknowledgement = seal(b'"ACK"0001R1L2[]', Style.STANDARD)
    assert station.hears(EVENT) == [Frame(EVENT, "1234")]
    assert station.answers(Frame(EVENT, "1234")) == acknowledgement
    assert station.hears(EVENT) == [Frame(EVENT, "1234", repeat=True)]


def test_a_frame_that_was_only_counted_is_forgotten() -> None:
    station = Station("dc07")
    station.session.dropped(*station.hears(EVENT))
    assert station.hears(EVENT) == [Frame(EVENT, "1234")]


def test_what_is_cut_is_told_at_the_end() -> None:
    station = Station("dc07")
    assert station.hears(EVENT[:-1]) == []
    assert station.session.ended() == [Garbled(EVENT[:-1], Fault.CUT)]
