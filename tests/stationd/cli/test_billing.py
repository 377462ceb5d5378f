"""`stationctl billing`."""

import pytest

LINES = """Doc;Kind;Acct;Day;Due;Amount
R-1;INV;1001;01.02.2026;15.02.2026;1.090,00
P-1;PAY;1001;03.02.2026;;90,00
"""
MAPPING = """
source = "books"
dates = "%d.%m.%Y"
decimal = ","
thousands = "."
[columns]
Doc = "number"
Acct = "account"
Day = "on"
Due = "due_on"
[kinds]
INV = "invoice"
PAY = "payment"
[defaults]
currency = "USD"
"""


@pytest.fixture
def file(opened, tmp_path):
    (tmp_path / "billing.toml").write_text(MAPPING)
    path = tmp_path / "may.csv"
    path.write_text(LINES)
    return path


@pytest.fixture
def mapping(file):
    return ("--mapping", file.with_name("billing.toml"))


def test_lines_are_tried_taken_and_shown(file, mapping, ok, value):
    told = ok("billing", "import", file, *mapping, "--dry-run")
    assert told.startswith("An import would take: 2 of 2 line(s)")
    assert value("billing", "import", file, *mapping)["taken"] == 2
    assert value("billing", "import", file, *mapping)["known"] == 2
    shown = value("billing", "show", "1001")
    assert (shown["balance"], shown["unpaid"][0]["amount"]) == (100_000, 100_000)
    text = ok("billing", "show", "1001", "--lines")
    assert "Balance 1000.00 USD" in text
    assert "payment  P-1" in text
    assert "payment" not in ok("billing", "show", "1001")
    sources = value("billing", "sources")
    assert (sources["lines"], sources["imports"][0]["file"]) == ({"books": 2}, "may.csv")
    assert "books   2" in ok("billing", "sources")
    assert value("billing", "check") == {"put_right": []}


def test_what_is_refused_is_named_and_ends_with_1(file, mapping, run, ok):
    ok("billing", "import", file, *mapping)
    file.write_text(LINES.replace("90,00", "80,00"))
    result = run("billing", "import", file, *mapping)
    assert result.exit_code == 1
    assert "may.csv:3: payment P-1 is here already: amount was 90.00 and is 80.00" in result.stdout


def test_a_bad_file_and_no_mapping_end_with_2(file, mapping, run):
    assert run("billing", "import", file).exit_code == 2
    file.write_text(LINES.replace("03.02.2026", "3/2/26"))
    result = run("billing", "import", file, *mapping)
    assert (result.exit_code, "may.csv:3: on is '3/2/26'" in result.stderr) == (2, True)


def test_balances_that_were_wrong_are_told(file, mapping, run, ok, desk):
    ok("billing", "import", file, *mapping)
    with desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE billing_balances SET balance = 0")
    result = run("billing", "check")
    assert (result.exit_code, "1 balance(s) were wrong" in result.stdout) == (1, True)


def test_money_is_for_those_who_may_see_it(file, mapping, run, log_in):
    log_in("anna")
    for words in (
        ("import", file, *mapping),
        ("show", "1001"),
        ("sources",),
        ("check",),
    ):
        assert run("billing", *words).exit_code == 4
