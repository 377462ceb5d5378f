"""How many records a second the follower keeps, into SQLite or PostgreSQL, with ledger and index.

Writes a journal of DC-09 and Sur-Gard frames, makes their accounts, follows it to the end, and
prints one JSON object: records a second of processor time (one core) and of the wall clock.

    python bench/follower.py --frames 100000 --accounts 1000

`--database URL` follows into an empty database of a server; `python -m tests.postgresql --durable`
starts one and prints its address.  The server's own processor time is not in the figures.
`--history N` then asks for one account's last N days out of everything, and says how long it took.
`--redecode` reads everything anew: once with nothing changed, once with a code explained otherwise
that half of the frames have, which is a correction each.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fastcrc
import sqlalchemy as sa

from receivers.codes import TABLE
from receivers.own_codes import parse
from receivers.registry import RECEIVERS
from receivers.session import Account
from stationd.clock import SetClock, iso
from stationd.db import schema
from stationd.db.engine import Database
from stationd.db.revision import migrate
from stationd.desk import Desk
from stationd.follower.service import follow
from stationd.ids import SystemIds
from stationd.journal.model import Draft, Kind, encode_body
from stationd.journal.reader import JournalReader
from stationd.journal.store import Journal
from stationd.redecoding.model import Asked, Tools
from stationd.redecoding.service import look, redecode
from stationd.settings import PolicySettings
from stationd.signals import service as signals
from stationd.staff.model import Person, Role

START = datetime(2026, 1, 1, tzinfo=UTC)
LISTENERS = {
    "ip": {"receiver": "dc09", "group": "main", "mode": "primary", "options": {}},
    "com1": {"receiver": "surgard", "group": "lines", "mode": "primary", "options": {}},
}
_SLICE = 5000


def dc09(number: int, sequence: int) -> bytes:
    """Return a plain SIA-DCS frame of a burglary alarm."""
    body = (
        f'"SIA-DCS"{sequence % 9999 + 1:04}L0#{number}[#{number}|NBA{sequence % 99:03}]'
        "_14:12:04,01-02-2026"
    ).encode()
    return b"\n" + f"{fastcrc.crc16.arc(body):04X}{len(body):04X}".encode() + body + b"\r"


def surgard(number: int, sequence: int) -> bytes:
    """Return a Contact ID frame of a burglary alarm."""
    return f"5011 18{number:04}E13001{sequence % 99:03}".encode() + b"\x14"


def bodies(frames: int, accounts: int, clock: SetClock, ids: SystemIds) -> Iterator[bytes]:
    """Yield entry bodies: a start, then frames of both receivers in turn."""
    yield _body(clock, ids, Kind.STARTED, note=json.dumps({"listeners": LISTENERS}).encode())
    for number in range(frames):
        account = 1000 + number // 2 % (accounts // 2)
        if number % 2:
            yield _body(clock, ids, Kind.FRAME, "ip", dc09(account, number))
        else:
            yield _body(clock, ids, Kind.FRAME, "com1", surgard(account, number))


def _body(
    clock: SetClock,
    ids: SystemIds,
    kind: Kind,
    listener: str = "",
    raw: bytes = b"",
    note: bytes = b"",
) -> bytes:
    clock.advance(timedelta(milliseconds=20))
    return encode_body(
        Draft(
            received_at=clock.now_ns(),
            ticks=clock.ticks(),
            listener=listener,
            peer="192.0.2.7:4000" if listener else "",
            kind=kind,
            raw=raw,
            note=note,
            salt=ids.salt(),
        )
    )


def make_accounts(database: Database, accounts: int) -> None:
    """Make half the accounts for each receiver group."""
    since = iso(START - timedelta(days=1))
    names = [
        (group, str(1000 + number))
        for group in ("main", "lines")
        for number in range(accounts // 2)
    ]
    customer = {"id": "c", "name": "Customer", "details": "{}"}
    site = {"id": "s", "customer_id": "c", "name": "", "address": "", "zone": "UTC"}
    with database.writing() as connection:
        connection.execute(sa.insert(schema.customers), customer)
        connection.execute(sa.insert(schema.sites), {**site, "jurisdiction": ""})
        for table, rows in _rows(names, since).items():
            connection.execute(sa.insert(schema.metadata.tables[table]), rows)


def _rows(names: list[tuple[str, str]], since: str) -> dict[str, list[dict[str, object]]]:
    ids = {name: "-".join(name) for name in names}
    contract = {"site_id": "s", "party": "station", "standing": "current", "terms": "{}"}
    account = {"service": "active", "record": "open", "epoch": 1, "details": "{}"}
    return {
        "contracts": [
            {"id": id_, "number": id_, "notice_days": 30, **contract} for id_ in ids.values()
        ],
        "accounts": [
            {"acct": id_, "contract_id": id_, "opened_at": since, **account} for id_ in ids.values()
        ],
        "transmitters": [
            {
                "id": id_,
                "receiver_group": group,
                "number": number,
                "protocol": "",
                "keys": "[]",
                "switches": "[]",
            }
            for (group, number), id_ in ids.items()
        ],
        "transmitter_links": [
            {"id": id_, "transmitter_id": id_, "acct": id_, "scope": "{}", "valid_from": since}
            for id_ in ids.values()
        ],
    }


def measure(desk: Desk, reader: JournalReader, node: str) -> dict[str, object]:
    """Follow ``reader`` to its end."""
    taken, cpu, wall = 0, time.process_time(), time.perf_counter()
    while count := follow(desk, reader, node=node, accounts=lambda _: lambda _: None):
        taken += count
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {
        "records": taken,
        "records_per_core_second": round(taken / cpu),
        "records_per_second": round(taken / wall),
        "goal": 10_000,
    }


def measure_history(desk: Desk, days: int) -> dict[str, object]:
    """Read one account's last days, page by page, from an empty cache of ours."""
    since = desk.clock.now() - timedelta(days=days)
    began, rows, after = time.perf_counter(), 0, None
    while page := signals.history(desk, "main-1000", since=since, after=after, limit=5000):
        rows += len(page)
        after = (page[-1].epoch, page[-1].seq)
    passed = time.perf_counter() - began
    return {"history_rows": rows, "history_ms": round(passed * 1000, 1), "history_goal_ms": 300}


