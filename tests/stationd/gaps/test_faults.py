"""What a receiver says of itself that makes a gap."""

import pytest

from receivers.signals import Signal, SignalClass
from stationd.gaps.faults import FAULTS, receiver_fault


def own(code: str, **more: object) -> Signal:
    return Signal(number="", token="", signal_class=SignalClass.SELF, code=code, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("signal", "found"),
    [
        (own("YD", line="003"), ("line card 003", True)),
        (own("YE", line="003"), ("line card 003", False)),
        (own("YD", line="000", zone="7"), ("line card 7", True)),
        (own("VT", line="000"), ("printer", True)),
        (own("YD", zone="7\0"), ("line card 7", True)),
        (own("7B"), ("computer port", True)),
        (own("7D"), ("computer port", False)),
        (own("LT", new=False), ("telephone line", False)),
        (own("AT"), None),
        (own(""), None),
    ],
)
def test_faults_of_what_receives_are_gaps_and_mains_are_none(
    signal: Signal, found: tuple[str, bool] | None
) -> None:
    assert receiver_fault(signal) == found


def test_a_panels_word_on_its_own_line_is_no_fault_of_the_receiver() -> None:
    signal = Signal(number="1234", token="", signal_class=SignalClass.TROUBLE, code="LT")
    assert receiver_fault(signal) is None


def test_every_fault_that_begins_can_end() -> None:
    begun = {part for part, begins in FAULTS.values() if begins}
    ended = {part for part, begins in FAULTS.values() if not begins}
    assert begun == ended
