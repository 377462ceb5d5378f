"""`stationctl page`."""

from hashlib import sha256

from archive.page import read_page


def test_the_page_is_written_with_its_hash(run, tmp_path):
    result = run("page", tmp_path / "verify.html")

    written = (tmp_path / "verify.html").read_bytes()
    assert result.exit_code == 0, result.stderr
    assert written == read_page()
    assert sha256(written).hexdigest() in result.stdout


def test_without_the_page_it_says_how_to_make_it(run, tmp_path, monkeypatch):
    monkeypatch.setattr("stationd.cli.page.read_page", lambda: None)

    result = run("page", tmp_path / "verify.html")

    assert (result.exit_code, "make page" in result.stderr) == (2, True)
    assert not (tmp_path / "verify.html").exists()
