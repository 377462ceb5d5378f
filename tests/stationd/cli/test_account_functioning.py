"""`stationctl account functioning`."""

from hashlib import sha256


def test_the_report_is_written_and_the_reading_noted(opened, value, tmp_path):
    out = tmp_path / "report.pdf"
    told = value("account", "functioning", "1001", "--last", "7d", "--out", str(out))
    assert told["sha256"] == sha256(out.read_bytes()).hexdigest()
    acts = value("account", "custody", "1001")
    assert "functioning" in str(acts)


def test_what_is_there_is_not_written_over(opened, run, tmp_path):
    out = tmp_path / "report.pdf"
    out.write_text("mine")
    assert run("account", "functioning", "1001", "--out", str(out)).exit_code != 0
    assert out.read_text() == "mine"


def test_a_span_is_said_in_one_way(opened, run, tmp_path):
    words = ("--since", "2026-01-01", "--last", "7d", "--out", str(tmp_path / "report.pdf"))
    assert run("account", "functioning", "1001", *words).exit_code == 2
