"""Staff: who is added, who is logged in, who may do what.

An attempt to log in counts as failed from its beginning, in a transaction of its own, and is
forgiven when it succeeds; so trying many at once gains nothing.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from archive.canonical import JsonValue
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError, SecondFactorNeededError
from stationd.ledger.model import RecordDraft
from stationd.ledger.store import append
from stationd.sealing import Sealer
from stationd.staff.model import Confirmed, Person, Role
from stationd.staff.passwords import check_new, hashed, matches
from stationd.staff.rights import Right, require, title
from stationd.staff.second_factor import (
    SecondFactor,
    accept,
    address,
    open_factor,
    seal_factor,
)
from stationd.staff.store import (
    Login,
    Member,
    count_enabled,
    end_logins,
    find_member,
    read_login,
    read_member,
    read_members,
    record_attempt,
    record_enabled,
    record_factor,
    record_login,
    record_member,
    record_password,
    record_role,
    record_use,
    staff_exists,
)

__all__ = [
    "Right",
    "add",
    "authenticate",
    "change_password",
    "confirm",
    "confirm_second_factor",
    "drop_second_factor",
    "enrol_second_factor",
    "login",
    "logout",
    "require",
    "set_enabled",
    "set_password",
    "set_role",
    "staff_list",
]

_LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,63}")
_TOKEN_BYTES = 32
_SECRET_BYTES = 20
_FREE_FAILURES = 4
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_WRONG = "Login name, password or code is wrong."
_LOGIN_AGAIN = "`stationctl login` logs in."


# --- The staff ---


def add(
    desk: Desk, *, login: str, name: str, role: Role, password: str, by: Person | None
) -> Person:
    """Add a member.  ``by`` may be None only for the first, who must be an administrator."""
    if _LOGIN.fullmatch(login) is None:
        msg = (
            f"{login!r} cannot be a login name: it starts with a small letter and has 2 to 64 "
            "small letters, digits, dots, hyphens and underscores."
        )
        raise MistakeError(msg)
    if role is Role.NOBODY:
        raise MistakeError("This role is the program's own; choose OP, EC, MG, AT or AD.")
    if not name.strip():
        raise MistakeError("A member of staff has a name; it stands beside what they did.")
    check_new(password, login)
    secret = hashed(password)
    with desk.database.writing() as connection:
        first = not staff_exists(connection)
        _check_founder(role, by, first=first)
        if find_member(connection, login) is not None:
            raise MistakeError(f"Somebody on the staff already logs in as {login}.")
        member = Member(
            id=desk.ids.identifier(), login=login, name=name.strip(), role=role, password=secret
        )
        record_member(connection, member)
        kind = "first_staff_added" if by is None else "staff_added"
        _record(desk, connection, kind, by, {"login": login, "role": role.value})
    return member.person


def _check_founder(role: Role, by: Person | None, *, first: bool) -> None:
    if by is not None:
        require(by, Right.RUN_MACHINE)
    elif not first:
        msg = f"There is staff already, so an administrator has to add others. {_LOGIN_AGAIN}"
        raise NotAuthorisedError(msg)
    elif role is not Role.ADMINISTRATOR:
        raise MistakeError("The first member must be an administrator (AD), who can add others.")


def staff_list(desk: Desk) -> list[Member]:
    """Return all staff, by login."""
    with desk.database.reading() as connection:
        return read_members(connection)


def set_enabled(desk: Desk, login: str, *, enabled: bool, by: Person) -> None:
    """Let a member log in again, or no longer; the last administrator stays."""
    require(by, Right.RUN_MACHINE)
    with desk.database.writing() as connection:
        member = read_member(connection, login)
        if not enabled:
            _check_not_last(connection, member)
            end_logins(connection, desk.clock.now(), member_id=member.id)
        record_enabled(connection, member.id, enabled=enabled)
        kind = "staff_enabled" if enabled else "staff_disabled"
        _record(desk, connection, kind, by, {"login": login})


def set_role(desk: Desk, login: str, role: Role, *, by: Person) -> None:
    """Give a member another role; the last administrator keeps theirs."""
    require(by, Right.RUN_MACHINE)
    if role is Role.NOBODY:
        raise MistakeError("This role is the program's own; choose OP, EC, MG, AT or AD.")
    with desk.database.writing() as connection:
        member = read_member(connection, login)
        if role is not Role.ADMINISTRATOR:
            _check_not_last(connection, member)
        record_role(connection, member.id, role)
        end_logins(connection, desk.clock.now(), member_id=member.id)
        _record(desk, connection, "staff_role", by, {"login": login, "role": role.value})


def set_password(desk: Desk, login: str, password: str, *, by: Person) -> None:
    """Give a member a new password, unlock them and end their logins: they forgot the old one."""
    require(by, Right.RUN_MACHINE)
    check_new(password, login)
    _replace_password(desk, login, password, by)


def change_password(desk: Desk, old: str, new: str, *, by: Person) -> None:
    """Replace one's own password, or raise `NotAuthorisedError` where the old one is wrong."""
    check_new(new, by.login)
    _check_password(desk, by.login, old)
    _replace_password(desk, by.login, new, by)


