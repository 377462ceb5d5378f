"""Run the receiving daemon for a load tool, in the foreground, on 127.0.0.1.

    python bench/serve.py --port P --receiver dc09 --accounts 100

The daemon is the product's own, composed as in production: journal on disk in a temporary folder,
every acknowledgement after its commit, roster from a sealed file.  It prints `ready` once it
answers, stops on SIGTERM or SIGINT, and takes its folder away again.
"""

import argparse
import csv
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet

from receivers.session import Account, Key
from stationd import daemon
from stationd.roster import file as roster_file
from stationd.roster.model import Roster
from stationd.sealing import Sealer

_KEY_DIGITS = (32, 48, 64)
_GROUP = "main"


def main() -> int:
    """Serve until stopped."""
    options = _parser().parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        # The daemon has its own later; until then a signal must not leave the folder behind.
        signal.signal(number, _leave)
    folder: Path | None = None
    try:
        accounts = _read_accounts(options)
        _check_port(options)
        folder = Path(tempfile.mkdtemp(prefix="stationd-bench-", dir=options.folder))
        config = _prepare(folder, options, accounts)
        _announce()
        return daemon.main(["--config", str(config)]) or 0
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _check_port(options: argparse.Namespace) -> None:
    """Refuse a port that is taken: the daemon would wait for it, and say that it is ready."""
    for transport in _transports(options):
        kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
        with socket.socket(socket.AF_INET, kind) as probe:
            if transport == "tcp":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", options.port))
            except (OSError, OverflowError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                msg = (
                    f"{transport} port {options.port} of 127.0.0.1 cannot be used ({reason}); "
                    "name another with --port, or end what has it"
                )
                raise ValueError(msg) from None


def _announce() -> None:
    """Print `ready` when the daemon says so to what it takes for systemd."""
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    # An abstract name that the kernel chooses: a path in the folder may be too long for a socket.
    told.bind("")
    os.environ["NOTIFY_SOCKET"] = f"@{told.getsockname()[1:].decode()}"

    def listen() -> None:
        while b"READY=1" not in told.recv(4096):
            pass
        print("ready", flush=True)
        while told.recv(4096):
            pass

    threading.Thread(target=listen, daemon=True).start()


def _prepare(folder: Path, options: argparse.Namespace, keys: Mapping[str, bytes]) -> Path:
    """Write the roster, its key and the configuration; return the last."""
    secret = Fernet.generate_key()
    key_file = folder / "roster.key"
    key_file.write_bytes(secret)
    key_file.chmod(0o600)
    window = (40, 20) if options.time_check == "on" else (None, None)
    every = options.poll_interval or None
    accounts = {
        (_GROUP, number): Account(number, (Key(key),) if key else (), *window, poll_interval=every)
        for number, key in keys.items()
    }
    roster_file.write(folder / "roster.json", Roster(accounts), Sealer(secret))
    config = folder / "stationd.toml"
    config.write_text(_config(folder, options), encoding="utf-8")
    return config


def _read_accounts(options: argparse.Namespace) -> dict[str, bytes]:
    """Return each account's key; empty: plain."""
    if options.accounts_file is not None:
        return _from_file(options.accounts_file)
    key = _key(options.key or "", "--key")
    first = options.first_account
    if not re.fullmatch("[0-9A-Fa-f]{1,16}", first):
        msg = f"--first-account {first!r}: 1 to 16 hexadecimal digits, to be counted up"
        raise ValueError(msg)
    return {
        f"{int(first, 16) + step:0{len(first)}X}": key for step in range(max(0, options.accounts))
    }


def _from_file(path: Path) -> dict[str, bytes]:
    """Read a CSV file with the header ``account,key_hex``; spaces around a field do not count."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8"
        raise ValueError(msg) from None
    lines = csv.reader(text.splitlines())
    header = [name.strip() for name in next(lines, [])]
    if header != ["account", "key_hex"]:
        msg = f"{path}: the header must be account,key_hex"
        raise ValueError(msg)
    found: dict[str, bytes] = {}
    for fields in lines:
        if not any(field.strip() for field in fields):
            continue
        where = f"{path}, line {lines.line_num}"
        account, key, *more = [field.strip() for field in [*fields, ""]]
        if any(more) or not account:
            msg = f"{where}: an account, a comma and its key or nothing"
            raise ValueError(msg)
        secret = _key(key, where)
        if found.setdefault(account, secret) != secret:
            msg = f"{where}: account {account} was named before with another key"
            raise ValueError(msg)
    return found


def _key(text: str, where: str) -> bytes:
    if not text:
        return b""
    if not re.fullmatch("[0-9A-Fa-f]*", text) or len(text) not in _KEY_DIGITS:
        msg = f"{where}: a key has 32, 48 or 64 hexadecimal digits"
        raise ValueError(msg)
    return bytes.fromhex(text)


def _transports(options: argparse.Namespace) -> list[str]:
    return ["tcp", "udp"] if options.transport == "both" else [options.transport]


def _config(folder: Path, options: argparse.Namespace) -> str:
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
        for transport in _transports(options)
    )
    if options.surgard_port:
        listeners += f"""
[[listeners]]
kind = "tcp"
name = "surgard"
receiver = "surgard"
address = "127.0.0.1"
port = {options.surgard_port}
group = "{_GROUP}"
"""
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
    parser.add_argument("--surgard-port", type=int, default=0, help="receivers call here as well")
    parser.add_argument("--first-account", default="1000", help="counted up in hexadecimal")
    parser.add_argument("--accounts", type=int, default=0, help="how many")
    parser.add_argument("--key", help="AES key of every account, in hexadecimal digits")
    parser.add_argument("--accounts-file", type=Path, help="CSV: account,key_hex")
    parser.add_argument("--transport", choices=["tcp", "udp", "both"], default="tcp")
    parser.add_argument("--time-check", choices=["on", "off"], default="on")
    parser.add_argument(
        "--poll-interval", type=int, default=0, help="seconds between polls; 0: not supervised"
    )
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    return parser


if __name__ == "__main__":
    sys.exit(main())
