"""A bundle from order to verified: build, seal, store under a lock, fetch by version id, verify.

    python bench/bundles.py --records 13000 --records 1000000
    python bench/bundles.py --records 10000000 --beside

With a real S3 server on loopback and an authority of its own.  The history is written to a file
first, which does not count.  Printed as JSON: seconds of each part, the most memory of the
builder and of the largest verifying process.
"""

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from archive import checkpoint, merkle
from archive.authorities.http import HttpAuthority
from archive.build import BundleSource, Finished, Trust, build, finish, report_signed_by
from archive.canonical import encode
from archive.ceremony import Ceremony, make_keys
from archive.seal import LogKey, Seal
from bench.beside import Beside
from stationd.clock import SystemClock, iso
from stationd.demo.authority import AuthorityServer
from stationd.demo.s3_server import S3Server
from stationd.ids import SystemIds

_STATION, _ACCT, _ORIGIN = "bench", "4821", "log.bench.example/station"
_CODES = (("130", "alarm"), ("401", "opening"), ("401", "closing"), ("602", "test"))
_EVERY = timedelta(seconds=10)
_IDLE = 20.0
# As the worker's child does.
_NICE = 10


class Measured:
    """Seconds of each part, in order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Measure what is done inside."""
        begun = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - begun, 2)


def _record(seq: int, count: int, at: datetime, ids: SystemIds) -> bytes:
    kind = "open" if seq == 1 else "close" if seq == count else "signal"
    fields = {"acct": _ACCT, "epoch": 1, "origin": "machine", "salt": ids.salt().hex(), "seq": seq}
    fields |= {"t": iso(at), "type": kind}
    if kind == "signal":
        code, signal_class = _CODES[seq % len(_CODES)]
        frame = f"5011 18{_ACCT}E{code}01{seq % 1000:03}\x14"
        entry = {"journal": "ab" * 16, "link": ids.bytes(32).hex(), "position": seq}
        fields |= {"area": "01", "class": signal_class, "code": code, "entry": entry}
        fields |= {"frame": frame.encode().hex(), "group": "main", "listener": "mlr2"}
        fields |= {"number": _ACCT, "part": [1, 1], "proto": "surgard", "rcv": "01/1"}
        fields |= {"rx": iso(at), "zone": f"{seq % 1000:03}"}
    return encode(fields)


def _history(path: Path, count: int, now: datetime) -> bytes:
    """Write ``count`` records to ``path`` and return the head of their chain."""
    ids = SystemIds()
    head = merkle.genesis(merkle.account_key(_STATION, _ACCT, 1))
    begun = now - count * _EVERY
    with path.open("wb") as file:
        for seq in range(1, count + 1):
            record = _record(seq, count, begun + seq * _EVERY, ids)
            head = merkle.head(head, seq, merkle.leaf(record))
            file.write(record + b"\n")
    return head


def _source(path: Path, count: int, head: bytes, log_key: LogKey, now: datetime) -> BundleSource:
    tree = merkle.StateTree()
    tree.update(merkle.account_key(_STATION, _ACCT, 1), count, head)
    entry = checkpoint.entry(accounts=1, n=0, previous=None, state_root=tree.root(), time=now)
    note = checkpoint.note(
        origin=_ORIGIN,
        size=1,
        root=merkle.log_leaf(entry),
        sign=log_key.sign,
        public=log_key.public,
    )

    def records() -> Iterator[bytes]:
        with path.open("rb") as file:
            for line in file:
                yield line[:-1]

    return BundleSource(
        station=_STATION,
        acct=_ACCT,
        epoch=1,
        kind="closing",
        checkpoint=0,
        checkpoint_entry=entry,
        checkpoint_note=note,
        checkpoint_time=now,
        origin=_ORIGIN,
        size=count,
        head=head,
        records=records,
        documents=lambda: iter(()),
        facts={"account": {"acct": _ACCT}, "site": {"name": "Bench", "zone": "America/Denver"}},
        software="bench",
        table="bench",
        dictionary={},
    )


def _stored(server: S3Server, finished: Finished, folder: Path, measured: Measured) -> Path:
    """Put every file under a lock, fetch each by its version id, and return the container."""
    store, versions = server.store(), {}
    until = datetime.now(UTC) + timedelta(days=2)
    with measured.part("store"):
        for file in finished.files:
            versions[file.path.name] = store.put(
                f"{folder.parent.name}/{file.path.name}",
                file.path,
                sha256=file.sha256,
                retain_until=until,
                legal_hold=False,
            )
    with measured.part("fetch"):
        for name, version in versions.items():
            store.fetch(f"{folder.parent.name}/{name}", version, folder / name)
    return folder / finished.files[-1].path.name