def _replace_password(desk: Desk, login: str, password: str, by: Person) -> None:
    secret = hashed(password)
    with desk.database.writing() as connection:
        member = read_member(connection, login)
        record_password(connection, member.id, secret)
        record_attempt(connection, member.id, failures=0, locked_until=None)
        end_logins(connection, desk.clock.now(), member_id=member.id)
        _record(desk, connection, "staff_password", by, {"login": login})


# --- The second factor ---


def enrol_second_factor(desk: Desk, sealer: Sealer, *, by: Person) -> str:
    """Begin one's own enrolment; return the otpauth address for the authenticator app.

    It counts only once `confirm_second_factor` has seen a code of it.
    """
    factor = SecondFactor(secret=desk.ids.bytes(_SECRET_BYTES))
    with desk.database.writing() as connection:
        member = read_member(connection, by.login)
        if member.factor is not None and open_factor(member.factor, sealer).confirmed:
            msg = "A second factor is enrolled; an administrator can drop it first."
            raise MistakeError(msg)
        record_factor(connection, member.id, seal_factor(factor, sealer))
    return address(factor.secret, login=by.login, station=desk.station)


def confirm_second_factor(desk: Desk, code: str, sealer: Sealer, *, by: Person) -> None:
    """End one's own enrolment by showing a code."""
    with desk.database.writing() as connection:
        member = read_member(connection, by.login)
        if member.factor is None:
            raise MistakeError("No enrolment has begun. `stationctl staff totp` begins one.")
        used = accept(open_factor(member.factor, sealer), code, desk.clock.now())
        if used is None:
            msg = "The code is not the one of now. Check the clock of the phone, and try the next."
            raise NotAuthorisedError(msg)
        record_factor(connection, member.id, seal_factor(used, sealer))
        _record(desk, connection, "second_factor_enrolled", by, {"login": by.login})


def drop_second_factor(desk: Desk, login: str, *, by: Person) -> None:
    """Forget a member's second factor: the phone is lost."""
    require(by, Right.RUN_MACHINE)
    with desk.database.writing() as connection:
        member = read_member(connection, login)
        record_factor(connection, member.id, None)
        end_logins(connection, desk.clock.now(), member_id=member.id)
        _record(desk, connection, "second_factor_dropped", by, {"login": login})


# --- Logins ---


def login(
    desk: Desk, name: str, password: str, *, code: str = "", sealer: Callable[[], Sealer]
) -> str:
    """Return the token of a new login, or raise `NotAuthorisedError`.

    Raises `SecondFactorNeededError` where the password was right and ``code`` is missing.
    ``sealer`` is asked for only where a second factor is enrolled.
    """
    member = _proven(desk, name, password, code, sealer)
    token = desk.ids.bytes(_TOKEN_BYTES).hex()
    with desk.database.writing() as connection:
        record_login(connection, _hash(token), member.id, desk.clock.now())
    return token


def confirm(
    desk: Desk, person: Person, password: str, *, code: str = "", sealer: Callable[[], Sealer]
) -> Confirmed:
    """Ask a person who is logged in for their proofs again, as before an approval."""
    _proven(desk, person.login, password, code, sealer)
    return Confirmed(person=person, at=desk.clock.now())


