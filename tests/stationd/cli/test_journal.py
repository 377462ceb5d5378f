"""`stationctl journal`."""

import pytest


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "report.txt"
    path.write_text("the disk is gone")
    return path


def test_before_anything_was_taken_there_is_none(staffed, ok):
    assert "No journal was taken" in ok("journal", "list")


def test_a_lost_journal_is_listed_and_retired(received, log_in, report, ok, value):
    with received.database.writing() as connection:
        connection.exec_driver_sql("UPDATE journals SET taken_at = '2020-01-01T00:00:00.000000Z'")
    log_in("anna")
    assert "followed to its end 2020-01-01" in ok("journal", "list")
    done = value("journal", "retire", "n-1", "--document", report)
    assert (done["node"], done["position"]) == ("n-1", 3)
    assert "by anna" in ok("journal", "list")
    assert value("journal", "list")[0]["retired_at"] == done["at"]


def test_one_that_is_alive_is_refused(received, log_in, report, run):
    log_in("anna")
    result = run("journal", "retire", "n-1", "--document", report)
    assert result.exit_code == 3
    assert "it is alive" in result.stderr


def test_a_manager_may_not_retire(received, report, run):
    result = run("journal", "retire", "n-1", "--document", report)
    assert result.exit_code == 4
