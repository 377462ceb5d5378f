"""`stationctl account reconcile`."""

import pytest


@pytest.fixture
def listed(tmp_path):
    """Return what writes a list of the automation platform."""

    def write(*rows):
        path = tmp_path / "list.csv"
        path.write_text("Acct No,Name\n" + "".join(f"{row}\n" for row in rows))
        return path

    return write


def test_a_list_is_compared_with_columns_named_on_the_way(opened, ok, value, run, config, listed):
    config.write_text(config.read_text() + '[automation]\ngrace = "0s"\n')
    path = listed("1001,Adler", "9999,Nobody")
    given = ("account", "reconcile", path, "--map", "Acct No=account")
    assert run("account", "reconcile", path).exit_code == 2
    dry = ok(*given, "--dry-run")
    assert "1002: gone there, and there is no case here" in dry
    assert "Nothing was written." in dry
    found = value(*given)
    assert [(one["kind"], one["what"]) for one in found["findings"]] == [
        ("gone", "1002"),
        ("unknown", "9999"),
    ]
    assert len(found["orders"]) == 1
    assert value(*given)["orders"] == []


def test_a_field_or_file_that_is_not_there_is_named(opened, run, listed, tmp_path):
    done = run("account", "reconcile", listed("1001,A"), "--map", "Acct No=acct")
    assert done.exit_code == 2
    assert "acct is none of account, number" in done.output
    assert run("account", "reconcile", tmp_path / "none.csv").exit_code == 2
