"""`stationctl standing`."""


def test_the_board_is_shown_and_filtered(opened, ok, value, run):
    told = value("standing", "--sort", "account")
    assert [(row["acct"], row["balance"], row["case_state"]) for row in told["rows"]] == [
        ("1001", None, "none"),
        ("1002", None, "none"),
    ]
    assert not told["more"]
    text = ok("standing", "--limit", "1")
    assert "1001" in text
    assert "There are more" in text
    assert ok("standing", "--over", "30") == "No contract is like that.\n"
    ok("logout")
    assert run("standing").exit_code == 4
