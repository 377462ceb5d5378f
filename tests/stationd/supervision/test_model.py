"""What is expected of an account."""

from stationd.supervision.model import Expected, State, Way


def test_a_row_is_known_by_account_way_group_and_number() -> None:
    one = Expected(acct="1", way=Way.POLLS, group="main", number="2", interval=60, grace=15)
    assert one.key == ("1", "polls", "main", "2")


def test_states_are_written_as_they_are_named() -> None:
    assert [str(state) for state in State] == ["ok", "late", "missed", "returned"]
