import pytest

from receivers.events import Frame
from receivers.registry import RECEIVERS
from receivers.session import Conversation
from tests.fuzz.fuzz_codecs import fuzz
from tests.fuzz.targets import KEYED, NOON, PREFIX, TARGETS, choices, sealed


def test_there_is_a_target_for_each_codec_and_each_decoder() -> None:
    kinds = {f"{kind}-{name}" for kind in ("codec", "decoder") for name in RECEIVERS}
    assert set(TARGETS) == kinds


def test_a_target_reaches_every_choice_of_an_option() -> None:
    options = [option for spec in RECEIVERS.values() for option in spec.options.values()]
    assert all(set(option.choices) <= set(choices(option)) for option in options)
    assert all(len(choices(option)) > 1 for option in options)
    assert all(len(spec.options) <= PREFIX - 4 for spec in RECEIVERS.values())


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_broken_streams_raise_nothing_and_do_not_depend_on_cuts(name: str) -> None:
    assert fuzz(name, seconds=0.15, seed=20250615) > 0


def test_what_stands_behind_a_check_value_is_reached() -> None:
    whole = {
        name
        for kind in range(256)
        for name in ("dc09", "mx8000", "sk9000", "galaxy", "d6500-sia")
        for event in RECEIVERS[name]
        .open(Conversation({"1234": KEYED}.get, bytes, {}, {}))
        .receive(sealed(kind, b"NBA5"), NOON)
        if isinstance(event, Frame) and event.fault is None
    }
    assert whole == {"dc09", "mx8000", "sk9000", "galaxy", "d6500-sia"}
    assert sealed(0, b"x") == b"x"