def _verify(bundle: Path, keys: Ceremony, tsa: Path) -> tuple[str, int]:
    """Return the outcome, and the most megabytes that any one process of the verifier had."""
    command = [sys.executable, "-m", "archive.cli", str(bundle), "--json"]
    command += ["--root", str(keys.root), "--tsa", str(tsa), "--log", str(keys.log_public)]
    most = 0
    with (
        tempfile.TemporaryFile("w+") as told,
        subprocess.Popen(command, stdout=told, text=True) as verifier,
    ):
        while verifier.poll() is None:
            most = max([most, *map(_most_kilobytes, _family(verifier.pid))])
            time.sleep(0.05)
        told.seek(0)
        return str(json.load(told)["outcome"]), most // 1024


def _family(pid: int) -> Iterator[int]:
    """Yield a process and its children; what a child had before it became itself is not counted."""
    yield pid
    with suppress(OSError):
        for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in tasks.read_text().split():
                yield from _family(int(child))


def _most_kilobytes(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def made(
    count: int, folder: Path, authority: AuthorityServer, measured: Measured
) -> tuple[Finished, Ceremony, Path]:
    """Build and seal a bundle of so many records; return it, its keys and whom it is stamped by."""
    ids = SystemIds()
    serials = (int.from_bytes(b"\x01" + ids.bytes(15)) for _ in itertools.count())
    keys = make_keys(folder / "keys", station=_STATION, now=datetime.now(UTC), serials=serials)
    seal = Seal.load(keys.seal_key, keys.seal, keys.root)
    tsa = folder / "tsa.pem"
    tsa.write_bytes(authority.trust_pem)
    now = datetime.now(UTC)
    head = _history(folder / "history.jsonl", count, now)
    source = _source(folder / "history.jsonl", count, head, LogKey.load(keys.log_key), now)
    stamper = HttpAuthority(
        name="bench",
        url=authority.url,
        trust_pem=authority.trust_pem,
        timeout=20,
        policy=None,
        random=ids.bytes,
    )
    trust = Trust(
        root_pem=keys.root.read_bytes(),
        signer_pem=seal.certificate_pem,
        tsa_pem=authority.trust_pem,
        log_pub_pem=keys.log_public.read_bytes(),
    )
    with measured.part("build"):
        sign_report = report_signed_by(seal, stamper, datetime.now(UTC))
        built = build(source, folder / "work", trust=trust, sign_report=sign_report)
    with measured.part("seal"):
        finished = finish(
            built, seal=seal, authority=stamper, now=datetime.now(UTC), target=folder / "out"
        )
    return finished, keys, tsa


def _measure(
    count: int, folder: Path, server: S3Server, authority: AuthorityServer
) -> dict[str, object]:
    measured = Measured()
    finished, keys, tsa = made(count, folder, authority, measured)
    fetched = folder / "fetched"
    fetched.mkdir()
    bundle = _stored(server, finished, fetched, measured)
    with measured.part("verify"):
        outcome, verifier = _verify(bundle, keys, tsa)
    return {
        "records": count,
        "outcome": outcome,
        "seconds": round(sum(measured.seconds.values()), 2),
        "parts": measured.seconds,
        "builder_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "verifier_megabytes": verifier,
    }


def _beside(measure: Callable[[], dict[str, object]]) -> dict[str, object]:
    """Measure as the worker's child works, behind everything else, and how receiving fares."""
    with Beside() as beside:
        idle = beside.idle(_IDLE)
        os.nice(_NICE)
        report = measure()
        return {**report, "acknowledgements_idle": idle, "acknowledgements": beside.seen()}


def main() -> int:
    """Measure a bundle of each size asked for; 1 where one did not verify."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, action="append", help="how many (13000)")
    parser.add_argument(
        "--beside", action="store_true", help="with a receiver that a daemon answers meanwhile"
    )
    options = parser.parse_args()
    reports = []
    clock, ids = SystemClock(), SystemIds()
    with (
        tempfile.TemporaryDirectory(prefix="stationd-bench-") as base,
        S3Server(Path(base) / "s3", clock=clock, ids=ids) as server,
        AuthorityServer(clock, ids) as authority,
    ):
        for count in options.records or [13_000]:
            folder = Path(base) / str(count)
            folder.mkdir()
            measure = partial(_measure, count, folder, server, authority)
            reports.append(_beside(measure) if options.beside else measure())
    print(json.dumps(reports, indent=2))
    return 0 if all('"passed"' in json.dumps(report) for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
