"""Many cases at once: a sale of accounts, one case of its own for each, beside live receiving.

    python bench/bulk.py --accounts 10000

The accounts are opened first, which does not count.  Then `stationctl case open-many` opens the
cases, each in a transaction with guards of its own, and each is started; meanwhile a receiver sends
to a real daemon.  Printed as JSON: seconds, the most memory of `stationctl`, how long the longest
case held the write lock, and the acknowledgements before and meanwhile.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.beside import Beside
from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.cases import service as cases
from stationd.clock import SystemClock
from stationd.db.revision import migrate
from stationd.desk import Desk, open_desk
from stationd.ids import SystemIds
from stationd.sealing import new_sealing_key
from stationd.settings import load
from stationd.staff.model import Person, Role

_CONFIG = """
[station]
station = "bench"
node = "n-1"
[ledger]
origin = "log.bench.example/station"
[database]
url = "sqlite:///{folder}/station.sqlite3"
[journal]
path = "{folder}/journal.sqlite3"
[roster]
path = "{folder}/roster.json"
key = "{folder}/roster.key"
"""
_BY = Person(login="bench", name="Bench", role=Role.MANAGER)
_PASSWORD = "a password for the bench"
_IDLE = 20.0
_STATIONCTL = Path(sys.executable).with_name("stationctl")


def main() -> int:
    """Measure; 1 where a case was not opened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1000, help="how many (1000)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stationd-bench-") as base:
        report = _measure(Path(base), options.accounts)
    print(json.dumps(report, indent=2))
    return 0 if report["opened"] == options.accounts else 1


def _measure(folder: Path, count: int) -> dict[str, object]:
    config = folder / "stationd.toml"
    config.write_text(_CONFIG.format(folder=folder))
    (folder / "roster.key").write_bytes(new_sealing_key())
    (folder / "roster.key").chmod(0o600)
    desk = open_desk(load(config), clock=SystemClock(), ids=SystemIds())
    migrate(desk.database, copy_to=None)
    accts = [f"{number:06}" for number in range(count)]
    for acct in accts:
        open_account(desk, _opening(acct), by=_BY)
    (folder / "accounts.txt").write_text("\n".join(accts) + "\n")
    (folder / "schedule.txt").write_text("The schedule of the sale.\n")
    _log_in(config, folder)
    with Beside() as beside:
        idle = beside.idle(_IDLE)
        opening, megabytes = _open_many(config, folder)
        opened_beside = beside.seen()
        found = cases.cases(desk)
        starting = _start(desk, [case.id for case in found])
        return {
            "accounts": count,
            "opened": len(found),
            "open_seconds": round(opening, 2),
            "stationctl_megabytes": megabytes,
            "start_seconds": round(sum(starting), 2),
            "longest_start_ms": round(1000 * max(starting), 1),
            "acknowledgements_idle": idle,
            "acknowledgements_while_opening": opened_beside,
            "acknowledgements_while_starting": beside.seen(),
        }


def _opening(acct: str) -> Opening:
    return Opening(
        customer=Customer(id=f"c{acct}", name=f"Customer of {acct}"),
        site=Site(
            id=f"s{acct}",
            customer_id=f"c{acct}",
            name="Shop",
            address="1 Main Street",
            zone="America/Denver",
        ),
        contract=Contract(id=f"k{acct}", site_id=f"s{acct}", number=f"C-{acct}"),
        acct=acct,
    )


def _ctl(config: Path, folder: Path, *words: str, secret: str = "") -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "XDG_RUNTIME_DIR": str(folder),
        "XDG_STATE_HOME": str(folder),
    }
    program = [str(_STATIONCTL), "--config", str(config), "--json", *words]
    started = subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
    )
    assert started.stdin is not None
    started.stdin.write(secret)
    started.stdin.close()
    return started


def _log_in(config: Path, folder: Path) -> None:
    add = ("staff", "add", "bench", "--name", "Bench", "--role", "AD", "--password-stdin")
    _run(config, folder, *add)
    _run(config, folder, "login", "bench", "--password-stdin")
    add = ("staff", "add", "morgan", "--name", "Morgan", "--role", "MG", "--password-stdin")
    _run(config, folder, *add)
    _run(config, folder, "login", "morgan", "--password-stdin")


def _run(config: Path, folder: Path, *words: str) -> None:
    code = _ctl(config, folder, *words, secret=f"{_PASSWORD}\n").wait()
    if code:
        raise SystemExit(code)


def _open_many(config: Path, folder: Path) -> tuple[float, int]:
    """Return the seconds and the most megabytes of the command."""
    words = ("case", "open-many", str(folder / "accounts.txt"), "--reason", "sale_of_accounts")
    begun = time.perf_counter()
    command = _ctl(config, folder, *words, "--document", str(folder / "schedule.txt"))
    _, status, used = os.wait4(command.pid, 0)
    if status:
        raise SystemExit(f"case open-many ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - begun, used.ru_maxrss // 1024


def _start(desk: Desk, case_ids: list[str]) -> list[float]:
    """Take the step `start` of every case; return the seconds of each."""
    taken: list[float] = []
    for case_id in case_ids:
        begun = time.perf_counter()
        cases.step(desk, case_id, "start", _BY)
        taken.append(time.perf_counter() - begun)
    return taken


if __name__ == "__main__":
    sys.exit(main())
