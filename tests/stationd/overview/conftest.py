"""What takes the written journal over."""

import pytest

from stationd.follower.service import follow


@pytest.fixture
def take(desk, journal):
    return lambda: follow(desk, journal, node="n1", accounts=lambda _group: lambda _number: None)
