"""The follower's SQL: places, entries, listeners, lines, heartbeat sums, owners."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from archive.canonical import encode
from stationd.db import schema
from stationd.db.engine import Connection, execute_rows, inserting, slices
from stationd.follower.assign import scope_of
from stationd.follower.duplicates import Heard
from stationd.follower.model import (
    HeardHour,
    Line,
    ListenerFacts,
    Owner,
    Place,
    Retired,
    Scope,
    Taken,
    Tally,
)
from stationd.follower.starts import Start
from stationd.journal import chain
from stationd.journal.model import Entry, decode_body

__all__ = [
    "count_listeners",
    "read_boot",
    "read_heard",
    "read_last",
    "read_lines",
    "read_listeners",
    "read_node_journals",
    "read_owners",
    "read_place",
    "read_reached",
    "read_retired",
    "read_tallies",
    "record_alarm",
    "record_entries",
    "record_first",
    "record_heard_hours",
    "record_lines",
    "record_listeners",
    "record_place",
    "record_reached",
    "record_retired",
    "record_returned",
    "record_start",
    "record_tallies",
]


_HEARD = ("acct", "signal_class", "code", "zone", "user", "area", "listener", "number")
_EVERYTHING = Scope()
_INSERT_ENTRIES = sa.insert(schema.entries)


def read_place(connection: Connection, journal: str, node: str) -> Place:
    """Return how far ``journal`` has been taken; of a new one, its beginning."""
    table = schema.journals
    row = connection.execute(sa.select(table).where(table.c.id == journal)).one_or_none()
    if row is None:
        first = chain.first_link(journal.encode())
        return Place(journal=journal, node=node, position=0, link=first)
    return Place(journal=row.id, node=row.node, position=row.position, link=row.link)


def read_node_journals(connection: Connection, node: str) -> list[Place]:
    """Return every journal that was ever taken from ``node``, the last taken first."""
    table = schema.journals
    query = sa.select(table).where(table.c.node == node).order_by(table.c.taken_at.desc())
    return [
        Place(journal=row.id, node=row.node, position=row.position, link=row.link)
        for row in connection.execute(query)
    ]


def record_place(connection: Connection, place: Place, at: str) -> None:
    """Move a journal's place to ``place``."""
    statement = inserting(connection, schema.journals)
    new = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={"position": new.position, "link": new.link, "taken_at": new.taken_at},
        ),
        {
            "id": place.journal,
            "node": place.node,
            "position": place.position,
            "link": place.link,
            "taken_at": at,
        },
    )


def record_first(connection: Connection, journal: str, at: str) -> None:
    """Note when a journal that is new began."""
    statement = inserting(connection, schema.starts).on_conflict_do_nothing()
    connection.execute(statement, {"journal": journal, "first_at": at})


def record_start(connection: Connection, journal: str, start: Start) -> None:
    """Note when the daemon that writes a journal last started, and in which boot."""
    table = schema.starts
    connection.execute(
        sa.update(table)
        .where(table.c.journal == journal)
        .values(started_at=start.at, boot=start.boot or None)
    )


