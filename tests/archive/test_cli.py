import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archive.cli import main


@pytest.fixture
def given(station, tmp_path: Path) -> list[str]:
    contents = {
        "root.pem": station.root_pem,
        "tsa.pem": station.authority.trust_pem,
        "log.pem": station.log_pub_pem,
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return [
        *("--root", str(tmp_path / "root.pem")),
        *("--tsa", str(tmp_path / "tsa.pem")),
        *("--log", str(tmp_path / "log.pem")),
        *("--processes", "1"),
    ]


def test_a_good_bundle_ends_with_0_and_says_passed(sealed, given, capsys) -> None:
    assert main([str(sealed.container), *given]) == 0

    assert capsys.readouterr().out.endswith(f"{sealed.container.name}: passed\n")


def test_a_spoilt_bundle_ends_with_1_and_names_the_file(sealed, given, capsys) -> None:
    (sealed.folder / "README.txt").write_text("x")

    assert main([str(sealed.folder), *given]) == 1

    assert "README.txt: does not have the hash" in capsys.readouterr().out


def test_proofs_can_be_demanded(sealed, given, capsys) -> None:
    assert main([str(sealed.container), *given, "--proofs"]) == 1

    assert "proofs.json: is not there, and proofs were demanded" in capsys.readouterr().out


def test_a_newer_list_of_revoked_certificates_is_asked_too(
    sealed, given, other_station, tmp_path, capsys
) -> None:
    crl = tmp_path / "theirs.crl"
    crl.write_bytes(other_station.seal.revocation.pem)

    assert main([str(sealed.folder), *given, "--crl", str(crl)]) == 1

    assert "the list given: a list in it does not hold" in capsys.readouterr().out


def test_json_holds_the_whole_report(sealed, given, capsys) -> None:
    assert main([str(sealed.container), *given, "--json"]) == 0

    report = json.loads(capsys.readouterr().out)
    assert report["outcome"] == "passed"
    assert report["content_id"] == sealed.finished.content_id
    assert report["records"] == 40
    assert {"step", "outcome", "subject", "text"} == set(report["findings"][0])
    assert report["not_checked"]


def test_a_bundle_that_is_not_there_is_a_matter_of_usage(given, tmp_path, capsys) -> None:
    assert main([str(tmp_path / "none.asice"), *given]) == 2

    assert "does not exist" in capsys.readouterr().err


def test_an_anchor_that_is_not_there_is_a_matter_of_usage(sealed, given, tmp_path, capsys) -> None:
    (tmp_path / "tsa.pem").unlink()

    assert main([str(sealed.container), *given]) == 2

    assert "tsa.pem: No such file" in capsys.readouterr().err


@pytest.mark.parametrize("more", [[], ["--processes", "0"], ["--what"]])
def test_a_wrong_command_line_ends_with_2(more: list[str], sealed, capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        main([str(sealed.container), *more])

    assert caught.value.code == 2


def test_a_path_that_no_disk_can_have_is_a_matter_of_usage(given, capsys) -> None:
    assert main(["x" * 5000, *given]) == 2

    assert "does not exist here" in capsys.readouterr().err


def test_what_a_terminal_cannot_show_is_said_in_its_letters(sealed, station, given) -> None:
    path = sealed.folder / "data/index.json"
    path.write_bytes(path.read_bytes().replace(b'"acct":"4821"', '"acct":"Łódź"'.encode()))

    ended = subprocess.run(
        [sys.executable, "-m", "archive.cli", str(sealed.folder), *given],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert "acct is '\\u0141\\xf3d\\u017a'" in ended.stdout
    assert ended.stderr == ""