def authenticate(desk: Desk, token: str) -> Person:
    """Return who holds ``token``, and count it as used now, or raise `NotAuthorisedError`."""
    now = desk.clock.now()
    key = _hash(token)
    with desk.database.writing() as connection:
        found = read_login(connection, key)
        if found is not None and _alive(found, now, desk.policies.session_idle):
            record_use(connection, key, now)
            return replace(found.member.person, since=found.began_at)
        end_logins(connection, now, token=key)
    msg = f"You are not logged in, or were idle for too long. {_LOGIN_AGAIN}"
    raise NotAuthorisedError(msg)


def logout(desk: Desk, token: str) -> None:
    """End a login; one that has ended already stays ended."""
    with desk.database.writing() as connection:
        end_logins(connection, desk.clock.now(), token=_hash(token))


def _alive(found: Login, now: datetime, idle: timedelta) -> bool:
    # A clock that was set back must not lengthen a login: its age is taken either way.
    return found.member.enabled and abs(now - found.used_at) < idle


def _hash(token: str) -> bytes:
    return hashlib.sha256(b"stationd:session:v1\0" + token.encode()).digest()


# --- Proofs ---


def _proven(
    desk: Desk, name: str, password: str, code: str, sealer: Callable[[], Sealer]
) -> Member:
    member = _check_password(desk, name, password)
    factor = None if member.factor is None else open_factor(member.factor, sealer())
    if factor is None or not factor.confirmed:
        with desk.database.writing() as connection:
            record_attempt(connection, member.id, failures=0, locked_until=None)
        return member
    if not code:
        raise SecondFactorNeededError(f"{name} has a second factor: its code is needed as well.")
    _begin_attempt(desk, name)
    with desk.database.writing() as connection:
        current = read_member(connection, name)
        kept = None if current.factor is None else open_factor(current.factor, sealer())
        used = None if kept is None else accept(kept, code, desk.clock.now())
        if used is None:
            raise NotAuthorisedError(_WRONG)
        record_factor(connection, member.id, seal_factor(used, sealer()))
        record_attempt(connection, member.id, failures=0, locked_until=None)
    return member


def _check_password(desk: Desk, name: str, password: str) -> Member:
    member = _begin_attempt(desk, name)
    right = matches(None if member is None else member.password, password)
    if member is None or not right or not member.enabled:
        raise NotAuthorisedError(_WRONG)
    with desk.database.writing() as connection:
        # Only the whole login forgives: whoever knows the password may be guessing at codes.
        record_attempt(connection, member.id, failures=member.failures, locked_until=None)
    return member


def _begin_attempt(desk: Desk, name: str) -> Member | None:
    """Count one more failure for ``name``; return the member as they were before."""
    now = desk.clock.now()
    with desk.database.writing() as connection:
        member = find_member(connection, name)
        if member is None:
            return None
        if member.locked_until is not None and now < member.locked_until:
            msg = (
                f"{name} gave too many wrong passwords or codes. "
                f"The next try counts from {member.locked_until:%Y-%m-%d %H:%M:%S} UTC."
            )
            raise NotAuthorisedError(msg)
        failures = member.failures + 1
        wait = _wait(failures)
        until = None if wait is None else now + wait
        record_attempt(connection, member.id, failures=failures, locked_until=until)
    return member


def _wait(failures: int) -> timedelta | None:
    """Return how long the next attempt has to wait: doubled with each failure after some."""
    if failures <= _FREE_FAILURES:
        return None
    doublings = min(failures - _FREE_FAILURES - 1, 10)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)


def _check_not_last(connection: Connection, member: Member) -> None:
    administrators = count_enabled(connection, Role.ADMINISTRATOR)
    if member.role is Role.ADMINISTRATOR and member.enabled and administrators == 1:
        msg = (
            f"{member.login} is the last {title(Role.ADMINISTRATOR)}; without one, nobody could "
            "manage staff. Add another first."
        )
        raise MistakeError(msg)


def _record(
    desk: Desk,
    connection: Connection,
    kind: str,
    by: Person | None,
    fields: Mapping[str, JsonValue],
) -> None:
    """Append what happened to the staff to the station's chain."""
    who: dict[str, JsonValue] = {} if by is None else {"by": by.login}
    draft = RecordDraft(
        acct="station", type="config", origin="human", fields={"kind": kind, **who, **fields}
    )
    append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)
