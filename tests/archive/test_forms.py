import subprocess
from dataclasses import replace

import pytest

from archive.forms import VERIFY_SH, FormFacts, fingerprints, named, one_line, readme
from archive.manifest import Listed

FACTS = FormFacts(
    base="station-1-4821-e1-c7-closing",
    station="station-1",
    acct="4821",
    epoch=1,
    kind="closing",
    checkpoint=7,
    checkpoint_time="2026-06-01T12:00:00.000000Z",
    customer="",
    site="Corner shop",
    contract="C-77",
    zone="America/New_York",
    first="2026-01-02T00:00:00.000000Z",
    last="2026-05-02T00:00:00.000000Z",
    records=400,
    origins={"machine": 398, "human": 1, "": 1},
    gaps=3,
    software="stationd 0.1.0",
    content_id="ab" * 32,
    volumes=[("base.vol-0001.zip", Listed("cd" * 32, 99))],
)


def test_the_readme_has_the_four_commands_and_the_fingerprints(station) -> None:
    text = readme(replace(FACTS, volumes=[]), station.trust).decode()

    for command in ("cms -verify -cades", "ts -verify", "tagmanifest-sha256.txt", "sha256sum -c"):
        assert command in text
    assert station.seal.root_fingerprint.replace(":", "").upper() in text.replace(":", "")
    assert "volumes of their own" not in text


def test_the_readme_names_the_volumes(station) -> None:
    assert "    base.vol-0001.zip\n" in readme(FACTS, station.trust).decode()


def test_a_fingerprint_is_the_one_openssl_shows(station) -> None:
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-fingerprint", "-sha256"],
        input=station.root_pem,
        capture_output=True,
        check=True,
    ).stdout.decode()

    (_, digest), *_ = fingerprints(station.trust)

    assert digest == shown.strip().partition("=")[2]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Söhne\nSignature  me", "Söhne Signature me"),
        ("a\x00b\x1b", "a\\u{0}b\\u{1b}"),
        ("\u202eevil", "\\u{202e}evil"),
    ],
)
def test_a_name_never_adds_a_line_to_a_form(text: str, line: str) -> None:
    assert one_line(text) == line


def test_what_has_parts_is_called_by_them_and_what_has_none_by_itself() -> None:
    assert named({"name": "Corner shop", "address": ""}, ("name", "address")) == "Corner shop"
    assert named("C-77\n", ("number",)) == "C-77"
    assert named(None, ("number",)) == ""


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_script_is_one_a_shell_reads(shell: str, tmp_path) -> None:
    script = tmp_path / "verify.sh"
    script.write_bytes(VERIFY_SH)

    assert subprocess.run([shell, "-n", str(script)], check=False).returncode == 0
    usage = subprocess.run([shell, str(script)], capture_output=True, check=False)
    assert usage.returncode == 2
    assert b"usage" in usage.stderr
