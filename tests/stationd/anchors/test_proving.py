"""Any anchor of an account's life is proved on request."""

from collections.abc import Callable

import pytest

from stationd.anchors.proofs import Chain
from stationd.anchors.proving import prove
from stationd.anchors.service import Anchorage
from stationd.desk import Desk
from stationd.errors import MistakeError

CHAIN = Chain(station="station-1", origin="log.example.com/station-1", acct="4821", epoch=1)


def test_any_anchor_is_proved_on_request(
    desk: Desk, anchorage: Anchorage, anchored: Callable[..., int]
) -> None:
    points = [anchored(), anchored(), anchored()]
    made = prove(desk, anchorage.states, CHAIN, points[1], None)
    assert [point.n for point in made.points] == [1, 2]
    to_itself = prove(desk, anchorage.states, CHAIN, points[1], points[1])
    assert [point.n for point in to_itself.points] == [1]


@pytest.mark.parametrize(("anchor", "to"), [(9, None), (2, 1), (0, 9)])
def test_what_is_no_anchor_cannot_be_proved(
    desk: Desk, anchorage: Anchorage, anchored: Callable[..., int], anchor: int, to: int | None
) -> None:
    for _ in range(3):
        anchored()
    with pytest.raises(MistakeError, match="nothing can be proved"):
        prove(desk, anchorage.states, CHAIN, anchor, to)


def test_before_there_is_any_anchor_nothing_can_be_proved(desk: Desk, anchorage: Anchorage) -> None:
    with pytest.raises(MistakeError, match="to the newest nothing can be proved"):
        prove(desk, anchorage.states, CHAIN, 0, None)
