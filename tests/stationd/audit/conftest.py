"""A ledger of some accounts, anchored; and an administrator who changes it behind our back."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from archive import canonical, checkpoint, merkle
from archive.authorities.trial import make_authority
from archive.ceremony import Ceremony
from archive.seal import LogKey
from archive.stores.directory import DirectoryStore
from stationd.anchors.service import Anchorage, begin, work
from stationd.anchors.views import States
from stationd.audit.service import Auditor
from stationd.clock import SetClock
from stationd.db import schema
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.ledger import service, store
from stationd.ledger.model import RecordDraft
from stationd.ledger.service import LedgerTree
from tests.shelf import Shelf

ORIGIN = "log.example.com/station-1"
ACCOUNTS = ("1000", "1001", "1002", "1003", "line:com1")


@pytest.fixture
def log_key(keys: Ceremony) -> LogKey:
    return LogKey.load(keys.log_key)


@pytest.fixture
def states(tmp_path: Path) -> States:
    return States(tmp_path / "states")


@pytest.fixture
def auditor(desk: Desk, states: States, log_key: LogKey) -> Auditor:
    return Auditor(desk=desk, states=states, origin=ORIGIN, public=log_key.public)


@pytest.fixture
def grow(desk: Desk) -> Callable[[], None]:
    """Append a record to each account."""

    def append() -> None:
        drafts = [RecordDraft(acct, "signal", "machine", {"zone": "4"}) for acct in ACCOUNTS]
        with desk.database.writing() as connection:
            now = desk.clock.now()
            store.append(connection, drafts, station=desk.station, now=now, ids=desk.ids)

    return append


@pytest.fixture
def anchored(
    desk: Desk,
    clock: SetClock,
    log_key: LogKey,
    states: States,
    grow: Callable[[], None],
    tmp_path: Path,
) -> None:
    """Three checkpoints with anchors, and what came after them."""
    tree = LedgerTree.load(desk)
    trial = make_authority(now=datetime(2026, 1, 1, tzinfo=UTC), serials=count(1))
    anchorage = Anchorage(
        desk=desk,
        authorities=[Shelf(trial, clock)],
        store=DirectoryStore(tmp_path / "store"),
        states=states,
        retention=timedelta(days=1),
        holder="node-1",
    )
    for _ in range(3):
        clock.advance(timedelta(hours=1))
        grow()
        service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key)
        begin(desk, tree, states)
        work(anchorage)
    grow()


@dataclass
class Administrator:
    """Whoever owns the database, without keys: every trigger is dropped first."""

    desk: Desk

    def change(self, act: Callable[[Connection], object]) -> None:
        with self.desk.database.writing() as connection:
            for name in ("records", "checkpoints", "notes", "marks", "stamps", "anchors"):
                for kind in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}_no_{kind}")
            act(connection)

    def edit(self, acct: str = "1001", seq: int = 2) -> None:
        """Change a record's bytes, and nothing else."""
        self.change(lambda connection: self._write(connection, acct, seq, leaf=False))

    def edit_with_leaf(self, acct: str = "1001", seq: int = 2) -> None:
        self.change(lambda connection: self._write(connection, acct, seq, leaf=True))

    def _write(self, connection: Connection, acct: str, seq: int, *, leaf: bool) -> None:
        table = schema.records
        where = (table.c.acct == acct, table.c.seq == seq)
        body = connection.execute(sa.select(table.c.body).where(*where)).scalar_one()
        changed = canonical.encode(json.loads(body) | {"zone": "5"})
        values: dict[str, bytes] = {"body": changed}
        if leaf:
            values["leaf"] = merkle.leaf(changed)
        connection.execute(sa.update(table).where(*where).values(**values))

    def delete(self, acct: str = "1001", seq: int = 2) -> None:
        table = schema.records
        self.change(
            lambda connection: connection.execute(
                sa.delete(table).where(table.c.acct == acct, table.c.seq == seq)
            )
        )

    def cut(self, acct: str, size: int) -> None:
        """Take the records behind ``size`` away, and let every table say that this is all."""

        def act(connection: Connection) -> None:
            table = schema.records.c
            head = store_head(connection, acct, size)
            where = (table.acct == acct, table.seq > size)
            connection.execute(sa.delete(schema.records).where(*where))
            for one in (schema.heads, schema.published):
                statement = sa.update(one).where(one.c.acct == acct)
                connection.execute(statement.values(size=size, head=head))

        self.change(act)

    def take_out(self, acct: str, tables: Sequence[str]) -> None:
        """Take an account out of these tables."""
        self.change(
            lambda connection: [
                connection.exec_driver_sql(f"DELETE FROM {name} WHERE acct = '{acct}'")
                for name in tables
            ]
        )

    def rewrite(self, acct: str = "1001") -> None:
        """Change a record and make the account's whole chain anew, in every table."""
        self.edit_with_leaf(acct)
        self.change(lambda connection: self._chain(connection, acct))

    def _chain(self, connection: Connection, acct: str) -> None:
        records = schema.records
        key = merkle.account_key(self.desk.station, acct, 1)
        head = merkle.genesis(key)
        heads = {0: head}
        query = sa.select(records.c.seq, records.c.leaf).where(records.c.acct == acct)
        for row in connection.execute(query.order_by(records.c.seq)).all():
            head = heads[row.seq] = merkle.head(head, row.seq, row.leaf)
            where = (records.c.acct == acct, records.c.seq == row.seq)
            connection.execute(sa.update(records).where(*where).values(head=head))
        for table in (schema.heads, schema.published):
            where = (table.c.acct == acct, table.c.epoch == 1)
            size = connection.execute(sa.select(table.c.size).where(*where)).scalar_one()
            connection.execute(sa.update(table).where(*where).values(head=heads[size]))

    def rewrite_states(self, acct: str = "1001") -> None:
        """Make the chain anew, and the state root of every checkpoint with it."""
        self.rewrite(acct)
        self.change(self._states)

    def _states(self, connection: Connection) -> None:
        marks, points = schema.marks, schema.checkpoints
        tree, before = merkle.StateTree(), None
        for n in range(3):
            rows = connection.execute(sa.select(marks).where(marks.c.n == n)).all()
            for row in rows:
                head = store_head(connection, row.acct, row.size)
                tree.update(row.account_key, row.size, head)
            old = json.loads(
                connection.execute(sa.select(points.c.entry).where(points.c.n == n)).scalar_one()
            )
            entry = checkpoint.entry(
                accounts=old["accounts"],
                n=n,
                previous=before,
                state_root=tree.root(),
                time=datetime.fromisoformat(old["time"]),
            )
            before = entry
            connection.execute(
                sa.update(points)
                .where(points.c.n == n)
                .values(entry=entry, leaf=merkle.log_leaf(entry))
            )


def store_head(connection: Connection, acct: str, size: int) -> bytes:
    table = schema.records.c
    query = sa.select(table.head).where(table.acct == acct, table.seq == size)
    head: bytes = connection.execute(query).scalar_one()
    return head


@pytest.fixture
def administrator(desk: Desk) -> Administrator:
    return Administrator(desk)
