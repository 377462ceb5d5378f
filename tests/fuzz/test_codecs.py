import pytest

from receivers.registry import RECEIVERS
from tests.fuzz.fuzz_codecs import fuzz
from tests.fuzz.targets import TARGETS, choices


def test_there_is_a_target_for_each_codec_and_each_decoder() -> None:
    kinds = {f"{kind}-{name}" for kind in ("codec", "decoder") for name in RECEIVERS}
    assert set(TARGETS) == kinds


def test_a_target_reaches_every_choice_of_an_option() -> None:
    options = [option for spec in RECEIVERS.values() for option in spec.options.values()]
    assert all(set(option.choices) <= set(choices(option)) for option in options)
    assert all(len(choices(option)) > 1 for option in options)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_broken_streams_raise_nothing_and_do_not_depend_on_cuts(name: str) -> None:
    assert fuzz(name, seconds=0.15, seed=20250615) > 0
