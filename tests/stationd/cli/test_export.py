"""`stationctl export`."""

import pytest

from stationd.bundles import service
from stationd.bundles.reading import read_custody


def test_an_order_can_be_left_to_the_worker(opened, value, desk):
    placed = value("export", "1001", "--no-wait")
    assert service.read(desk, placed["order"]).state == "ordered"


def test_an_export_waits_until_the_bundle_is_verified(opened, value, worker):
    told = value("export", "1001")
    assert (told["state"], told["records"]) == ("verified", 2)
    assert len(told["objects"]) == 5
    assert all(one["version_id"] for one in told["objects"])


def test_finished_files_are_copied_where_they_are_wanted(opened, ok, worker, tmp_path, desk):
    (tmp_path / "stick").mkdir()
    said = ok("export", "1001", "--to", tmp_path / "stick")
    assert "2 records, verified in the archive." in said
    assert len(list((tmp_path / "stick").iterdir())) == 5
    with desk.database.reading() as connection:
        assert read_custody(connection, "1001")[-1]["act"] == "copied"


def test_what_stands_in_the_way_is_told_as_it_changes(opened, run, worker):
    worker[:] = ["trouble", "better", "done"]
    result = run("export", "1001")
    assert "S3 is away (tried again)\nIt goes on.\n" in result.stderr


def test_an_order_that_is_given_up_ends_with_1(opened, run, worker):
    worker[:] = ["lost"]
    result = run("export", "1001")
    assert result.exit_code == 1
    assert "was given up: files are gone" in result.stderr


@pytest.mark.parametrize("words", [["none"], ["1001", "--epoch", "7"]])
def test_what_is_not_there_ends_with_2(opened, run, words):
    assert run("export", *words).exit_code == 2


def test_an_account_may_have_the_name_of_a_command(opened, run):
    result = run("export", "make", "links")
    assert result.exit_code == 2
    assert "links" in result.stderr


def test_a_redacted_copy_is_ordered_of_the_newest_whole_bundle(opened, value, worker, run, desk):
    worker[:] = ["done", "done"]
    whole = value("export", "1001")
    words = ("--profile", "customer", "--reason", "asked for by the customer")
    told = value("export", "redact", "1001", *words)
    assert told["bundle"].endswith(f"-redacted-{told['order']}")
    assert service.read(desk, told["order"]).source_id == whole["order"]
    again = value("export", "redact", "1001", *words, "--no-wait")
    assert service.read(desk, again["order"]).source_id == whole["order"]
    refused = run("export", "redact", told["order"], *words)
    assert refused.exit_code == 2
    assert "is a copy itself; name the whole bundle" in refused.stderr


@pytest.mark.parametrize(
    "words",
    [["--profile", "customer"], ["--reason", "x"], ["--profile", "all", "--reason", "x"]],
)
def test_a_copy_needs_its_profile_and_its_reason(opened, run, words):
    assert run("export", "redact", "1001", *words).exit_code == 2
