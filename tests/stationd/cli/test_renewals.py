"""`stationctl renewals`."""

import pytest


@pytest.fixture
def stored(opened, value, worker, tmp_path, config, authority_server):
    """Have a bundle of account 1001 made and stored, and an authority to ask."""
    (tmp_path / "tsa.pem").write_bytes(authority_server.trust_pem)
    config.write_text(
        f"""{config.read_text()}
[archive]
sealed = "{tmp_path}/sealed"
[archive.store]
kind = "directory"
path = "{tmp_path}/store"
[[authorities]]
name = "trial"
url = "{authority_server.url}"
trust = "{tmp_path}/tsa.pem"
"""
    )
    return value("export", "1001")


def test_a_list_is_made_shown_and_checked_with_the_files_it_names(stored, ok, value, run, tmp_path):
    stick = tmp_path / "stick"
    stick.mkdir()
    assert "List 1 of 5 object(s)" in ok("renewals", "make", "--to", stick)
    assert value("renewals", "make", "--to", stick)["list"] == 2
    assert [one["stored"] for one in value("renewals", "list")] == [True, True]
    lists = [stick / "000001.jsonl", stick / "000002.jsonl"]
    (container,) = [it["path"] for it in stored["objects"] if it["file"].endswith(".asice")]
    given = ("--tsa", tmp_path / "tsa.pem", "--file", container)

    assert "the very file" in ok("renewals", "check", *lists, *given)

    (stick / "000002.tsr").write_bytes((stick / "000001.tsr").read_bytes())
    done = run("renewals", "check", *lists, *given)
    assert done.exit_code == 1
    assert "000002.jsonl has no stamp that holds" in done.output


def test_what_is_no_list_is_told(ok, run, tmp_path):
    (tmp_path / "x.jsonl").write_text("x")
    (tmp_path / "tsa.pem").write_text("")

    done = run("renewals", "check", tmp_path / "x.jsonl", "--tsa", tmp_path / "tsa.pem")

    assert done.exit_code == 2
    assert "is no renewal list" in done.output
