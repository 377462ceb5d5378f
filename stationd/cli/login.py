"""`stationctl login` and `logout`."""

from contextlib import suppress

import click

from stationd.cli.office import Office, ask_password
from stationd.cli.tokens import forget_token, read_token, write_token
from stationd.errors import NotAuthorisedError, SecondFactorNeededError
from stationd.staff import service
from stationd.staff.rights import title

__all__ = ["login", "logout"]


@click.command(epilog="Example: stationctl login anna")
@click.argument("name", required=False)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--code", default="", help="Code of the second factor, if one is enrolled.")
@click.pass_obj
def login(office: Office, name: str | None, code: str, *, password_stdin: bool) -> None:
    """Log in, so that what you do is done in your name.

    NAME is your login name; it is asked for when left out.  A login ends when it was not used
    for a while (policies.session_idle, 15 minutes by default).
    """
    desk = office.desk
    who = name or click.prompt("Login name", err=True)
    password = ask_password("Password", stdin=password_stdin)
    try:
        token = service.login(desk, who, password, code=code, sealer=office.sealer)
    except SecondFactorNeededError:
        if password_stdin:
            raise
        code = click.prompt("Code of the second factor", err=True)
        token = service.login(desk, who, password, code=code, sealer=office.sealer)
    write_token(office.token_path, token)
    person = service.authenticate(desk, token)
    office.show(
        {"login": person.login, "name": person.name, "role": person.role.value},
        f"Logged in as {person.name} ({title(person.role)}).",
    )


@click.command()
@click.pass_obj
def logout(office: Office) -> None:
    """Log out."""
    # Not logged in, or the file is not to be trusted: either way it goes.
    with suppress(NotAuthorisedError):
        service.logout(office.desk, read_token(office.token_path))
    forget_token(office.token_path)
    office.show({"logged_in": False}, "Logged out.")
