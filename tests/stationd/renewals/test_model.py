"""What a renewal is made of."""

from stationd.renewals.model import Stored


def test_an_object_that_was_not_read_yet_has_no_second_hash() -> None:
    assert Stored("k", "v", 1, "ab", "").sha512 == ""
