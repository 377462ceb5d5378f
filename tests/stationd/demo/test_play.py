import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trial") / "var"
    command = "from stationd.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "demo", "--once", "--var", str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_the_trial_ends_with_a_closed_account_and_says_where_everything_is(trial):
    folder, _ = trial
    result = json.loads((folder / "result.json").read_text())

    assert result["case_state"] == "closed"
    assert result["version_id"]
    assert all(
        Path(result[name]).is_absolute() and Path(result[name]).is_file()
        for name in ("bundle", "root_pem", "tsa_pem", "log_pub_pem")
    )


def test_everything_that_was_acknowledged_is_in_the_journal(trial):
    folder, _ = trial
    result = json.loads((folder / "result.json").read_text())

    assert 0 < result["acknowledged"] <= result["journaled"]


def test_closing_was_refused_with_its_rows_before_it_was_done(trial):
    _, told = trial

    assert told.count("only a sealed case can be closed") == 2
    assert told.index("G11  failed") < told.index("is closed.")


def test_ordinary_tools_confirmed_the_bundle(trial):
    _, told = trial

    assert "CAdES Verification successful" in told
    assert "Verification: OK" in told
    assert "FAILED" not in told


def test_the_bundle_verifies_with_nothing_but_the_verifier(trial):
    folder, _ = trial
    result = json.loads((folder / "result.json").read_text())

    done = subprocess.run(
        [
            *(sys.executable, "-m", "archive.cli", result["bundle"]),
            *("--root", result["root_pem"], "--tsa", result["tsa_pem"]),
            *("--log", result["log_pub_pem"], "--json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