def read_boot(connection: Connection, node: str) -> str:
    """Return the boot id at the last start of a node's daemon; empty: none was told."""
    table, journals = schema.starts, schema.journals
    query = (
        sa.select(table.c.boot)
        .join(journals, journals.c.id == table.c.journal)
        .where(journals.c.node == node, table.c.started_at.is_not(None))
        .order_by(table.c.started_at.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or ""


def record_reached(connection: Connection, place: Place, at: str) -> None:
    """Note that at ``at`` nothing stood in the journal behind ``place``."""
    table = schema.journals
    connection.execute(
        sa.update(table)
        .where(table.c.id == place.journal, table.c.position == place.position)
        .values(taken_at=at)
    )


def read_reached(connection: Connection) -> list[tuple[Place, str]]:
    """Return every journal that is not retired, with when it was followed to its end."""
    table, retired = schema.journals, schema.retired_journals
    query = (
        sa.select(table)
        .where(~sa.exists().where(retired.c.journal == table.c.id))
        .order_by(table.c.node, table.c.id)
    )
    return [
        (
            Place(journal=row.id, node=row.node, position=row.position, link=row.link),
            row.taken_at,
        )
        for row in connection.execute(query)
    ]


def read_retired(connection: Connection) -> list[Retired]:
    """Return the journals that are retired, the last first."""
    table = schema.retired_journals
    query = sa.select(table).order_by(table.c.at.desc(), table.c.journal)
    return [Retired(**row) for row in connection.execute(query).mappings()]


def record_retired(connection: Connection, retired: Retired) -> None:
    """Note that nothing more comes from a journal."""
    connection.execute(sa.insert(schema.retired_journals), asdict(retired))


def record_returned(connection: Connection, journal: str) -> bool:
    """Note that a journal is not retired; tell whether it was."""
    table = schema.retired_journals
    gone = connection.execute(sa.delete(table).where(table.c.journal == journal))
    return bool(gone.rowcount)


def read_last(connection: Connection, place: Place) -> Entry | None:
    """Return the last entry taken; None: there is none, or its bytes are purged."""
    table = schema.entries
    row = connection.execute(
        sa.select(table).where(table.c.journal == place.journal, table.c.position == place.position)
    ).one_or_none()
    if row is None or row.body is None:
        return None
    return decode_body(row.body, position=row.position, link=row.link)


def record_entries(connection: Connection, journal: str, taken: Iterable[Taken]) -> None:
    """Store entries byte for byte."""
    execute_rows(
        connection,
        _INSERT_ENTRIES,
        [
            {
                "journal": journal,
                "position": one.entry.position,
                "body": one.body,
                "link": one.entry.link,
            }
            for one in taken
        ],
    )


def read_listeners(connection: Connection, journal: str) -> dict[str, ListenerFacts]:
    """Return what each listener of a journal was when the daemon last started."""
    table = schema.listeners
    return {
        row.listener: ListenerFacts(
            receiver=row.receiver,
            group=row.receiver_group,
            mode=row.mode,
            options=json.loads(row.options),
        )
        for row in connection.execute(sa.select(table).where(table.c.journal == journal))
    }


def record_listeners(
    connection: Connection, journal: str, listeners: Mapping[str, ListenerFacts]
) -> None:
    """Replace what is known of a journal's listeners."""
    table = schema.listeners
    connection.execute(sa.delete(table).where(table.c.journal == journal))
    rows = [
        {
            "journal": journal,
            "listener": name,
            "receiver": facts.receiver,
            "receiver_group": facts.group,
            "mode": facts.mode,
            "options": encode(dict(facts.options)).decode(),
        }
        for name, facts in listeners.items()
    ]
    if rows:
        connection.execute(sa.insert(table), rows)


def read_lines(connection: Connection, node: str) -> list[Line]:
    """Return the state of every listener of ``node``."""
    table = schema.lines
    return [
        Line(
            listener=row.listener,
            node=row.node,
            up=row.up,
            since=row.since,
            why=row.why,
            heard_at=row.heard_at,
        )
        for row in connection.execute(sa.select(table).where(table.c.node == node))
    ]


def record_lines(connection: Connection, lines: Sequence[Line]) -> None:
    """Store the state of listeners that changed."""
    if not lines:
        return
    statement = inserting(connection, schema.lines)
    names = ("node", "up", "since", "why", "heard_at")
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["listener"], set_={name: statement.excluded[name] for name in names}
        ),
        [asdict(line) for line in lines],
    )


def read_tallies(connection: Connection, journal: str) -> list[Tally]:
    """Return the heartbeat sums of a journal's running hours."""
    table = schema.heartbeats
    return [
        Tally(
            listener=row["listener"],
            hour=row["hour"],
            count=row["count"],
            first_ns=row["first_ns"],
            last_ns=row["last_ns"],
            first_position=row["first_position"],
            last_position=row["last_position"],
        )
        for row in connection.execute(sa.select(table).where(table.c.journal == journal)).mappings()
    ]


def record_heard_hours(connection: Connection, heard: Sequence[HeardHour]) -> None:
    """Add minutes in which listeners were heard to those that are known."""
    if not heard:
        return
    table = schema.heard_hours
    statement = inserting(connection, table)
    both = table.c.minutes.op("|")(statement.excluded.minutes)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["listener", "hour"], set_={"minutes": both}
        ),
        [asdict(one) for one in heard],
    )


