"""`stationctl staff`."""

import click

from stationd.cli.office import Office, ask_password
from stationd.cli.output import table
from stationd.errors import NotAuthorisedError
from stationd.staff import service
from stationd.staff.model import Person, Role
from stationd.staff.rights import title
from stationd.staff.store import Member

__all__ = ["staff"]

_ROLES = click.Choice([role.value for role in Role if role is not Role.NOBODY])


@click.group()
def staff() -> None:
    """Add and look after the people who work with the station."""


@staff.command(
    epilog="""\b
Examples:
  stationctl staff add anna --name "Anna Berg" --role AD
  pass show station/ben | stationctl staff add ben --name "Ben Oe" --role MG --password-stdin
"""
)
@click.argument("login")
@click.option("--name", required=True, help="The person's name.")
@click.option(
    "--role",
    required=True,
    type=_ROLES,
    help="OP operator, EC evidence clerk, MG manager, AT attorney, AD administrator.",
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def add(office: Office, login: str, name: str, role: str, *, password_stdin: bool) -> None:
    """Add a member of staff, who logs in as LOGIN.

    The first must be an administrator and is added without a login; after that, an administrator
    has to be logged in.
    """
    desk = office.desk
    by = _administrator(office)
    password = ask_password(f"Password for {login}", stdin=password_stdin, twice=True)
    person = service.add(desk, login=login, name=name, role=Role(role), password=password, by=by)
    office.show(_person_value(person), f"{person.name} ({title(person.role)}) is on the staff.")


def _administrator(office: Office) -> Person | None:
    """Return who is logged in; None while there is no staff that could be."""
    if not service.staff_list(office.desk):
        return None
    return office.person()


@staff.command(name="list")
@click.pass_obj
def list_(office: Office) -> None:
    """List the staff."""
    members = service.staff_list(office.desk)
    office.trail.reading("staff")
    rows = [_row(member) for member in members]
    head = ("login", "name", "role", "second factor", "may log in")
    office.show(
        [dict(zip(head, row, strict=True)) for row in rows],
        table(head, rows) if rows else "There is no staff yet. `stationctl staff add` adds some.",
    )


def _row(member: Member) -> list[str]:
    return [
        member.login,
        member.name,
        title(member.role),
        "no" if member.factor is None else "yes",
        "yes" if member.enabled else "no",
    ]


@staff.command()
@click.argument("login")
@click.pass_obj
def disable(office: Office, login: str) -> None:
    """Let LOGIN no longer log in; what they did stays theirs."""
    service.set_enabled(office.desk, login, enabled=False, by=office.person())
    office.show({"login": login, "enabled": False}, f"{login} may no longer log in.")


@staff.command()
@click.argument("login")
@click.pass_obj
def enable(office: Office, login: str) -> None:
    """Let LOGIN log in again."""
    service.set_enabled(office.desk, login, enabled=True, by=office.person())
    office.show({"login": login, "enabled": True}, f"{login} may log in.")


@staff.command()
@click.argument("login")
@click.argument("role", type=_ROLES)
@click.pass_obj
def role(office: Office, login: str, role: str) -> None:
    """Give LOGIN another ROLE."""
    service.set_role(office.desk, login, Role(role), by=office.person())
    office.show({"login": login, "role": role}, f"{login} is {title(Role(role))} now.")


@staff.command()
@click.argument("login", required=False)
@click.option("--password-stdin", is_flag=True, help="Read the new password from standard input.")
@click.pass_obj
def password(office: Office, login: str | None, *, password_stdin: bool) -> None:
    """Change your own password, or give LOGIN a new one (administrators)."""
    by = office.person()
    if login is None or login == by.login:
        if password_stdin:
            old = ask_password("", stdin=True)
        else:
            old = ask_password("Your password so far", stdin=False)
        new = ask_password("Your new password", stdin=password_stdin, twice=True)
        service.change_password(office.desk, old, new, by=by)
        office.show({"login": by.login}, "Changed. Log in with the new password.")
        return
    new = ask_password(f"New password for {login}", stdin=password_stdin, twice=True)
    service.set_password(office.desk, login, new, by=by)
    office.show({"login": login}, f"{login} has a new password and is logged out everywhere.")


@staff.command()
@click.option("--drop", metavar="LOGIN", help="Forget LOGIN's second factor (administrators).")
@click.option("--code", help="A code from the app, to end an enrolment begun before.")
@click.pass_obj
def totp(office: Office, drop: str | None, code: str | None) -> None:
    """Enrol your second factor: codes from an authenticator app.

    Prints the address to put into the app, then asks for a code of it.  With --json it only
    begins; give the code with a second call and --code.
    """
    by = office.person()
    if drop is not None:
        service.drop_second_factor(office.desk, drop, by=by)
        office.show({"login": drop, "enrolled": False}, f"{drop} has no second factor now.")
        return
    sealer = office.sealer()
    if code is None:
        address = service.enrol_second_factor(office.desk, sealer, by=by)
        office.show(
            {"login": by.login, "address": address}, f"Put this into the app:\n\n  {address}\n"
        )
        if office.output.as_json:
            return
        code = click.prompt("A code of the app", err=True)
    if not code:
        raise NotAuthorisedError("Without a code the second factor does not count.")
    service.confirm_second_factor(office.desk, code, sealer, by=by)
    office.show({"login": by.login, "enrolled": True}, "From now on a login asks for a code.")


def _person_value(person: Person) -> dict[str, str]:
    return {"login": person.login, "name": person.name, "role": person.role.value}
