"""Run the receiving daemon for a load tool, in the foreground, on 127.0.0.1.

    python bench/serve.py --port P --receiver dc09 --accounts 100

The daemon is the product's own, composed as in production: journal on disk in a temporary folder,
every acknowledgement after its commit, roster from a sealed file.  It prints `ready` once it
answers, stops on SIGTERM or SIGINT, and takes its folder away again.
"""

import argparse
import csv
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from cryptography.fernet import Fernet

from receivers.session import Account, Key
from stationd import daemon
from stationd.roster import file as roster_file
from stationd.roster.model import Roster
from stationd.sealing import Sealer

_KEY_LENGTHS = (16, 24, 32)
_GROUP = "main"


def main() -> int:
    """Serve until stopped."""
    options = _parser().parse_args()
    folder = Path(tempfile.mkdtemp(prefix="stationd-bench-", dir=options.folder))
    try:
        config = _prepare(folder, options)
        _announce(folder)
        return daemon.main(["--config", str(config)]) or 0
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _announce(folder: Path) -> None:
    """Print `ready` when the daemon says so to what it takes for systemd."""
    path = folder / "notify"
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(path))
    os.environ["NOTIFY_SOCKET"] = str(path)

    def listen() -> None:
        while b"READY=1" not in told.recv(4096):
            pass
        print("ready", flush=True)
        while told.recv(4096):
            pass

    threading.Thread(target=listen, daemon=True).start()


def _prepare(folder: Path, options: argparse.Namespace) -> Path:
    """Write the roster, its key and the configuration; return the last."""
    secret = Fernet.generate_key()
    key_file = folder / "roster.key"
    key_file.write_bytes(secret)
    key_file.chmod(0o600)
    window = (40, 20) if options.time_check == "on" else (None, None)
    accounts = {
        (_GROUP, number): Account(number, (Key(key),) if key else (), *window)
        for number, key in _accounts(options)
    }
    roster_file.write(folder / "roster.json", Roster(accounts), Sealer(secret))
    config = folder / "stationd.toml"
    config.write_text(_config(folder, options), encoding="utf-8")
    return config


def _accounts(options: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    if options.accounts_file is None:
        key = _key(options.key or "", "--key")
        first = options.first_account
        for step in range(options.accounts):
            yield f"{int(first, 16) + step:0{len(first)}X}", key
        return
    with options.accounts_file.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames != ["account", "key_hex"]:
            msg = f"{options.accounts_file}: the header must be account,key_hex"
            raise ValueError(msg)
        for row in rows:
            where = f"{options.accounts_file}, line {rows.line_num}"
            yield row["account"], _key(row["key_hex"] or "", where)


def _key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b"?"
    if key and len(key) not in _KEY_LENGTHS:
        msg = f"{where}: a key has 32, 48 or 64 hexadecimal digits"
        raise ValueError(msg)
    return key


def _config(folder: Path, options: argparse.Namespace) -> str:
    transports = ["tcp", "udp"] if options.transport == "both" else [options.transport]
    listeners = "".join(
        f"""
[[listeners]]
kind = "{transport}"
name = "{transport}"
receiver = "{options.receiver}"
address = "127.0.0.1"
port = {options.port}
group = "{_GROUP}"
"""
        for transport in transports
    )
    return f"""
[station]
station = "bench"
node = "bench"

[ledger]
origin = "bench.example/log"

[journal]
path = "{folder}/journal.sqlite3"

[roster]
path = "{folder}/roster.json"
key = "{folder}/roster.key"
{listeners}"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run the receiving daemon for a load tool.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--receiver", choices=["dc09", "surgard"], required=True)
    parser.add_argument("--first-account", default="1000", help="counted up in hexadecimal")
    parser.add_argument("--accounts", type=int, default=0, help="how many")
    parser.add_argument("--key", help="AES key of every account, in hexadecimal digits")
    parser.add_argument("--accounts-file", type=Path, help="CSV: account,key_hex")
    parser.add_argument("--transport", choices=["tcp", "udp", "both"], default="tcp")
    parser.add_argument("--time-check", choices=["on", "off"], default="on")
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    return parser


if __name__ == "__main__":
    sys.exit(main())
