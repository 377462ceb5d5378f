import subprocess
from dataclasses import replace

import pytest

from archive.forms import VERIFY_SH, FormFacts, certification, fingerprints, one_line, readme
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
FILES = {"data/b": Listed("22" * 32, 2), "data/a": Listed("11" * 32, 1)}
PDF = (Listed("ef" * 32, 1234), 17)


def test_the_form_leaves_the_person_to_the_person() -> None:
    text = certification(FACTS, FILES, PDF).decode()

    for label in ("Name:", "Title:", "Employer:", "Signature"):
        (line,) = [row for row in text.splitlines() if row.strip().startswith(label)]
        assert set(line.split(label)[1].strip()) == {"_"}
    assert "Executed on (date) ____" in text
    assert "[x]" not in text


def test_the_form_names_every_hash() -> None:
    text = certification(FACTS, FILES, PDF).decode()

    for digest in ("ab" * 32, "cd" * 32, "ef" * 32, "11" * 32, "22" * 32):
        assert digest in text
    assert "17 printed pages" in text
    assert "902(13)" in text
    assert "28 U.S.C. 1746" in text
    assert text.index("data/a") < text.index("data/b")


def test_only_the_form_beside_the_container_names_it() -> None:
    container = ("base.asice", Listed("99" * 32, 5))

    assert "99" * 32 in certification(FACTS, FILES, PDF, container).decode()


def test_the_form_says_what_is_of_which_origin() -> None:
    text = certification(FACTS, FILES, PDF).decode()

    assert "398  made by machine" in text
    assert "1  entered by a person" in text
    assert "1  without an origin" in text


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


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_script_is_one_a_shell_reads(shell: str, tmp_path) -> None:
    script = tmp_path / "verify.sh"
    script.write_bytes(VERIFY_SH)

    assert subprocess.run([shell, "-n", str(script)], check=False).returncode == 0
    usage = subprocess.run([shell, str(script)], capture_output=True, check=False)
    assert usage.returncode == 2
    assert b"usage" in usage.stderr
