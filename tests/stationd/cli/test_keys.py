"""`stationctl keys`."""

import stat


def test_the_ceremony_prints_what_to_publish(ok, tmp_path):
    text = ok("keys", "init", tmp_path / "keys")
    for name in ("root.pem", "seal.pem", "log.pub.pem", "root.key.pem to a medium"):
        assert name in text
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes == {
        "root.key.pem": 0o600,
        "root.pem": 0o644,
        "seal.key.pem": 0o600,
        "seal.pem": 0o644,
        "log.key.pem": 0o600,
        "log.pub.pem": 0o644,
        "roster.key": 0o600,
    }


def test_nothing_is_overwritten(ok, run, tmp_path):
    ok("keys", "init", tmp_path / "keys")
    before = {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    assert run("keys", "init", tmp_path / "keys").exit_code == 2
    assert run("keys", "init", tmp_path / "keys", "--no-sealing").exit_code == 2
    assert before == {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()}


def test_fingerprints_are_json_too(value, tmp_path):
    made = value("keys", "init", tmp_path / "keys", "--no-sealing")
    assert {*made["fingerprints"]} == {"root.pem", "seal.pem", "log.pub.pem"}
    assert not (tmp_path / "keys" / "roster.key").exists()
