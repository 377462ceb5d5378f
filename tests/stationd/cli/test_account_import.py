"""`stationctl account import`."""

import pytest

TABLE = "Acct No;Name;address\n2001;Cole;14 Main St\n"


@pytest.fixture
def table(tmp_path, log_in):
    log_in("carla")
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


WORDS = ("--map", "Acct No=account", "--map", "Name=customer", "--set", "zone=UTC")


def test_columns_are_mapped_on_the_command_line(table, ok, value):
    assert "Nothing is wrong" in ok("account", "import", table, *WORDS, "--dry-run")
    report = value("account", "import", table, *WORDS)
    assert (report["new"], report["applied"]) == (1, True)
    assert "1 as they were" in ok("account", "import", table, *WORDS)


def test_columns_are_mapped_in_a_file(table, ok, tmp_path):
    mapping = tmp_path / "columns.toml"
    mapping.write_text(
        'delimiter = ";"\n[columns]\n"Acct No" = "account"\nName = "customer"\n'
        '[defaults]\nzone = "Mars/North"\n'
    )
    text = ok("account", "import", table, "--mapping", mapping, "--set", "zone=UTC")
    assert "Accounts opened: 1" in text


def test_every_bad_row_is_printed_and_ends_with_2(table, run, ok):
    result = run("account", "import", table, *WORDS[:4], "--encoding", "utf-8")
    assert result.exit_code == 2
    assert "table.csv:2: a new site needs zone" in result.stderr
    assert "nothing was imported" in result.stderr


def test_what_is_left_out_is_said(table, ok):
    table.write_text(TABLE.replace("address", "address;Remarks").replace("St\n", "St;x\n"))
    assert "Columns left out: table.csv: Remarks" in ok("account", "import", table, *WORDS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[columns", "Expected"),
        ("colums = 1", "colums is not known"),
        ("columns = 1", "columns must be a table"),
        ("[defaults]\nzone = 1", "defaults must be a table of texts"),
        ("dates = 1", "dates must be a text"),
    ],
)
def test_a_wrong_mapping_file_is_said_why(table, run, tmp_path, content, words):
    mapping = tmp_path / "columns.toml"
    mapping.write_text(content)
    result = run("account", "import", table, "--mapping", mapping)
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize("words", [["--map", "account"], ["--set", "=x"], ["--map", "a="]])
def test_a_pair_needs_both_words(table, run, words):
    result = run("account", "import", table, *words)
    assert (result.exit_code, "= between" in result.stderr) == (2, True)


def test_a_file_that_is_not_there_is_named(table, run, tmp_path):
    result = run("account", "import", tmp_path / "none.csv")
    assert (result.exit_code, "none.csv" in result.stderr) == (2, True)
