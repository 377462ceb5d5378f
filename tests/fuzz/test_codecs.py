import pytest

from receivers.registry import RECEIVERS
from receivers.session import Options
from tests.fuzz.fuzz_codecs import WAYS, fuzz

TRIES = [(name, options) for name in sorted(RECEIVERS) for options in [{}, *WAYS.get(name, [])]]


@pytest.mark.parametrize(("name", "options"), TRIES, ids=str)
def test_broken_streams_raise_nothing_and_do_not_depend_on_cuts(
    name: str, options: Options
) -> None:
    assert fuzz(name, options, seconds=0.15, seed=20250615) > 0
