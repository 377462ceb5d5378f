from receivers.session import Option, Poll, ReceiverSpec
from tests.receivers.conftest import Station


def test_a_receiver_asks_and_waits_for_nothing_unless_it_says_so() -> None:
    spec = Station("dc09").spec
    plain = ReceiverSpec(
        title=spec.title,
        transports=spec.transports,
        open=spec.open,
        decode=spec.decode,
        options={},
    )
    assert (plain.gap({}), plain.poll({})) == (None, None)
    assert (plain.hang_up_on, plain.trial) == (frozenset(), False)


def test_an_option_may_bound_what_it_is() -> None:
    option = Option(default=3, least=1, most=9)
    assert (option.pattern, option.least, option.most) == ("", 1, 9)


def test_a_question_is_bytes_and_a_silence() -> None:
    assert Poll(b"S", 30.0).every == 30.0
