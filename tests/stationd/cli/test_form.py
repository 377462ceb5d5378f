"""`stationctl form`."""

import pytest


@pytest.fixture
def paper(tmp_path):
    path = tmp_path / "form.pdf"
    path.write_bytes(b"form")
    return path


def test_a_form_is_signed_listed_and_withdrawn(opened, ok, value, paper):
    assert ok("form", "list") == "No forms.\n"
    words = ("--file", paper, "--sign-off", paper, "--expires", "2199-01-01")
    assert "counts until 2199-01-01" in ok("form", "sign", "termination", "T-1", *words)
    (one,) = value("form", "list", "--kind", "termination")
    assert (one["version"], one["signed_by"], one["withdrawn_at"]) == ("T-1", "maria", None)
    assert value("form", "list", "--kind", "confirmation") == []
    ok("form", "withdraw", "termination", "T-1")
    assert "withdrawn" in ok("form", "list")
    assert "anywhere" in ok("form", "list")


def test_a_manager_needs_counsels_document(opened, run, paper):
    result = run("form", "sign", "termination", "T-1", "--file", paper)
    assert result.exit_code == 4
