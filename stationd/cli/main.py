"""`stationctl`: the commands, and how their failures end.

Commands are found by name in a table and loaded when they are called, so that `stationctl
--help` does not wait for what it does not need.
"""

import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import click

from archive.errors import (
    ArchiveError,
    AuthorityUnavailableError,
    KeyFileError,
    StoreUnavailableError,
)
from stationd import __version__
from stationd.errors import CheckFailedError, MistakeError, StationdError, UnavailableError
from stationd.places import DEFAULT_PATH

__all__ = ["COMMANDS", "cli", "main"]

COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "account": ("stationd.cli.account:account", "Import, find and show accounts."),
        "billing": ("stationd.cli.billing:billing", "Import and show invoices and payments."),
        "case": ("stationd.cli.case:case", "Open and work termination cases."),
        "demo": ("stationd.demo.command:demo", "Play one termination with real parts."),
        "doctor": ("stationd.cli.doctor:doctor", "Check what the station stands on."),
        "export": ("stationd.cli.export:export", "Make a bundle of an account's history."),
        "form": ("stationd.cli.form:form", "Letter forms that counsel signed off."),
        "gaps": ("stationd.cli.gaps:gaps", "Show when we cannot vouch, and why."),
        "hold": ("stationd.cli.hold:hold", "Set, lift and list holds."),
        "journal": ("stationd.cli.journal:journal", "List and retire the journals of nodes."),
        "ledger": ("stationd.cli.ledger:ledger", "Check the ledger; show anchors and notes."),
        "keys": ("stationd.cli.keys:keys", "Make the station's keys."),
        "letter": ("stationd.cli.letter:letter", "Draft letters of cases, send and declare them."),
        "login": ("stationd.cli.login:login", "Log in."),
        "logout": ("stationd.cli.login:logout", "Log out."),
        "migrate": ("stationd.cli.migrate:migrate", "Bring the database to this release."),
        "page": ("stationd.cli.page:page", "Write the page that checks bundles."),
        "pages": ("stationd.cli.pages:pages", "Show what people are paged for."),
        "parked": ("stationd.cli.parked:parked", "Show what was kept but not assigned."),
        "prove": ("stationd.cli.prove:prove", "Prove an account at any anchor."),
        "receiver": (
            "stationd.cli.receiver:receiver",
            "Check what arrives, and receivers' clocks.",
        ),
        "redecode": ("stationd.cli.redecode:redecode", "Read kept frames anew, and correct."),
        "renewals": (
            "stationd.cli.renewals:renewals",
            "List what is stored, stamped anew each year.",
        ),
        "retention": (
            "stationd.cli.retention:retention",
            "Show how long things are kept; remove what is past that.",
        ),
        "staff": ("stationd.cli.staff:staff", "Add and look after people."),
        "standing": ("stationd.cli.standing:standing", "Show every contract in a row."),
        "status": ("stationd.cli.status:status", "Show how the station stands."),
        "supervision": ("stationd.cli.supervision:supervision", "Show who is heard as expected."),
        "tail": ("stationd.cli.tail:tail", "Show signals as they come."),
        "tasks": ("stationd.cli.tasks:tasks", "Show what people are to do."),
        "verify": ("stationd.cli.verify:verify", "Check a bundle."),
    }
)
"""Where each command is, and the line that `stationctl --help` says of it."""

_INTERRUPTED = 130


class Commands(click.Group):
    """The table of commands; failures end with the exit code of their kind."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, loading its module."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let ``--json`` stand anywhere before ``--``."""
        end = args.index("--") if "--" in args else len(args)
        if "--json" in args[:end]:
            args = ["--json", *(word for word in args[:end] if word != "--json"), *args[end:]]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; end with the exit code of what was raised on purpose."""
        try:
            return super().invoke(ctx)
        except StationdError as error:
            _explain(error, error.exit_code, as_json=_wants_json(ctx))
            return ctx.exit(error.exit_code)
        except ArchiveError as error:
            code = _exit_code(error)
            _explain(error, code, as_json=_wants_json(ctx))
            return ctx.exit(code)
        except BrokenPipeError:
            raise
        except OSError as error:
            named = UnavailableError(_machine(error))
            _explain(named, named.exit_code, as_json=_wants_json(ctx))
            return ctx.exit(named.exit_code)
        except KeyboardInterrupt:
            return ctx.exit(_INTERRUPTED)


def _machine(error: OSError) -> str:
    """Return what the machine refused, where, and what helps."""
    place = error.filename or "The machine"
    return (
        f"{place}: {error.strerror or error}. Look at its owner, mode and free space; commands "
        "that reach keys or the database are for users of the group stationd-worker."
    )


def _exit_code(error: ArchiveError) -> int:
    match error:
        case KeyFileError():
            return MistakeError.exit_code
        case StoreUnavailableError() | AuthorityUnavailableError():
            return UnavailableError.exit_code
        case _:
            return CheckFailedError.exit_code


def _wants_json(ctx: click.Context) -> bool:
    return bool(ctx.params.get("as_json"))


def _explain(error: Exception, code: int, *, as_json: bool) -> None:
    """Print why a command failed; guard rows come with a refusal."""
    rows = [_guard(result) for result in getattr(error, "results", ())]
    if as_json:
        value: dict[str, object] = {"error": str(error), "exit_code": code}
        if rows:
            value["results"] = rows
        click.echo(json.dumps(value, ensure_ascii=False, indent=2))
        return
    click.echo(str(error), err=True)
    for row in rows:
        click.echo(f"  {row['id']:<5} {row['status']:<7} {row['text']}", err=True)


def _guard(result: object) -> dict[str, str]:
    return {name: str(getattr(result, name, "")) for name in ("id", "status", "text")}


_EPILOG = """\b
Examples:
  stationctl status
  stationctl account history 1234 --class alarm --last 7d
  stationctl --json parked

Exit codes: 0 done, 1 a check failed, 2 wrong use, 3 refused by a guard, 4 not authorised,
5 unavailable, try again.  --json may stand anywhere.
"""


@click.command(
    cls=Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=DEFAULT_PATH,
    envvar="STATIONCTL_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.version_option(__version__, prog_name="stationctl")
@click.pass_context
def cli(ctx: click.Context, config: Path, *, as_json: bool) -> None:
    """Look after a station: its signals, accounts, cases, bundles and people."""
    # Loaded only where a command runs: `--help` needs nothing of it.
    office = importlib.import_module("stationd.cli.office").Office(config, as_json=as_json)
    ctx.obj = office
    ctx.call_on_close(office.close)


def main() -> None:
    """Run `stationctl`."""
    sys.exit(cli(prog_name="stationctl"))
