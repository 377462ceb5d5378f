import json
import sys
from pathlib import Path
from typing import Any

import pytest

from stationd.errors import UnavailableError
from stationd.hooks.command import run_command
from stationd.hooks.model import Letter, body
from stationd.paging import CommandHook


def hook(code: str, *arguments: str, **more: Any) -> CommandHook:
    return CommandHook(
        kind="command", name="pager", argv=(sys.executable, "-S", "-c", code, *arguments), **more
    )


def test_the_program_reads_the_page_and_no_shell_reads_its_arguments(
    letter: Letter, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    code = (
        "import os, sys; open(sys.argv[1], 'w').write("
        "sys.argv[2] + '|' + os.environ['STATIOND_PAGE'] + '|' + sys.stdin.read())"
    )
    run_command(hook(code, str(out), "$(id); `id`"), letter)
    said, page, given = out.read_text().split("|", 2)
    assert (said, page) == ("$(id); `id`", letter.id)
    assert json.loads(given) == json.loads(body(letter))


def test_our_environment_is_not_the_programs(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "secret")
    run_command(hook("import os, sys; sys.exit('OURS' in os.environ)"), letter)


def test_a_program_that_fails_is_quoted_with_the_beginning_of_its_complaint(
    letter: Letter,
) -> None:
    code = "import sys; sys.stderr.write('no line' + 'x' * 500_000); sys.exit(3)"
    with pytest.raises(UnavailableError, match="ended with 3: no line") as raised:
        run_command(hook(code), letter)
    assert len(str(raised.value)) < 1200


def test_a_program_that_hangs_is_ended_with_all_it_started(letter: Letter, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    inner = f"import time; time.sleep(2); open({str(mark)!r}, 'w')"
    code = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', {inner!r}])\n"
        "time.sleep(60)"
    )
    with pytest.raises(UnavailableError, match="took longer"):
        run_command(hook(code, timeout="1s"), letter)
    assert not mark.exists()


def test_a_program_that_is_not_there_is_named(letter: Letter) -> None:
    missing = CommandHook(kind="command", name="pager", argv=("/no/such/program",))
    with pytest.raises(UnavailableError, match="/no/such/program: No such file"):
        run_command(missing, letter)
