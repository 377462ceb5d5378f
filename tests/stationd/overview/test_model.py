"""How the station stands, as plain things."""

import dataclasses

import pytest

from stationd.overview.model import JournalState


def test_what_cannot_be_seen_is_none():
    state = JournalState(journal="a", node="n", position=1, taken_at="")
    assert state.behind is None
    with pytest.raises(dataclasses.FrozenInstanceError):
        state.position = 2
