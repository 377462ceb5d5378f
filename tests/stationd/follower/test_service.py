"""Following: in order, exactly once, whatever interrupts it."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import pytest
import sqlalchemy as sa

from archive import ledger_check, merkle
from receivers.session import Account
from stationd.clock import SetClock, from_ns, iso
from stationd.db import schema
from stationd.db.engine import Database
from stationd.desk import Desk
from stationd.errors import JournalBrokenError
from stationd.follower.service import follow
from stationd.ids import CountedIds, SystemIds
from stationd.journal.model import Kind, encode_body
from stationd.journal.reader import JournalReader
from stationd.journal.store import Journal


def nobody(_group: str) -> Callable[[str], Account | None]:
    return lambda _number: None


def take(desk: Desk, journal: Any, **more: Any) -> int:
    return follow(desk, journal, node="n1", accounts=nobody, **more)


def take_all(desk: Desk, journal: Any, **more: Any) -> None:
    while take(desk, journal, **more):
        pass


def rows(database: Database, table: sa.Table, *order: str) -> list[Any]:
    with database.reading() as connection:
        return list(
            connection.execute(sa.select(table).order_by(*(table.c[name] for name in order)))
        )


def ledger(database: Database) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """Return every chain without what chance and the clock give: salts and ``t``."""
    chains: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in rows(database, schema.records, "acct", "epoch", "seq"):
        body = json.loads(row.body)
        del body["salt"], body["t"]
        chains.setdefault((row.acct, row.epoch), []).append(body)
    return chains


def everything(database: Database) -> dict[str, Any]:
    """Return what a database holds, without what chance and the clock give."""
    found: dict[str, Any] = {"ledger": ledger(database)}
    for table, order in (
        (schema.entries, ("journal", "position")),
        (schema.signals, ("acct", "epoch", "seq")),
        (schema.parked, ("journal", "position", "part")),
        (schema.lines, ("listener",)),
        (schema.heartbeats, ("journal", "listener")),
        (schema.listeners, ("journal", "listener")),
    ):
        found[table.name] = [tuple(row) for row in rows(database, table, *order)]
    found["gaps"] = [
        tuple(row)[1:] for row in rows(database, schema.gaps, "began_at", "cause", "listener")
    ]
    found["journals"] = [tuple(row)[:4] for row in rows(database, schema.journals, "id")]
    return found


def check_chains(database: Database) -> None:
    """Recompute every chain with the verifier's code and compare it with its head."""
    leaves: dict[tuple[str, int], list[bytes]] = {}
    for row in rows(database, schema.records, "acct", "epoch", "seq"):
        leaves.setdefault((row.acct, row.epoch), []).append(merkle.leaf(row.body))
    for head in rows(database, schema.heads, "acct"):
        key = ledger_check.account_key("station-1", head.acct, head.epoch)
        chain = leaves[head.acct, head.epoch]
        assert (head.size, head.head) == (len(chain), ledger_check.chain(key, chain))


@pytest.fixture
def day(journal: Any, frames: Any) -> Any:
    """A journal with something of everything."""
    journal.start()
    journal.write(Kind.LINK_UP, b"", "ip", {"scope": "listener"})
    journal.write(Kind.CLOCK, note={"state": "unsynced"})
    for number in range(12):
        journal.frame(frames.dc09("1234", f"NBA{number:03}", number + 1))
        journal.write(Kind.HEARTBEAT, b"1011           @    \x14", "com1")
        journal.frame(frames.contact_id("7777", "E130"), "com1", after=timedelta(minutes=20))
    journal.frame(b"\nrubbish\r")
    journal.frame(frames.dc09("1234", "NBA005"), note={"repeat": True})
    journal.frame(frames.dc09("1234", "NBA005"), note={"fault": "stale"})
    journal.write(Kind.GARBLED, b"noise", "com1", {"fault": "noise"})
    journal.write(Kind.LINK_DOWN, b"", "ip", {"scope": "listener", "cause": "hung up"})
    journal.start(after=timedelta(minutes=3))
    journal.frame(frames.contact_id("1234", "R130"), "com1")
    return journal


@pytest.fixture
def accounts(roll: Any) -> None:
    roll.account("4821")
    roll.link("4821", "main", "1234")


@pytest.mark.both_databases
@pytest.mark.usefixtures("accounts")
def test_signals_reach_their_accounts_and_everything_else_its_chain(desk: Desk, day: Any) -> None:
    take_all(desk, day)
    chains = {acct: len(found) for (acct, _), found in ledger(desk.database).items()}
    # Twelve signals and the repeat; a repeat is a second record and never dropped.
    assert chains["4821"] == 1 + 13
    assert chains["unknown:lines:7777"] == 1 + 12
    assert chains["unknown:lines:1234"] == 1 + 1
    assert {"line:ip", "line:com1", "node:n1"} <= chains.keys()
    check_chains(desk.database)


