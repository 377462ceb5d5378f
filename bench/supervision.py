"""What it costs to supervise many accounts: expectations, scans, a mass outage, gap lists.

Makes accounts that test every day, each with a few signals, and prints one JSON object: seconds
and the longest transaction of each step.

    python bench/supervision.py --accounts 100000
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from stationd.clock import SetClock, iso, to_ns
from stationd.db import schema
from stationd.db.engine import Connection, Database
from stationd.db.revision import migrate
from stationd.desk import Desk
from stationd.gaps.service import gaps, gaps_of_account
from stationd.ids import SystemIds
from stationd.settings import PolicySettings
from stationd.supervision.service import expect_anew, scan, standing

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
_SLICE = 5000


class Timed(Database):
    """A database that notes how long each of its writing transactions took."""

    longest = 0.0

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a writing transaction, and note its length."""
        begun = time.perf_counter()
        with super().writing() as connection:
            yield connection
        self.longest = max(self.longest, time.perf_counter() - begun)


def fill(database: Database, accounts: int) -> None:
    """Make the accounts, and one line that took their tests."""
    site = {"id": "s", "customer_id": "c", "name": "", "address": "", "zone": "UTC"}
    contract = {"site_id": "s", "party": "station", "standing": "current", "notice_days": 30}
    account = {"service": "active", "record": "open", "epoch": 1, "opened_at": iso(START)}
    with database.writing() as connection:
        connection.execute(sa.insert(schema.customers), {"id": "c", "name": "x", "details": "{}"})
        connection.execute(sa.insert(schema.sites), {**site, "jurisdiction": ""})
        connection.execute(
            sa.insert(schema.lines),
            {"listener": "ip", "node": "n", "up": True, "since": iso(START), "why": ""},
        )
        connection.execute(
            sa.insert(schema.journals),
            {"id": "j", "node": "n", "position": 1, "link": b"", "taken_at": iso(START)},
        )
    for start in range(0, accounts, _SLICE):
        names = [f"{number:06}" for number in range(start, min(start + _SLICE, accounts))]
        with database.writing() as connection:
            connection.execute(
                sa.insert(schema.contracts),
                [{**contract, "id": one, "number": one, "terms": "{}"} for one in names],
            )
            connection.execute(
                sa.insert(schema.accounts),
                [
                    {**account, "acct": one, "contract_id": one, "details": '{"test_hours":24}'}
                    for one in names
                ],
            )


def heard(database: Database, accounts: int, at: datetime, seq: int) -> None:
    """Let every account test once within an hour from ``at`` on."""
    plain = dict.fromkeys([column.name for column in schema.signals.c], "")
    for start in range(0, accounts, _SLICE):
        rows = [
            {
                **plain,
                "acct": f"{number:06}",
                "epoch": 1,
                "seq": seq,
                "received_at": iso(at + HOUR * number / accounts),
                "listener": "ip",
                "signal_class": "test",
            }
            for number in range(start, min(start + _SLICE, accounts))
        ]
        with database.writing() as connection:
            connection.execute(sa.insert(schema.signals), rows)


def followed(database: Database, at: datetime) -> None:
    """Note that the journal was followed, and that the line was heard in every minute."""
    hours = [
        {"listener": "ip", "hour": hour, "minutes": (1 << 60) - 1}
        for hour in range(to_ns(START) // (3600 * 10**9), to_ns(at) // (3600 * 10**9) + 1)
    ]
    with database.writing() as connection:
        connection.execute(sa.update(schema.journals).values(taken_at=iso(at)))
        connection.execute(sa.delete(schema.heard_hours))
        connection.execute(sa.insert(schema.heard_hours), hours)


class Bench:
    """A station of many accounts, and what each step with it took."""

    def __init__(self, folder: str, accounts: int) -> None:
        self._accounts = accounts
        self.database = Timed(f"sqlite:///{Path(folder) / 'station.sqlite3'}")
        migrate(self.database, copy_to=None)
        self.clock = SetClock(START)
        self.desk = Desk(
            database=self.database,
            clock=self.clock,
            ids=SystemIds(),
            station="bench",
            policies=PolicySettings(),
        )
        self.steps: dict[str, object] = {}
        fill(self.database, accounts)

    def step(self, name: str, act: Callable[[Desk], object]) -> None:
        """Do something, and note how long it took."""
        self.database.longest = 0.0
        begun, worked = time.perf_counter(), time.process_time()
        act(self.desk)
        self.steps[name] = {
            "seconds": round(time.perf_counter() - begun, 2),
            "processor_seconds": round(time.process_time() - worked, 2),
            "longest_transaction_ms": round(self.database.longest * 1000),
        }

    def pass_time(self, by: timedelta) -> None:
        """Let time pass, in which the journal is followed and the line is heard."""
        self.clock.advance(by)
        followed(self.database, self.clock.now())

    def test(self, after: timedelta, seq: int) -> None:
        """Let every account test."""
        heard(self.database, self._accounts, START + after, seq)

    def wake(self) -> None:
        """Let all be looked at, as the follower does where something was heard."""
        with self.database.writing() as connection:
            connection.execute(sa.update(schema.supervision).values(due_at=iso(START)))

    def rows(self) -> dict[str, int]:
        """Return how many rows there are of what grows."""
        tables = (schema.supervision, schema.silences, schema.records)
        with self.database.reading() as connection:
            return {
                table.name: connection.execute(
                    sa.select(sa.func.count()).select_from(table)
                ).scalar_one()
                for table in tables
            }


def measure(accounts: int) -> dict[str, object]:
    """Return what each step took."""
    with tempfile.TemporaryDirectory(prefix="stationd-bench-") as folder:
        bench = Bench(folder, accounts)
        bench.step("take up all", expect_anew)
        bench.step("ask again, nothing new", expect_anew)
        bench.test(12 * HOUR, 2)
        bench.pass_time(25 * HOUR)
        bench.step("scan, all tested", scan)
        bench.step("scan, nothing due", scan)
        bench.pass_time(24 * HOUR)
        bench.step("scan, all missed", scan)
        bench.step("scan, all missed already", scan)
        bench.step("gaps of all", gaps)
        bench.step("gaps of one", lambda desk: gaps_of_account(desk, "000042"))
        bench.step("the overdue, 200", lambda desk: standing(desk, bad=True, limit=200))
        bench.test(49 * HOUR, 3)
        bench.wake()
        bench.pass_time(2 * HOUR)
        bench.step("scan, all back", scan)
        found = {"accounts": accounts, **bench.steps, "rows": bench.rows()}
        bench.database.close()
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000)
    options = parser.parse_args()
    json.dump(measure(options.accounts), sys.stdout)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
