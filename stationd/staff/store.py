"""SQL of staff and their logins."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import sessions, staff
from stationd.errors import NotFoundError
from stationd.staff.model import Person, Role

__all__ = [
    "Login",
    "Member",
    "count_enabled",
    "end_logins",
    "find_member",
    "read_login",
    "read_member",
    "read_members",
    "record_attempt",
    "record_enabled",
    "record_factor",
    "record_login",
    "record_member",
    "record_password",
    "record_role",
    "record_use",
    "staff_exists",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A row of staff, secrets sealed or hashed as they lie there."""

    id: str
    login: str
    name: str
    role: Role
    password: str = field(repr=False)
    factor: str | None = field(default=None, repr=False)
    enabled: bool = True
    failures: int = 0
    locked_until: datetime | None = None

    @property
    def person(self) -> Person:
        """The member as services see them."""
        return Person(login=self.login, name=self.name, role=self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login that has not been ended: whose, and when it was last used."""

    member: Member
    began_at: datetime
    used_at: datetime


def staff_exists(connection: Connection) -> bool:
    """Tell whether there is any staff at all."""
    return connection.execute(sa.select(staff.c.id).limit(1)).first() is not None


def find_member(connection: Connection, login: str) -> Member | None:
    """Return the member who logs in as ``login``; None: nobody does."""
    row = connection.execute(sa.select(staff).where(staff.c.login == login)).one_or_none()
    return None if row is None else _member(row)


def read_member(connection: Connection, login: str) -> Member:
    """Return the member who logs in as ``login``, or raise `NotFoundError`."""
    member = find_member(connection, login)
    if member is None:
        raise NotFoundError(f"Nobody on the staff logs in as {login}.")
    return member


def read_members(connection: Connection) -> list[Member]:
    """Return all staff, by login."""
    return [_member(row) for row in connection.execute(sa.select(staff).order_by(staff.c.login))]


def count_enabled(connection: Connection, role: Role) -> int:
    """Return how many enabled members have a role."""
    query = sa.select(sa.func.count()).where(staff.c.role == role.value, staff.c.enabled)
    return connection.execute(query).scalar_one()


def record_member(connection: Connection, member: Member) -> None:
    """Add a member."""
    connection.execute(
        sa.insert(staff).values(
            id=member.id,
            login=member.login,
            name=member.name,
            role=member.role.value,
            password=member.password,
            totp=member.factor,
            enabled=member.enabled,
            failures=member.failures,
            locked_until=None if member.locked_until is None else iso(member.locked_until),
        )
    )


def record_attempt(
    connection: Connection, member_id: str, *, failures: int, locked_until: datetime | None
) -> None:
    """Set how many logins in a row failed, and until when the next is refused."""
    until = None if locked_until is None else iso(locked_until)
    _change(connection, member_id, failures=failures, locked_until=until)


def record_password(connection: Connection, member_id: str, password: str) -> None:
    """Replace a member's password hash."""
    _change(connection, member_id, password=password)


def record_factor(connection: Connection, member_id: str, factor: str | None) -> None:
    """Replace a member's sealed second factor; None: not enrolled."""
    _change(connection, member_id, totp=factor)


def record_role(connection: Connection, member_id: str, role: Role) -> None:
    """Give a member another role."""
    _change(connection, member_id, role=role.value)


def record_enabled(connection: Connection, member_id: str, *, enabled: bool) -> None:
    """Let a member log in, or not."""
    _change(connection, member_id, enabled=enabled)


def record_login(connection: Connection, token: bytes, member_id: str, now: datetime) -> None:
    """Open a login; ``token`` is the hash of what its holder has."""
    connection.execute(
        sa.insert(sessions).values(
            token=token, staff_id=member_id, began_at=iso(now), used_at=iso(now), ended_at=None
        )
    )


def read_login(connection: Connection, token: bytes) -> Login | None:
    """Return an open login by the hash of its token; None: there is none."""
    query = (
        sa.select(staff, sessions.c.began_at, sessions.c.used_at)
        .join(staff, staff.c.id == sessions.c.staff_id)
        .where(sessions.c.token == token, sessions.c.ended_at.is_(None))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Login(
        member=_member(row), began_at=parse_iso(row.began_at), used_at=parse_iso(row.used_at)
    )


def record_use(connection: Connection, token: bytes, now: datetime) -> None:
    """Set when a login was last used."""
    connection.execute(
        sa.update(sessions).where(sessions.c.token == token).values(used_at=iso(now))
    )


def end_logins(
    connection: Connection,
    now: datetime,
    *,
    token: bytes | None = None,
    member_id: str | None = None,
) -> int:
    """End one login by its token's hash, or all of a member; return how many were open."""
    query = sa.update(sessions).where(sessions.c.ended_at.is_(None)).values(ended_at=iso(now))
    if token is not None:
        query = query.where(sessions.c.token == token)
    if member_id is not None:
        query = query.where(sessions.c.staff_id == member_id)
    return connection.execute(query).rowcount


def _change(connection: Connection, member_id: str, **values: object) -> None:
    connection.execute(sa.update(staff).where(staff.c.id == member_id).values(**values))


def _member(row: Any) -> Member:  # noqa: ANN401  (a row has the shape of its query)
    return Member(
        id=row.id,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        password=row.password,
        factor=row.totp,
        enabled=row.enabled,
        failures=row.failures,
        locked_until=None if row.locked_until is None else parse_iso(row.locked_until),
    )