@pytest.mark.both_databases
@pytest.mark.usefixtures("accounts")
def test_every_entry_is_stored_byte_for_byte(desk: Desk, day: Any) -> None:
    take_all(desk, day)
    stored = [(row.position, row.body) for row in rows(desk.database, schema.entries, "position")]
    assert stored == [(entry.position, encode_body(entry)) for entry in day.entries]


@pytest.mark.usefixtures("accounts")
def test_a_record_leads_back_to_its_entry(desk: Desk, day: Any) -> None:
    take_all(desk, day)
    first = ledger(desk.database)["4821", 1][1]
    entry = day.entries[first["entry"]["position"] - 1]
    assert first["entry"] == {
        "journal": day.id,
        "link": entry.link.hex(),
        "position": entry.position,
    }
    assert bytes.fromhex(first["frame"]) == entry.raw
    assert (first["code"], first["zone"], first["class"]) == ("BA", "000", "alarm")
    assert (first["number"], first["group"], first["proto"]) == ("1234", "main", "dc09")


@pytest.mark.usefixtures("accounts")
def test_signals_are_indexed_and_what_nobody_owns_is_parked(desk: Desk, day: Any) -> None:
    take_all(desk, day)
    indexed = [row for row in rows(desk.database, schema.signals, "seq") if row.acct == "4821"]
    assert [row.marks for row in indexed] == [""] * 12 + ["repeat"]
    reasons = [row.reason for row in rows(desk.database, schema.parked, "position")]
    assert sorted(set(reasons)) == ["garbled", "not_acknowledged", "undecoded", "unknown_number"]
    assert reasons.count("unknown_number") == 13


@pytest.mark.usefixtures("accounts")
def test_heartbeats_are_hourly_sums_and_lose_none(desk: Desk, day: Any) -> None:
    take_all(desk, day)
    sums = [
        record
        for record in ledger(desk.database)["line:com1", 1]
        if record.get("kind") == "heartbeats"
    ]
    running = sum(row.count for row in rows(desk.database, schema.heartbeats, "listener"))
    assert sum(record["count"] for record in sums) + running == 12
    assert len(sums) > 1


@pytest.mark.usefixtures("accounts")
def test_gaps_are_kept(desk: Desk, day: Any) -> None:
    take_all(desk, day)
    found = {(row.listener, row.cause) for row in rows(desk.database, schema.gaps, "id")}
    assert found == {("", "clock"), ("ip", "receiver_link"), ("", "daemon_down")}


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize("most", [1, 2, 7])
def test_nothing_depends_on_how_many_are_taken_at_once(
    desk: Desk, day: Any, most: int, migrated_file: Path, tmp_path: Path
) -> None:
    take_all(desk, day, most=most)
    small = everything(desk.database)
    again = copied_desk(desk, migrated_file, tmp_path / "again.sqlite3")
    take_all(again, day)
    assert everything(again.database) == small
    again.database.close()


def copied_desk(desk: Desk, migrated_file: Path, path: Path) -> Desk:
    """Return a desk on a database with the same accounts, and nothing taken."""
    made = Database(f"sqlite:///{shutil.copyfile(migrated_file, path)}")
    tables = ("customers", "sites", "contracts", "accounts", "transmitters", "transmitter_links")
    with desk.database.reading() as source, made.writing() as target:
        for name in tables:
            table = schema.metadata.tables[name]
            found = [dict(row) for row in source.execute(sa.select(table)).mappings()]
            if found:
                target.execute(sa.insert(table), found)
    return Desk(
        database=made,
        clock=desk.clock,
        ids=CountedIds(99),
        station=desk.station,
        policies=desk.policies,
    )


