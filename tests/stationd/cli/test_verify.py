"""`stationctl verify`."""

import pytest


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_bundle_that_is_not_there_ends_with_2(run, tmp_path, words):
    anchors = ["--root", tmp_path / "r", "--tsa", tmp_path / "t"]
    assert run("verify", tmp_path / "none.asice", *anchors, *words).exit_code == 2


def test_without_an_authority_its_certificates_are_asked_for(run, tmp_path):
    result = run("verify", tmp_path / "none.asice")
    assert (result.exit_code, "--tsa" in result.stderr) == (2, True)


def test_what_is_no_bundle_ends_with_1(run, tmp_path, config):
    trust = tmp_path / "t.pem"
    trust.write_text("")
    config.write_text(
        config.read_text()
        + f'[keys]\nroot = "{trust}"\n'
        + f'[[authorities]]\nname = "t"\nurl = "http://127.0.0.1:1/"\ntrust = "{trust}"\n'
    )
    bundle = tmp_path / "x.asice"
    bundle.write_bytes(b"no bundle")
    assert run("verify", bundle, "--log", trust).exit_code == 1