def record_tallies(connection: Connection, journal: str, tallies: Sequence[Tally]) -> None:
    """Replace the heartbeat sums of a journal's running hours."""
    table = schema.heartbeats
    connection.execute(sa.delete(table).where(table.c.journal == journal))
    if tallies:
        connection.execute(
            sa.insert(table), [{"journal": journal, **asdict(tally)} for tally in tallies]
        )


def read_owners(
    connection: Connection, numbers: Mapping[str, set[str]]
) -> dict[tuple[str, str], list[Owner]]:
    """Return all links of the ``numbers`` of each group, whatever their dates, by account.

    One query a few hundred numbers, so that a batch does not ask for each signal.
    """
    found: dict[tuple[str, str], list[Owner]] = {}
    for group, wanted in numbers.items():
        for part in slices(sorted(wanted)):
            for row in connection.execute(_owners(group, part)).all():
                number, acct, scope, valid_from, valid_to, service, record, paths = row
                found.setdefault((group, number), []).append(
                    Owner(
                        acct=acct,
                        scope=_EVERYTHING if scope == "{}" else scope_of(json.loads(scope)),
                        valid_from=valid_from,
                        valid_to=valid_to,
                        service=service,
                        record=record,
                        paths=paths,
                    )
                )
    return found


def count_listeners(
    connection: Connection, place: Place, own: Mapping[str, ListenerFacts]
) -> dict[str, int]:
    """Return how many listeners each receiver group has, on all nodes.

    ``own`` are those of the journal at hand; a node counts with each of its names once, also where
    its journal was replaced.
    """
    listeners, journals, retired = schema.listeners, schema.journals, schema.retired_journals
    query = (
        sa.select(journals.c.node, listeners.c.listener, listeners.c.receiver_group)
        .join(journals, journals.c.id == listeners.c.journal)
        .where(
            journals.c.node != place.node,
            ~sa.exists().where(retired.c.journal == journals.c.id),
        )
        .distinct()
    )
    found = Counter(facts.group for facts in own.values())
    found.update(row.receiver_group for row in connection.execute(query))
    return found


def read_heard(
    connection: Connection, accts: Collection[str], since: str, until: str
) -> list[Heard]:
    """Return the events of ``accts`` that were received from ``since`` to ``until``, oldest first.

    Another node's journal may be taken over far ahead of ours; what it has of later is no matter.
    """
    found: list[Heard] = []
    signals, records = schema.signals, schema.records
    for part in slices(sorted(accts)):
        query = (
            sa.select(
                *(signals.c[name] for name in _HEARD),
                signals.c.received_at.label("rx"),
                records.c.journal,
                records.c.position,
                records.c.part,
            )
            .join(
                records, sa.and_(*(signals.c[n] == records.c[n] for n in ("acct", "epoch", "seq")))
            )
            .where(signals.c.acct.in_(part), signals.c.received_at.between(since, until))
            .order_by(signals.c.received_at, signals.c.epoch, signals.c.seq)
        )
        found += [Heard(**row) for row in connection.execute(query).mappings()]
    return found


def record_alarm(connection: Connection, name: str, detail: str, at: str) -> None:
    """Show ``detail`` as a failed check until somebody has looked."""
    statement = inserting(connection, schema.checks)
    new = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"outcome": new.outcome, "detail": new.detail, "at": new.at},
        ),
        {"name": name, "outcome": "failed", "detail": detail, "at": at},
    )


def _owners(group: str, numbers: Sequence[str]) -> sa.Select[Any]:
    links, transmitters, accounts = (
        schema.transmitter_links,
        schema.transmitters,
        schema.accounts,
    )
    every = links.alias()
    paths = (
        sa.select(sa.func.count(every.c.transmitter_id.distinct()))
        .where(every.c.acct == links.c.acct)
        .scalar_subquery()
    )
    return (
        sa.select(
            transmitters.c.number,
            links.c.acct,
            links.c.scope,
            links.c.valid_from,
            links.c.valid_to,
            accounts.c.service,
            accounts.c.record,
            paths,
        )
        .join(links, links.c.transmitter_id == transmitters.c.id)
        .join(accounts, accounts.c.acct == links.c.acct)
        .where(transmitters.c.receiver_group == group, transmitters.c.number.in_(numbers))
        .order_by(links.c.acct, links.c.valid_from)
    )