class Failing:
    """Raises in the middle of a transaction, at its ``count``-th statement."""

    def __init__(self, database: Database, count: int) -> None:
        self._database = database
        self._left = count

    def __enter__(self) -> Self:
        sa.event.listen(self._database.engine, "before_cursor_execute", self._fail)
        return self

    def __exit__(self, *_: object) -> None:
        sa.event.remove(self._database.engine, "before_cursor_execute", self._fail)

    def _fail(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            raise KeyboardInterrupt

    @property
    def failed(self) -> bool:
        return self._left <= 0


@pytest.mark.usefixtures("accounts")
def test_interrupted_at_any_statement_it_loses_and_doubles_nothing(
    desk: Desk, day: Any, migrated_file: Path, tmp_path: Path
) -> None:
    again = copied_desk(desk, migrated_file, tmp_path / "again.sqlite3")
    take_all(desk, day, most=9)
    statement, interrupted = 0, True
    while interrupted:
        statement += 1
        with Failing(again.database, statement) as failing:
            taken_some = True
            while taken_some and not failing.failed:
                taken_some = attempt(again, day)
        interrupted = failing.failed
    assert statement > 30
    assert everything(again.database) == everything(desk.database)
    check_chains(again.database)
    again.database.close()


def attempt(desk: Desk, journal: Any) -> bool:
    try:
        return take(desk, journal, most=9) > 0
    except KeyboardInterrupt:
        return True


@pytest.mark.both_databases
def test_when_another_worker_took_them_meanwhile_nothing_is_taken_twice(
    desk: Desk, day: Any
) -> None:
    class Raced:
        id = day.id

        def read(self, after: int, count: int) -> Any:
            found = day.read(after, count)
            take_all(desk, day)
            return found

    assert take(desk, Raced()) == 0
    assert len(rows(desk.database, schema.entries, "position")) == len(day.entries)


def test_a_full_batch_is_followed_until_its_last_entry_and_no_further(
    desk: Desk, journal: Any, clock: SetClock
) -> None:
    entries = [journal.start(), journal.start(), journal.start()]
    clock.advance(timedelta(hours=1))

    def followed() -> str:
        (row,) = rows(desk.database, schema.journals)
        taken_at: str = row.taken_at
        return taken_at

    assert take(desk, journal, most=2) == 2
    assert followed() == iso(from_ns(entries[1].received_at))
    assert take(desk, journal, most=2) == 1
    assert followed() == iso(clock.now())


def test_with_nothing_new_nothing_is_done(desk: Desk, day: Any) -> None:
    take_all(desk, day)
    before = everything(desk.database)
    assert take(desk, day) == 0
    assert everything(desk.database) == before


def test_a_journal_that_does_not_continue_is_refused_by_name(
    desk: Desk, journal: Any, another_journal: Any
) -> None:
    journal.start()
    take_all(desk, journal)
    another_journal.start()
    another_journal.frame(b"x")
    journal.entries.append(another_journal.entries[1])
    with pytest.raises(JournalBrokenError, match=f"n1: entry 2 of journal {journal.id}"):
        take(desk, journal)
    assert len(rows(desk.database, schema.entries, "position")) == 1


def test_an_older_copy_put_back_is_refused_even_if_it_is_whole_in_itself(
    desk: Desk, journal: Any, clock: SetClock
) -> None:
    journal.start()
    old = type(journal)(clock, journal.id)
    old.entries, old._link = list(journal.entries), journal._link
    journal.frame(b"one")
    take_all(desk, journal)
    old.frame(b"another")
    with pytest.raises(JournalBrokenError, match="older copy"):
        take(desk, old)


def test_a_journal_that_was_dropped_up_to_what_was_taken_goes_on(desk: Desk, journal: Any) -> None:
    journal.start()
    journal.frame(b"one")
    take_all(desk, journal)
    journal.frame(b"two")

    class Dropped:
        id = journal.id

        def read(self, after: int, count: int) -> Any:
            return [entry for entry in journal.entries if entry.position > max(after, 2)][:count]

    assert take(desk, Dropped()) == 1


def test_a_journal_of_a_layout_we_do_not_know_is_refused_by_name(desk: Desk, journal: Any) -> None:
    class Newer:
        id = journal.id

        def read(self, after: int, count: int) -> Any:
            msg = "entry 1 has layout 2, this program knows 1"
            raise ValueError(msg)

    with pytest.raises(JournalBrokenError, match="layout 2"):
        take(desk, Newer())


def test_a_new_journal_at_a_known_node_is_taken_with_an_alarm_and_a_record(
    desk: Desk, journal: Any, another_journal: Any
) -> None:
    journal.start()
    last = journal.frame(b"one")
    take_all(desk, journal)
    another_journal.start(after=timedelta(minutes=5))
    take_all(desk, another_journal)
    record = ledger(desk.database)["station", 1][1]
    assert record["kind"] == "journal_replaced"
    assert record["before"] == {"journal": journal.id, "link": last.link.hex(), "position": 2}
    (alarm,) = rows(desk.database, schema.checks, "name")
    assert (alarm.name, alarm.outcome) == ("new journal at n1", "failed")
    assert another_journal.id in alarm.detail
    # Nobody can vouch for the time between the two.
    assert [row.cause for row in rows(desk.database, schema.gaps, "id")] == ["daemon_down"]


def test_heartbeats_of_a_journal_that_was_replaced_are_summed_up(
    desk: Desk, journal: Any, another_journal: Any
) -> None:
    journal.write(Kind.HEARTBEAT, b"x", "com1")
    take_all(desk, journal)
    another_journal.start()
    take_all(desk, another_journal)
    (sums,) = [record for record in ledger(desk.database)["line:com1", 1] if "count" in record]
    assert (sums["kind"], sums["count"], sums["entries"]["journal"]) == ("heartbeats", 1, "a" * 32)
    assert rows(desk.database, schema.heartbeats, "listener") == []


def test_the_first_journal_of_a_node_is_no_alarm(desk: Desk, journal: Any) -> None:
    journal.start()
    take_all(desk, journal)
    assert rows(desk.database, schema.checks, "name") == []


def test_a_listener_that_no_start_named_is_no_obstacle(
    desk: Desk, journal: Any, frames: Any
) -> None:
    journal.frame(frames.dc09("1234", "NBA005"), "stranger")
    take_all(desk, journal)
    (row,) = rows(desk.database, schema.parked, "position")
    assert (row.reason, row.detail, row.listener) == ("undecoded", "listener_unknown", "stranger")


@pytest.mark.both_databases
@pytest.mark.usefixtures("accounts")
def test_what_comes_after_close_opens_the_next_epoch(desk: Desk, journal: Any, frames: Any) -> None:
    from stationd.ledger.store import append_close  # noqa: PLC0415

    journal.start()
    journal.frame(frames.dc09("1234", "NBA005"))
    take_all(desk, journal)
    with desk.database.writing() as connection:
        append_close(connection, "4821", 1, fields={}, now=desk.clock.now(), ids=desk.ids)
    journal.frame(frames.dc09("1234", "NBA006"))
    take_all(desk, journal)
    late = ledger(desk.database)["4821", 2]
    assert [record["type"] for record in late] == ["open", "signal"]
    assert late[0]["previous"]["size"] == 3


_CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from stationd.clock import SetClock, from_ns, iso
from stationd.db.engine import Database
from stationd.desk import Desk
from stationd.follower.service import follow
from stationd.ids import SystemIds
from stationd.journal.reader import JournalReader
from stationd.settings import PolicySettings

desk = Desk(
    database=Database(sys.argv[1]),
    clock=SetClock(datetime(2026, 3, 3, tzinfo=UTC)),
    ids=SystemIds(),
    station="station-1",
    policies=PolicySettings(),
)
reader = JournalReader(Path(sys.argv[2]))
while follow(desk, reader, node="n1", accounts=lambda _: lambda _: None, most=5):
    print("a batch", flush=True)
print("done", flush=True)
"""


@pytest.mark.system
@pytest.mark.usefixtures("accounts")
def test_killed_at_random_instants_it_loses_and_doubles_nothing(
    desk: Desk, journal: Any, frames: Any, migrated_file: Path, tmp_path: Path
) -> None:
    journal.start()
    for number in range(600):
        journal.frame(frames.dc09("1234", f"NBA{number:03}", number % 9999 + 1))
        journal.write(Kind.HEARTBEAT, b"x", "com1", after=timedelta(minutes=1))
    path = tmp_path / "journal.sqlite3"
    written = Journal.open(path, SystemIds())
    written.append([encode_body(entry) for entry in journal.entries])

    again = copied_desk(desk, migrated_file, tmp_path / "killed.sqlite3")
    again.database.close()
    url = f"sqlite:///{tmp_path / 'killed.sqlite3'}"
    dice = random.Random(2)
    kills = 0
    while killed(url, path, dice):
        kills += 1
    written.close()

    reader = JournalReader(path)
    take_all(desk, reader)
    reader.close()
    assert kills > 3
    assert everything(again.database) == everything(desk.database)
    check_chains(again.database)
    again.database.close()


def killed(url: str, path: Path, dice: random.Random) -> bool:
    """Run a follower and kill it amid some later batch; False: it came to the end before."""
    with subprocess.Popen(
        [sys.executable, "-c", _CHILD, url, str(path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        # However slow the machine is, some batches are taken: so it comes to an end.
        said = "".join(child.stdout.readline() for _ in range(dice.randint(1, 50)))
        assert said, "it ended of itself"
        time.sleep(dice.uniform(0.0, 0.01))
        os.kill(child.pid, signal.SIGKILL)
        return not (said + child.stdout.read()).endswith("done\n")
