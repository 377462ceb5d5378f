"""`stationctl`: its commands, and how failures end."""

import json
import subprocess
import sys
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from archive.errors import AuthorityRefusedError, KeyFileError, StoreUnavailableError
from stationd import __version__
from stationd.cli import main
from stationd.cli.main import COMMANDS, cli
from stationd.cli.office import Office
from stationd.errors import (
    CheckFailedError,
    MistakeError,
    NotAuthorisedError,
    RefusedError,
    UnavailableError,
)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(name):
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_help_names_every_command_and_loads_none():
    code = (
        "import sys; from click.testing import CliRunner; from stationd.cli.main import cli;"
        "text = CliRunner().invoke(cli, ['--help']).output;"
        "print('stationd.cli.doctor' in sys.modules, 'doctor' in text)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_the_version_is_the_programs():
    assert __version__ in CliRunner().invoke(cli, ["--version"]).output


@pytest.mark.parametrize("words", [["nope"], ["status", "--nope"], ["account", "show"]])
def test_wrong_use_ends_with_2(words):
    assert CliRunner().invoke(cli, words).exit_code == 2


def test_a_missing_configuration_is_named(tmp_path):
    result = CliRunner().invoke(cli, ["--config", str(tmp_path / "none.toml"), "status"])
    assert result.exit_code == 2
    assert "none.toml" in result.stderr
    assert "--config" in result.stderr


@pytest.fixture
def failing(monkeypatch):
    """`stationctl status` that fails with what it is given."""

    def fail(error, *words):
        @click.command()
        def command():
            raise error

        monkeypatch.setattr(
            main,
            "importlib",
            SimpleNamespace(import_module=lambda _: SimpleNamespace(status=command, Office=Office)),
        )
        return CliRunner().invoke(cli, ["status", *words])

    return fail


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CheckFailedError("x"), 1),
        (MistakeError("x"), 2),
        (RefusedError("x"), 3),
        (NotAuthorisedError("x"), 4),
        (UnavailableError("x"), 5),
        (AuthorityRefusedError("x"), 1),
        (KeyFileError("x"), 2),
        (StoreUnavailableError("x"), 5),
        (KeyboardInterrupt(), 130),
        (PermissionError(13, "Permission denied", "/k"), 5),
        (BrokenPipeError(32, "Broken pipe"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_each_kind_of_failure_has_its_exit_code(failing, error, code):
    assert failing(error).exit_code == code


def test_what_the_machine_refuses_is_told_with_its_place(failing):
    told = failing(PermissionError(13, "Permission denied", "/etc/stationd/roster.key")).stderr
    assert told.startswith("/etc/stationd/roster.key: Permission denied. Look at its owner")
    assert failing(OSError("odd")).stderr.startswith("The machine: odd.")


ROWS = (
    SimpleNamespace(id="G11", status="failed", text="No closing bundle yet."),
    SimpleNamespace(id="G12", status="passed", text="Covered."),
)


def test_a_refusal_prints_every_guard_row(failing):
    result = failing(RefusedError("It cannot close yet.", ROWS))
    assert result.stderr.splitlines() == [
        "It cannot close yet.",
        "  G11   failed  No closing bundle yet.",
        "  G12   passed  Covered.",
    ]


def test_a_refusal_is_json_where_that_is_asked_for(failing):
    value = json.loads(failing(RefusedError("It cannot close yet.", ROWS), "--json").stdout)
    assert (value["error"], value["exit_code"]) == ("It cannot close yet.", 3)
    assert value["results"][0]["id"] == "G11"


def test_a_failure_without_rows_is_json_too(failing):
    assert json.loads(failing(MistakeError("x"), "--json").stdout) == {"error": "x", "exit_code": 2}


@pytest.mark.parametrize("words", [["--json", "staff", "list"], ["staff", "list", "--json"]])
def test_json_may_be_asked_for_anywhere(run, staffed, words):
    assert json.loads(run(*words).stdout)[0]["login"] == "anna"


def test_behind_two_hyphens_json_is_a_word(run, staffed):
    assert "--json" in run("account", "show", "--", "--json").stderr


def test_the_program_ends_with_the_exit_code(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["stationctl", "nope"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
