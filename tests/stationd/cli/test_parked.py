"""`stationctl parked`."""


def test_nothing_parked_says_so(desk, ok):
    assert ok("parked") == "Nothing is parked.\n"


def test_an_unknown_number_shows_count_times_and_source(received, ok, value):
    (found,) = value("parked")
    assert (found["number"], found["count"], found["reason"]) == ("0C", 1, "unknown_number")
    assert "192.0.2.7:4000" in ok("parked")


def test_parked_signals_are_claimed_for_an_account(received, ok, value):
    ok("account", "link", "1002", "main", "0C")
    assert value("account", "claim", "1002", "main", "0C")["claimed"] == 1
    assert value("parked") == []
    assert value("account", "history", "1002")[0]["marks"] == "claimed"
