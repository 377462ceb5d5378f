"""Checkpoints, marks, proofs and the audit at many accounts: seconds and bytes.

    python bench/proofs.py --accounts 100000

A station database on SQLite in a temporary folder, accounts with one record each; then a checkpoint
with 1,000 of them changed, the mark of an anchor, proofs of one account with and without the
cached state, and records hashed again.  Printed as JSON.  Figures of another machine compare only
as ratios.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from archive.authorities.http import HttpAuthority
from archive.ceremony import make_keys
from archive.proofs import proof_files
from archive.seal import LogKey
from archive.stores.directory import DirectoryStore
from stationd.anchors.proofs import Chain, account_proofs
from stationd.anchors.service import Anchorage, begin, work
from stationd.anchors.views import States
from stationd.audit.fsck import fsck
from stationd.audit.service import Auditor, look
from stationd.clock import SystemClock
from stationd.db.engine import Database
from stationd.db.revision import migrate
from stationd.demo.authority import AuthorityServer
from stationd.desk import Desk
from stationd.ids import SystemIds
from stationd.ledger.model import RecordDraft
from stationd.ledger.service import LedgerTree, checkpoint
from stationd.ledger.store import append
from stationd.settings import PolicySettings

_ORIGIN = "log.bench.example/station"
_ACCT = "1000000"
_CHANGED = 1000


class Measured:
    """What took how long, processor seconds beside those of the clock."""

    def __init__(self) -> None:
        self.parts: dict[str, dict[str, float]] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Measure what is done inside."""
        begun, used = time.perf_counter(), time.process_time()
        yield
        self.parts[name] = {
            "seconds": round(time.perf_counter() - begun, 4),
            "processor_seconds": round(time.process_time() - used, 4),
        }


def _grow(desk: Desk, first: int, accounts: int) -> None:
    drafts = [
        RecordDraft(str(1_000_000 + number), "signal", "machine", {"zone": "004"})
        for number in range(first, first + accounts)
    ]
    with desk.database.writing() as connection:
        append(connection, drafts, station=desk.station, now=desk.clock.now(), ids=desk.ids)


def _proved(desk: Desk, states: States, points: list[int]) -> dict[str, int]:
    chain = Chain(station=desk.station, origin=_ORIGIN, acct=_ACCT, epoch=1)
    with desk.database.reading() as connection:
        made = account_proofs(connection, states, chain, points)
    last = made.points[-1]
    files = dict(proof_files(made))
    return {
        "siblings_bytes": 32 * len(last.siblings),
        "reply_bytes": len(last.reply),
        "note_bytes": len(last.note),
        "proofs_json_bytes_a_point": len(files["data/proofs/proofs.json"]) // len(points),
    }


def _station(folder: Path, server: AuthorityServer) -> tuple[Desk, Anchorage, LogKey]:
    ids = SystemIds()
    database = Database(f"sqlite:///{folder / 'station.sqlite3'}")
    migrate(database, copy_to=None)
    desk = Desk(
        database=database,
        clock=SystemClock(),
        ids=ids,
        station="bench",
        policies=PolicySettings(),
    )
    keys = make_keys(folder / "keys", station="bench", now=desk.clock.now(), serials=count(1))
    log_key = LogKey.load(keys.log_key)
    authority = HttpAuthority(
        name="bench",
        url=server.url,
        trust_pem=server.trust_pem,
        timeout=20,
        policy=None,
        random=ids.bytes,
    )
    anchorage = Anchorage(
        desk=desk,
        authorities=[authority],
        store=DirectoryStore(folder / "store"),
        states=States(folder / "states"),
        retention=PolicySettings().late_buffer,
        holder="bench",
    )
    return desk, anchorage, log_key


def _measure(accounts: int, folder: Path, server: AuthorityServer) -> object:
    measured = Measured()
    desk, anchorage, log_key = _station(folder, server)
    states = anchorage.states
    for first in range(0, accounts, 5000):
        _grow(desk, first, min(5000, accounts - first))
    tree = LedgerTree.load(desk)
    with measured.part("first checkpoint of all"):
        checkpoint(desk, tree, origin=_ORIGIN, log_key=log_key)
    with measured.part("first mark of all"):
        points = [begin(desk, tree, states)]
    with measured.part("stamped and stored"):
        work(anchorage)
    _grow(desk, 0, min(_CHANGED, accounts))
    with measured.part(f"checkpoint with {min(_CHANGED, accounts)} changed"):
        checkpoint(desk, tree, origin=_ORIGIN, log_key=log_key)
    with measured.part("its mark"):
        points.append(begin(desk, tree, states))
    work(anchorage)
    with measured.part("two points and an absence, from the cache"):
        sizes = _proved(desk, states, [n for n in points if n is not None])
    with measured.part("the same without the cache"):
        _proved(desk, States(folder / "none"), [n for n in points if n is not None])
    with measured.part("trees at a start"):
        LedgerTree.load(desk)
    auditor = Auditor(desk=desk, states=states, origin=_ORIGIN, public=log_key.public)
    with measured.part("audit of 10,000 records"):
        hashed = look(auditor, 10_000)
    with measured.part("fsck"):
        derived = fsck(desk, origin=_ORIGIN, public=log_key.public)
    desk.database.close()
    return {
        "accounts": accounts,
        "parts": measured.parts,
        **sizes,
        "state_file_bytes": max(path.stat().st_size for path in (folder / "states").iterdir()),
        "audited": hashed,
        "fsck_records": derived.records,
        "differences": len(derived.faults),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> int:
    """Measure at each number of accounts asked for; 1 where anything differed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, action="append", help="how many (100000)")
    options = parser.parse_args()
    reports = []
    clock, ids = SystemClock(), SystemIds()
    with (
        tempfile.TemporaryDirectory(prefix="stationd-bench-") as base,
        AuthorityServer(clock, ids) as server,
    ):
        for accounts in options.accounts or [100_000]:
            folder = Path(base) / str(accounts)
            folder.mkdir()
            reports.append(_measure(accounts, folder, server))
    print(json.dumps(reports, indent=2))
    return 1 if any('"differences": 0' not in json.dumps(report) for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
