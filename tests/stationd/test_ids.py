"""Randomness, and the source that tests can foresee."""

import pytest

from stationd.ids import CountedIds, SystemIds


@pytest.mark.parametrize("make", [SystemIds, CountedIds])
def test_every_source_gives_what_is_asked(make):
    ids = make()
    assert len(ids.salt()) == 16
    assert len(bytes.fromhex(ids.identifier())) == 16
    assert [len(ids.bytes(count)) for count in (0, 1, 31, 32, 33, 100)] == [0, 1, 31, 32, 33, 100]


@pytest.mark.parametrize("make", [SystemIds, CountedIds])
def test_nothing_is_drawn_twice(make):
    ids = make()
    assert len({ids.identifier() for _ in range(1000)}) == 1000


def test_the_same_seed_gives_the_same_row():
    first, second = CountedIds(3), CountedIds(3)
    assert [first.salt(), first.bytes(40)] == [second.salt(), second.bytes(40)]


def test_another_seed_gives_another_row():
    assert CountedIds(3).salt() != CountedIds(4).salt()
