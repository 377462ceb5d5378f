"""`stationctl export recipient`."""

from tests.stationd.recipients.certificates import make_certificate


def test_certificates_are_added_listed_and_ended(opened, value, ok, run, tmp_path):
    assert "None." in ok("export", "recipient", "list")
    _, fingerprint = make_certificate(tmp_path)
    words = ("export", "recipient", "add", tmp_path / "adler.pem", "--name", "J. Adler")
    said = ok(*words, "--fingerprint", fingerprint)
    assert said.startswith("J. Adler: EC secp256r1, good until 20")
    (listed,) = value("export", "recipient", "list")
    assert (listed["fingerprint"], listed["ended_at"]) == (fingerprint, None)
    ended = value("export", "recipient", "end", "J. Adler")
    assert ended["fingerprint"] == fingerprint
    assert value("export", "recipient", "list")[0]["ended_at"] is not None
    assert fingerprint in ok("export", "recipient", "list")
    assert run("export", "recipient", "end", "J. Adler").exit_code == 2


def test_a_fingerprint_that_is_another_is_refused(opened, run, tmp_path):
    make_certificate(tmp_path)
    words = ("export", "recipient", "add", tmp_path / "adler.pem", "--name", "J. Adler")
    result = run(*words, "--fingerprint", "00" * 32)
    assert result.exit_code == 2
    assert "not the one given" in result.stderr
