"""`stationctl account terms`."""


def test_terms_are_entered_shown_and_dropped(opened, ok, value):
    words = ("--set", "renewal=month", "--set", "notice_methods=post email")
    told = value("account", "terms", "1001", *words)
    assert told == {"renewal": "month", "notice_methods": ["email", "post"]}
    assert value("account", "terms", "1001") == told
    assert "How it renews." in ok("account", "terms", "1001")
    assert value("account", "terms", "1001", "--drop", "renewal") == {
        "notice_methods": ["email", "post"]
    }


def test_a_term_that_is_none_or_cannot_be_is_refused(opened, run):
    unknown = run("account", "terms", "1001", "--set", "colour=red")
    assert (unknown.exit_code, "There is no term colour" in unknown.stderr) == (2, True)
    wrong = run("account", "terms", "1001", "--set", "renewal=never")
    assert (wrong.exit_code, "renewal is 'never'" in wrong.stderr) == (2, True)


def test_who_may_not_change_accounts_changes_no_terms(opened, ok, run):
    ok("logout")
    assert run("account", "terms", "1001", "--set", "renewal=month").exit_code == 4