def measure_redecode(desk: Desk) -> dict[str, object]:
    """Read everything anew, looking and correcting."""
    person = Person(login="bench", name="Bench", role=Role.ADMINISTRATOR)
    tools = Tools(receivers=RECEIVERS, accounts=nobody, table=TABLE, software="bench")
    looked = time.process_time()
    report = look(desk, Asked(), tools)
    looked = time.process_time() - looked
    corrected = time.process_time()
    done = redecode(desk, Asked(), replace(tools, own=parse(_OWN)), by=person)
    corrected = time.process_time() - corrected
    return {
        "looked_per_core_second": round(report.counts["signals"] / looked),
        "corrections": done.counts["corrected"],
        "corrected_per_core_second": round(done.counts["corrected"] / corrected),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def nobody(_group: str) -> Callable[[str], Account | None]:
    """Know no panel: nothing here is encrypted."""
    return lambda _number: None


_OWN = """
name = "bench"
[[codes]]
format = "sia"
code = "BA"
class = "medical"
name = "explained otherwise"
"""


def main() -> int:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--frames", type=int, default=50_000)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--history", type=int, metavar="DAYS")
    parser.add_argument("--redecode", action="store_true")
    parser.add_argument("--database", metavar="URL", help="instead of SQLite in a temporary folder")
    options = parser.parse_args()
    ids, clock = SystemIds(), SetClock(START)
    with tempfile.TemporaryDirectory(prefix="stationd-bench-") as name:
        folder = Path(name)
        journal = Journal.open(folder / "journal.sqlite3", ids)
        made = list(bodies(options.frames, options.accounts, clock, ids))
        for start in range(0, len(made), _SLICE):
            journal.append(made[start : start + _SLICE])
        database = Database(options.database or f"sqlite:///{folder / 'station.sqlite3'}")
        migrate(database, copy_to=None)
        make_accounts(database, options.accounts)
        desk = Desk(
            database=database,
            clock=clock,
            ids=ids,
            station="station-1",
            policies=PolicySettings(),
        )
        reader = JournalReader(folder / "journal.sqlite3")
        figures = measure(desk, reader, "n1")
        if options.history is not None:
            figures |= measure_history(desk, options.history)
        if options.redecode:
            figures |= measure_redecode(desk)
        reader.close()
        database.close()
        journal.close()
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
