from collections.abc import Callable

import pytest

from stationd.billing.store import count_lines, find_balance, read_known, read_places
from stationd.desk import Desk
from tests.stationd.billing.conftest import HEAD, INVOICE, PAYMENT


@pytest.mark.both_databases
def test_lines_are_found_by_source_and_number(station: Desk, take: Callable[..., object]) -> None:
    take(HEAD + INVOICE + PAYMENT)
    with station.database.reading() as connection:
        known = read_known(connection, "books", {"R-1", "P-9"})
        assert [line.number for line in known.values()] == ["R-1"]
        assert read_known(connection, "other", {"R-1"}) == {}
        assert count_lines(connection) == {"books": 2}
        assert find_balance(connection, "k1002") is None


@pytest.mark.both_databases
def test_a_place_says_whose_contract_it_is_and_where(station: Desk) -> None:
    with station.database.reading() as connection:
        (place,) = read_places(connection, ["k1001", "none"]).values()
    assert (place.acct, place.zone, place.takes_records, place.has_case) == (
        "1001",
        "America/Denver",
        True,
        False,
    )
