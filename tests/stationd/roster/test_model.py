"""The roster: numbers are text, and a group is a world of its own."""

from receivers.session import Account
from stationd.roster.model import Roster

ROSTER = Roster(
    {("main", "0123"): Account("0123"), ("north", "0123"): Account("0123", window_back=None)}
)


def test_a_number_is_found_in_its_group_only() -> None:
    assert ROSTER.find("main", "0123") == Account("0123")
    assert ROSTER.find("south", "0123") is None
    assert ROSTER.of_group("north")("0123") == Account("0123", window_back=None)


def test_leading_zeros_count() -> None:
    assert ROSTER.of_group("main")("123") is None


def test_rosters_with_the_same_accounts_are_equal() -> None:
    assert Roster(ROSTER.accounts) == ROSTER
    assert Roster() != ROSTER
    assert ROSTER != "a roster"
    assert (len(ROSTER), len(Roster())) == (2, 0)
