"""Copies are done with once what was made of them is committed and no frame needs them."""

import pytest

from stationd.relaying.confirming import Confirming, reads_whole


def test_copies_of_which_nothing_was_made_are_done_with_at_once() -> None:
    confirming = Confirming()
    confirming.take(3)
    assert confirming.done() == 3
    assert confirming.done() is None


def test_what_is_submitted_is_done_with_when_it_is_committed() -> None:
    confirming = Confirming()
    confirming.take(5)
    confirming.fly(3)
    assert confirming.done() == 2
    confirming.land()
    assert confirming.done() == 5


def test_an_unfinished_frame_keeps_its_copies() -> None:
    confirming = Confirming()
    confirming.take(4)
    confirming.needs(1, 4)
    assert (confirming.done(), confirming.first_needed(1)) == (3, 4)
    confirming.needs_nothing(1)
    assert (confirming.done(), confirming.first_needed(1)) == (4, 0)


def test_a_late_submission_holds_what_was_submitted_before_it() -> None:
    confirming = Confirming()
    confirming.take(9)
    confirming.needs(1, 4)
    confirming.fly(8)
    confirming.fly(confirming.oldest(9))
    confirming.needs_nothing(1)
    confirming.land()
    assert confirming.done() == 3
    confirming.land()
    assert confirming.done() == 9


@pytest.mark.parametrize(
    ("data", "last", "whole"),
    [
        (b"frame\x14", b"frame\x14", True),
        (b"one\x14two\x14", b"two\x14", True),
        (b"me\x14", b"frame\x14", True),
        (b"frame\r\n", b"frame\r", True),
        (b"frame\x14be", b"frame\x14", False),
        (b"me\x14be", b"frame\x14", False),
    ],
    ids=str,
)
def test_a_read_is_whole_where_it_ends_with_an_event(data: bytes, last: bytes, whole: bool) -> None:
    assert reads_whole(data, last) is whole
