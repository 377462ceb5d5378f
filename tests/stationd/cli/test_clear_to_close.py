"""`stationctl case clear-to-close`."""


def test_a_case_that_is_not_closed_has_no_receipt(opened, value, run, tmp_path):
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(b"letter")
    case = value("case", "open", "1001", "--reason", "customer_request", "--document", letter)
    done = run("case", "clear-to-close", case["id"], "--to", tmp_path)
    assert done.exit_code == 2
    assert "which is opened" in done.output
    assert list(tmp_path.glob("clear-*")) == []
