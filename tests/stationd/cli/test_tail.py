"""`stationctl tail`."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


def test_what_came_is_shown(received, ok):
    text = ok("tail", "--once")
    assert "1001" in text
    assert "unknown:main:0C" in text


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ([], 2),
        (["--account", "1001"], 1),
        (["--class", "alarm"], 2),
        (["--class", "test"], 0),
        (["--back", "0"], 0),
    ],
    ids=str,
)
def test_lines_are_json_and_filtered(received, ok, words, count):
    lines = ok("tail", "--once", "--json", *words).splitlines()
    assert len(lines) == count
    assert all(json.loads(line)["code"] for line in lines)


@pytest.mark.system
def test_ctrl_c_ends_it_cleanly(received, config):
    program = Path(sys.executable).parent / "stationctl"
    environment = {**os.environ, "XDG_STATE_HOME": str(config.parent)}
    with subprocess.Popen(
        # Whoever runs the tests in the background may have them ignore SIGINT.
        ["env", "--default-signal=INT", program, "--config", config, "tail", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as running:
        try:
            json.loads(running.stdout.readline())
            running.send_signal(signal.SIGINT)
            _, trouble = running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode == 130
    assert b"Traceback" not in trouble
