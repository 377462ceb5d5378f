from receivers.signals import Decoded, Signal, SignalClass, with_long_numbers


def signal(number: str) -> Signal:
    return Signal(number=number, token="5", signal_class=SignalClass.ALARM, line="A")


def test_the_left_part_of_a_long_account_stands_in_the_line_field() -> None:
    decoded = with_long_numbers(Decoded(signals=(signal("1234"), signal("0007"))))
    assert [s.number for s in decoded.signals] == ["A1234", "A0007"]


def test_what_is_about_no_account_gets_none() -> None:
    decoded = Decoded(signals=(signal(""),))
    assert with_long_numbers(decoded) == decoded
