"""SQL of letters and of the outbox."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from archive.canonical import encode
from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import cases, letters, outbox
from stationd.errors import NotFoundError
from stationd.outbox.model import Letter, Sending, State

__all__ = [
    "count_sendings",
    "find_by_message",
    "find_draft",
    "move",
    "read_cut_off",
    "read_letter",
    "read_letters",
    "read_moved_away",
    "read_ready",
    "read_sending",
    "read_sendings",
    "record_letter",
    "record_sending",
]

# States of a case in which no notice of it goes out; which letter may, its rule says.
_AWAY = ("dispute_hold", "collection_hold", "closed", "cured", "withdrawn")


def record_letter(connection: Connection, one: Letter) -> None:
    """Add a letter."""
    connection.execute(
        sa.insert(letters).values(
            id=one.id,
            case_id=one.case_id,
            kind=one.kind,
            form_id=one.form_id,
            channel=one.channel,
            recipient=one.recipient,
            address=one.address,
            file=one.file,
            doc=one.doc,
            sha256=one.sha256,
            text_doc=one.text_doc,
            data_doc=one.data_doc,
            stated_at=_text(one.stated_at),
            send_by=_text(one.send_by),
            fact_id=one.fact_id,
            drafted_by=one.drafted_by,
            drafted_at=iso(one.drafted_at),
        )
    )


def read_letter(connection: Connection, letter_id: str) -> Letter:
    """Return a letter by its id or the beginning of it, or raise `NotFoundError`."""
    return _letter(_one(connection, letters, letter_id, "letter"))


def read_letters(connection: Connection, case_id: str) -> list[Letter]:
    """Return the letters of a case, the oldest first."""
    query = (
        sa.select(letters)
        .where(letters.c.case_id == case_id)
        .order_by(letters.c.drafted_at, letters.c.id)
    )
    return [_letter(row) for row in connection.execute(query)]


def find_draft(connection: Connection, fact_id: str) -> Letter | None:
    """Return the letter whose draft a fact records; None: people made that draft."""
    row = connection.execute(sa.select(letters).where(letters.c.fact_id == fact_id)).first()
    return None if row is None else _letter(row)


def record_sending(connection: Connection, one: Sending) -> None:
    """Add an act of sending."""
    connection.execute(
        sa.insert(outbox).values(
            id=one.id,
            letter_id=one.letter_id,
            case_id=one.case_id,
            channel=one.channel,
            address=one.address,
            state=one.state.value,
            why=one.why,
            ordered_by=one.ordered_by,
            ordered_at=iso(one.ordered_at),
            next_at=_text(one.next_at),
            message_id=one.message_id,
            message_doc=one.message_doc,
        )
    )


def read_sending(connection: Connection, sending_id: str) -> Sending:
    """Return an act of sending by its id or the beginning of it, or raise `NotFoundError`."""
    return _sending(_one(connection, outbox, sending_id, "sending"))


def read_sendings(
    connection: Connection,
    *,
    case_id: str | None = None,
    letter_id: str | None = None,
    states: tuple[State, ...] = (),
) -> list[Sending]:
    """Return acts of sending, the oldest first."""
    query = sa.select(outbox).order_by(outbox.c.ordered_at, outbox.c.id)
    if case_id is not None:
        query = query.where(outbox.c.case_id == case_id)
    if letter_id is not None:
        query = query.where(outbox.c.letter_id == letter_id)
    if states:
        query = query.where(outbox.c.state.in_([state.value for state in states]))
    return [_sending(row) for row in connection.execute(query)]


def find_by_message(connection: Connection, message_id: str) -> Sending | None:
    """Return the act of sending whose e-mail has a Message-ID; None: it is none of ours."""
    row = connection.execute(sa.select(outbox).where(outbox.c.message_id == message_id)).first()
    return None if row is None else _sending(row)


def read_ready(connection: Connection, now: datetime, longest: timedelta) -> list[str]:
    """Return the ids of what is to be tried by ``now``, the oldest first.

    No pause is longer than ``longest``: what would wait longer was noted before the clock was set
    back, and is to be tried too.
    """
    astray = outbox.c.next_at > iso(now + longest)
    query = (
        sa.select(outbox.c.id)
        .where(outbox.c.state == State.WAITING.value, (outbox.c.next_at <= iso(now)) | astray)
        .order_by(outbox.c.next_at, outbox.c.id)
    )
    return list(connection.execute(query).scalars())


def read_cut_off(connection: Connection, holder: str, before: datetime) -> list[Sending]:
    """Return what a holder was trying, and what any other has been trying since ``before``."""
    query = (
        sa.select(outbox)
        .where(
            outbox.c.state == State.TRYING.value,
            (outbox.c.holder == holder) | (outbox.c.taken_at < iso(before)),
        )
        .order_by(outbox.c.taken_at, outbox.c.id)
    )
    return [_sending(row) for row in connection.execute(query)]


def read_moved_away(connection: Connection) -> list[Sending]:
    """Return what lies ready for people though its case is over or in a hold."""
    query = (
        sa.select(outbox)
        .join(cases, cases.c.id == outbox.c.case_id)
        .where(outbox.c.state == State.READY.value, cases.c.state.in_(_AWAY))
        .order_by(outbox.c.id)
    )
    return [_sending(row) for row in connection.execute(query)]


def count_sendings(connection: Connection, letter_id: str, channel: str, address: str) -> int:
    """Return how many acts of sending a letter has had over a channel to an address."""
    query = sa.select(sa.func.count()).where(
        outbox.c.letter_id == letter_id,
        outbox.c.channel == channel,
        outbox.c.address == address,
    )
    return int(connection.execute(query).scalar_one())


def move(
    connection: Connection,
    one: Sending,
    *,
    within: tuple[State, ...] = (),
    **values: Any,  # noqa: ANN401  (the columns that change)
) -> bool:
    """Change a row that still is as ``one`` knows it; tell whether it was.

    It is known by its state and the number of its tries; ``within`` names other states that it may
    be in meanwhile.
    """
    states = [one.state.value, *(state.value for state in within)]
    changed = connection.execute(
        sa.update(outbox)
        .where(outbox.c.id == one.id, outbox.c.tries == one.tries, outbox.c.state.in_(states))
        .values({name: _column(value) for name, value in values.items()})
    )
    return bool(changed.rowcount)


def _column(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, State):
        return value.value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Mapping):
        return encode(dict(value)).decode()
    return value


def _one(connection: Connection, table: sa.Table, begin: str, what: str) -> Any:  # noqa: ANN401
    query = sa.select(table).where(table.c.id.startswith(begin, autoescape=True)).limit(2)
    rows = connection.execute(query).all() if begin else []
    if len(rows) != 1:
        how_many = "More than one" if rows else "No"
        raise NotFoundError(f"{how_many} {what} begins with {begin}; `letter list` shows them.")
    return rows[0]


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_iso(text)


def _letter(row: Any) -> Letter:  # noqa: ANN401  (a row has the shape of its query)
    return Letter(
        id=row.id,
        case_id=row.case_id,
        kind=row.kind,
        form_id=row.form_id,
        channel=row.channel,
        recipient=row.recipient,
        address=row.address,
        file=row.file,
        doc=row.doc,
        sha256=row.sha256,
        text_doc=row.text_doc,
        data_doc=row.data_doc,
        fact_id=row.fact_id,
        drafted_by=row.drafted_by,
        drafted_at=parse_iso(row.drafted_at),
        stated_at=_moment(row.stated_at),
        send_by=_moment(row.send_by),
    )


def _sending(row: Any) -> Sending:  # noqa: ANN401  (a row has the shape of its query)
    return Sending(
        id=row.id,
        letter_id=row.letter_id,
        case_id=row.case_id,
        channel=row.channel,
        address=row.address,
        state=State(row.state),
        ordered_by=row.ordered_by,
        ordered_at=parse_iso(row.ordered_at),
        why=row.why,
        tries=row.tries,
        next_at=_moment(row.next_at),
        message_id=row.message_id,
        message_doc=row.message_doc,
        holder=row.holder,
        taken_at=_moment(row.taken_at),
        handing_at=_moment(row.handing_at),
        sent_at=_moment(row.sent_at),
        proof=json.loads(row.proof),
        tracking=row.tracking,
        fact_id=row.fact_id,
        declared_at=_moment(row.declared_at),
    )
