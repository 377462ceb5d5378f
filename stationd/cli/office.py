"""What commands of `stationctl` work with, made when first asked for.

This is the composing module of the command line: the machine's clock, randomness, database and
the user's login come from here and nowhere else.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.access.model import Purpose, Reader
from stationd.access.service import note_reading
from stationd.cli.output import Output, Progress
from stationd.cli.tokens import read_token, token_path
from stationd.cli.trail import Trail, caller, login_user
from stationd.clock import Clock, SystemClock
from stationd.db.revision import check_revision
from stationd.desk import Desk, open_desk
from stationd.errors import MistakeError, NotAuthorisedError, SecondFactorNeededError
from stationd.ids import Ids, SystemIds
from stationd.sealing import Sealer, load_sealer
from stationd.settings import Settings, load, secret
from stationd.staff.model import Confirmed, Person
from stationd.staff.service import authenticate, confirm

__all__ = ["Office", "ask_password"]


class Office:
    """Settings, desk, person and output of one call of `stationctl`."""

    def __init__(
        self,
        config: Path,
        *,
        as_json: bool = False,
        environment: Mapping[str, str] = os.environ,
        clock: Clock | None = None,
        ids: Ids | None = None,
    ) -> None:
        self.config = config
        self.environment = environment
        self.clock = clock or SystemClock()
        self.ids = ids or SystemIds()
        self.output = Output(as_json=as_json)
        self.trail = Trail(environment, self.clock)

    @cached_property
    def settings(self) -> Settings:
        """The checked settings."""
        return load(self.config)

    @cached_property
    def unchecked_desk(self) -> Desk:
        """The desk, whatever revision its database has: for `migrate` and `doctor`."""
        return open_desk(self.settings, clock=self.clock, ids=self.ids)

    @cached_property
    def desk(self) -> Desk:
        """The desk, its database known to be of our revision."""
        check_revision(self.unchecked_desk.database)
        return self.unchecked_desk

    def close(self) -> None:
        """Close what was opened."""
        if "unchecked_desk" in self.__dict__:
            self.unchecked_desk.database.close()

    @property
    def token_path(self) -> Path:
        """Where this user's login at this station is remembered."""
        return token_path(self.environment, self.settings.station.station)

    def sealer(self) -> Sealer:
        """Return the sealer of panel keys and second factors."""
        return load_sealer(secret(self.settings.roster.key))

    def person(self) -> Person:
        """Return who is logged in, or raise `NotAuthorisedError`."""
        return authenticate(self.desk, read_token(self.token_path))

    def asks_again(self, person: Person, *, password_stdin: bool = False) -> Confirmed:
        """Ask a person who is logged in for their proofs again, as before an approval."""
        password = ask_password(f"Password of {person.login}", stdin=password_stdin)
        try:
            return confirm(self.desk, person, password, sealer=self.sealer)
        except SecondFactorNeededError:
            code = click.prompt("Code of the second factor", err=True)
            return confirm(self.desk, person, password, code=code, sealer=self.sealer)

    def reads(self, what: str, *, acct: str, purpose: str) -> None:
        """Note in log and ledger that something of an account is read; before it is shown."""
        self.trail.reading(what, acct=acct, purpose=purpose)
        note_reading(self.desk, acct, what, reader=self.reader(), purpose=Purpose(purpose))

    def reader(self) -> Reader:
        """Return who reads: whoever is logged in, else the machine's user."""
        login = None
        with suppress(NotAuthorisedError):
            login = self.person().login
        return Reader(
            login=login, user=login_user(self.environment), address=caller(self.environment)
        )

    def show(self, value: JsonValue, text: str | Iterable[str]) -> None:
        """Print a result: ``value`` with ``--json``, else ``text``."""
        self.output.show(value, text)

    def note(self, text: str) -> None:
        """Tell a person something beside the result."""
        self.output.note(text)

    def progress(self, label: str) -> AbstractContextManager[Progress]:
        """Show how far long work is."""
        return self.output.progress(label)


def ask_password(prompt: str, *, stdin: bool, twice: bool = False) -> str:
    """Return a password: a line of standard input, or what a person types unseen."""
    if stdin:
        password = sys.stdin.readline().rstrip("\n")
        if not password:
            raise MistakeError("Standard input was to give a password, and gave none.")
        return password
    answer: str = click.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True)
    return answer
