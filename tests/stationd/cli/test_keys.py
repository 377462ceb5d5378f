"""`stationctl keys`."""

import shutil
import stat
import subprocess

import pytest

from archive.revocation import read_lists
from tests.archive.token_making import PIN, soft_token


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
        "root.crl.pem": 0o644,
        "ocsp.key.pem": 0o600,
        "ocsp.pem": 0o644,
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


def test_the_list_of_revoked_certificates_is_renewed_and_takes_a_certificate_up(
    ok, value, tmp_path
):
    keys = tmp_path / "keys"
    ok("keys", "init", keys, "--crl-url", "https://alarm.example.com/root.crl")
    given = ("--root-key", keys / "root.key.pem", "--root", keys / "root.pem")
    since = ("--since", "2026-01-01", "--reason", "keyCompromise")

    assert value("keys", "crl", keys / "root.crl.pem", *given)["revoked"] == 0
    revoke = ("--revoke", keys / "seal.pem", "--revoke", keys / "ocsp.pem", *since)
    assert value("keys", "crl", keys / "root.crl.pem", *given, *revoke)["revoked"] == 2

    (made,) = read_lists([keys / "root.crl.pem"])
    assert {one.revocation_date_utc.year for one in made} == {2026}
    assert "good until" in ok("keys", "crl", keys / "root.crl.pem", *given)


def test_only_certificates_of_this_root_and_moments_that_were_can_be_revoked(ok, run, tmp_path):
    keys, other = tmp_path / "keys", tmp_path / "other"
    ok("keys", "init", keys)
    ok("keys", "init", other, "--no-sealing")
    before = (keys / "root.crl.pem").read_bytes()
    given = ("--root-key", keys / "root.key.pem", "--root", keys / "root.pem")
    for revoke, said in (
        (("--revoke", other / "seal.pem"), "no certificate that this root issued"),
        (("--revoke", keys / "root.pem"), "no certificate that this root issued"),
        (("--revoke", keys / "log.pub.pem"), "holds no certificate in PEM"),
        (("--revoke", keys / "seal.pem", "--since", "2999-01-01"), "has not come yet"),
    ):
        done = run("keys", "crl", keys / "root.crl.pem", *given, *revoke)
        assert done.exit_code == 2
        assert said in done.output
    assert (keys / "root.crl.pem").read_bytes() == before


def test_a_new_seal_certificate_is_issued_under_the_same_root(ok, run, value, tmp_path):
    keys, new = tmp_path / "keys", tmp_path / "new"
    ok("keys", "init", keys)
    given = ("--root-key", keys / "root.key.pem", "--root", keys / "root.pem")

    assert "Put them in the places of the old ones" in ok("keys", "renew", new, *given)
    assert (new / "seal.key.pem").exists()

    public = tmp_path / "public.pem"
    command = ["openssl", "pkey", "-in", new / "seal.key.pem", "-pubout", "-out", public]
    subprocess.run(command, check=True)
    made = value("keys", "renew", tmp_path / "token", *given, "--public-key", public)
    assert {*made["fingerprints"]} == {"seal.pem"}
    assert not (tmp_path / "token" / "seal.key.pem").exists()
    for odd, said in ((keys / "log.pub.pem", "no P-256 key"), (keys / "root.pem", "no public key")):
        done = run("keys", "renew", tmp_path / "odd", *given, "--public-key", odd)
        assert (done.exit_code, said in done.output) == (2, True)


@pytest.fixture
def token(ok, tmp_path, config):
    """Put the seal's key on a token, and its PIN into a file."""
    keys = tmp_path / "keys"
    ok("keys", "init", keys, "--no-sealing")
    (tmp_path / "pin").write_text(f"{PIN}\n")
    with soft_token(tmp_path / "hsm") as made:
        made.take(keys / "seal.key.pem", "seal", "01")
        (keys / "seal.key.pem").unlink()
        config.write_text(
            f"""{config.read_text()}
[archive]
sealed = "{tmp_path}/sealed"
[archive.store]
kind = "directory"
path = "{tmp_path}/store"
[keys]
seal_certificate = "{keys}/seal.pem"
root = "{keys}/root.pem"
log_key = "{keys}/log.key.pem"
crls = ["{keys}/root.crl.pem"]
[keys.token]
module = "{made.module}"
token = "stationd"
key = "seal"
pin = "{tmp_path}/pin"
"""
        )
        yield made


def test_the_doctor_finds_the_seal_key_on_its_token(token, run):
    assert "token stationd signs with the key of the seal certificate" in run("doctor").output


def test_a_wrong_pin_is_told_once_and_tried_again_only_when_it_is_asked_for(
    token, run, ok, tmp_path
):
    (tmp_path / "pin").write_text("000000\n")
    assert "refuses the PIN" in run("doctor").output
    assert "refused this PIN before" in run("doctor").output
    assert "refuses the PIN" in run("keys", "token").output

    (tmp_path / "pin").write_text(PIN)

    assert "signs with the key" in ok("keys", "token")


def test_a_pin_that_is_nowhere_is_told(token, run, tmp_path):
    (tmp_path / "pin").unlink()

    assert "it must hold the token's PIN" in run("keys", "token").output


def test_without_a_token_there_is_none_to_try(run):
    assert run("keys", "token").exit_code == 2


def test_an_administrator_changes_the_log_key_and_gets_what_to_publish(
    ok, run, value, config, log_in, tmp_path
):
    keys, new = tmp_path / "keys", tmp_path / "new"
    ok("keys", "init", keys, "--no-sealing")
    with config.open("a") as file:
        file.write(f'\n[keys]\nlog_key = "{keys}/log.key.pem"\n')
    log_in("maria")
    assert run("keys", "change-log", new).exit_code != 0
    log_in("anna")

    text = ok("keys", "change-log", new)
    again = value("keys", "change-log", new)

    assert "checkpoint 0 is the last of the old one" in text
    assert again["sign_off"].startswith("stationd-log-key/1\nlog.example.com/south\n1\n")
    published = (new / "log-keys.pem").read_text()
    assert published == (new / "log.pub.pem").read_text() + again["sign_off"]
    shutil.copyfile(new / "log.key.pem", keys / "log.key.pem")
    assert value("keys", "log")["log"] == published
    done = run("keys", "change-log", new)
    assert done.exit_code == 2
    assert "is one that the log has, or had" in done.output
