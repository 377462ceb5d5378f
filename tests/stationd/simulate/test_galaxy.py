"""The blocks of a simulated Galaxy panel."""

from datetime import UTC, datetime
from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.simulate import galaxy
from stationd.simulate.happening import Event, Happening, Stamp

STAMP = Stamp(1, datetime(2025, 6, 15, 11, 46, tzinfo=UTC))
ALARM = Event("012345", Happening("E", "130", "BA", "A", 11, "HALL"))
TEST = Event("012345", Happening("E", "602", "RP", "R"))


@given(st.sampled_from("#NOA0@"), st.text(st.characters(max_codepoint=127), max_size=80))
def test_a_block_says_how_long_it_is_and_its_bytes_come_to_ff(function, data):
    raw = galaxy.block(function, data)
    assert raw[0] & 0x3F == len(raw) - 3 == min(len(data), 63)
    assert reduce(xor, raw) == 0xFF


@pytest.mark.parametrize(
    ("level", "event", "blocks"),
    [
        (1, ALARM, [("#", "012345"), ("N", "BA11")]),
        (2, ALARM, [("#", "012345"), ("N", "ti11:46/ri1/BA11")]),
        (3, ALARM, [("#", "012345"), ("N", "ti11:46/ri1/BA11"), ("A", "HALL")]),
        (3, TEST, [("#", "012345"), ("N", "ti11:46/ri1/RP")]),
    ],
)
def test_a_level_says_how_much_is_told(level, event, blocks):
    made = galaxy.writer(level=level)(event, STAMP)
    assert made == tuple(galaxy.block(*each) for each in blocks)
