"""An anchor is good by its first stamp."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stationd.anchors.model import Anchor, Stamp

T = datetime(2026, 3, 2, tzinfo=UTC)
STAMP = Stamp(n=1, place=0, authority="a", reply=b"", stamped_at=T, policy="1.2", good=True)
ANCHOR = Anchor(n=1, note=b"", entry=b"", time=T, begun_at=T)


@pytest.mark.parametrize(
    ("stamps", "good"),
    [((), False), ((STAMP,), True), ((replace(STAMP, good=False), STAMP), False)],
)
def test_it_is_good_by_its_first_stamp(stamps: tuple[Stamp, ...], good: bool) -> None:
    assert replace(ANCHOR, stamps=stamps).good is good
