"""The trial's folder: what lies where, the ports, and the configuration with short periods."""

import csv
import io
import json
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

from stationd.simulate.sites import SITES, Plot, Site, Way

__all__ = ["ACCOUNT", "GROUPS", "Layout", "Ports", "accounts_csv", "config", "free_ports"]

ACCOUNT = "1234"
"""The account that is terminated: it had a burglary, on a serial line."""

GROUPS: Mapping[str, str] = {
    Way.SERIAL: "serial",
    Way.SURGARD: "system3",
    Way.DC09_TCP: "ip",
    Way.DC09_UDP: "ip",
}


_HEADINGS = (
    *("account", "customer", "address", "zone", "contract", "notice days"),
    *("group", "number", "key hex", "from"),
)


_CONFIG = Template("""\
# A trial: everything on this machine, and periods of seconds instead of days.
[station]
station = "demo-station"
node = "demo-node"

[ledger]
origin = "log.demo-station.example/station"
checkpoint_every = "5s"

[journal]
path = $journal

[roster]
path = $roster
key = $roster_key

[database]
url = $database

[keys]
seal_key = $seal_key
seal_certificate = $seal_pem
root = $root_pem
log_key = $log_key
crls = [$root_crl]
responder_key = $ocsp_key
responder_certificate = $ocsp_pem

[archive]
sealed = $sealed
# The trial's server and its data go when you remove the folder; a real lock stays for years.
retention = "2d"
retention_other = "1d"

[archive.store]
kind = "s3"
bucket = $bucket
endpoint = $s3_endpoint
addressing = "path"
credentials = $credentials

[[authorities]]
name = "trial-authority"
url = $tsa_url
trust = $tsa_pem
crls = [$tsa_crl]

[policies]
late_buffer = "4s"
mail_allowance = "6s"
effective_roll = false
alarm_settles = "1s"

[worker]
follow_every = "1s"
wake_every = "1s"

[[listeners]]
name = "mlr2"
kind = "serial"
receiver = "surgard"
group = "serial"
device = $pty
heartbeat = "30s"
options = { header = "RRL" }

[[listeners]]
name = "system3"
kind = "tcp_client"
receiver = "surgard"
group = "system3"
host = "127.0.0.1"
port = $surgard
heartbeat = "30s"
options = { header = "RRLLL" }

[[listeners]]
name = "panels-tcp"
kind = "tcp"
receiver = "dc09"
group = "ip"
port = $dc09_tcp

[[listeners]]
name = "panels-udp"
kind = "udp"
receiver = "dc09"
group = "ip"
port = $dc09_udp
""")


# What a notice rests on, as the customer signed it.
_TERMS = {
    "form": "Monitoring 2019-4",
    "form signed off": "2019-04-01",
    "notice methods": "post",
    "payment terms": "monthly, in advance",
    "default clause": "9.1: unpaid for 60 days",
    "termination clause": "12.1: by notice in writing",
    "paid through": "2020-12-31",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Every file of the trial, below one folder."""

    folder: Path

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.folder / "stationd.toml"

    @property
    def keys(self) -> Path:
        """Keys and certificates."""
        return self.folder / "keys"

    @property
    def pty(self) -> Path:
        """The serial line."""
        return self.folder / "ttyRECEIVER"

    @property
    def logs(self) -> Path:
        """What the programs said."""
        return self.folder / "logs"

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.folder / "journal" / "journal.sqlite3"

    @property
    def papers(self) -> Path:
        """Letters and statements of the case."""
        return self.folder / "papers"

    @property
    def tsa(self) -> Path:
        """The certificate the time stamps are checked against."""
        return self.folder / "keys" / "tsa.pem"

    @property
    def tsa_crl(self) -> Path:
        """What the time-stamp authority's root revoked: nothing."""
        return self.folder / "keys" / "tsa.crl.pem"

    @property
    def unpacked(self) -> Path:
        """Where the bundle is unpacked to be checked by hand."""
        return self.folder / "unpacked"

    @property
    def result(self) -> Path:
        """What came of it, for programs."""
        return self.folder / "result.json"

    def make(self) -> None:
        """Make the folders; the trial needs a fresh one."""
        for folder in (self.keys, self.logs, self.papers, self.journal.parent):
            folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "worker").mkdir(exist_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The loopback ports of the trial's listeners."""

    surgard: int
    dc09_tcp: int
    dc09_udp: int


def free_ports() -> Ports:
    """Return ports that are free now."""
    kinds = (socket.SOCK_STREAM, socket.SOCK_STREAM, socket.SOCK_DGRAM)
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket(socket.AF_INET, kind)) for kind in kinds]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        numbers = [int(probe.getsockname()[1]) for probe in probes]
    return Ports(surgard=numbers[0], dc09_tcp=numbers[1], dc09_udp=numbers[2])


def config(layout: Layout, ports: Ports, *, s3_endpoint: str, bucket: str, tsa_url: str) -> str:
    """Return the trial's configuration: real parts, periods of seconds instead of days."""
    worker = layout.folder / "worker"
    texts = {
        "journal": layout.journal,
        "roster": layout.journal.parent / "roster.json",
        "roster_key": layout.keys / "roster.key",
        "database": f"sqlite:///{worker / 'station.sqlite3'}",
        "seal_key": layout.keys / "seal.key.pem",
        "seal_pem": layout.keys / "seal.pem",
        "root_pem": layout.keys / "root.pem",
        "log_key": layout.keys / "log.key.pem",
        "root_crl": layout.keys / "root.crl.pem",
        "ocsp_key": layout.keys / "ocsp.key.pem",
        "ocsp_pem": layout.keys / "ocsp.pem",
        "tsa_crl": layout.tsa_crl,
        "sealed": worker / "sealed",
        "credentials": layout.keys / "s3.credentials",
        "tsa_pem": layout.tsa,
        "pty": layout.pty,
        "s3_endpoint": s3_endpoint,
        "bucket": bucket,
        "tsa_url": tsa_url,
    }
    # A JSON string of printable text is a TOML string too.
    quoted = {name: json.dumps(str(text), ensure_ascii=False) for name, text in texts.items()}
    return _CONFIG.substitute(quoted, **asdict(ports))


def accounts_csv() -> str:
    """Return the trial's accounts: a line for each simulated site that the station knows."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(
        [
            "account",
            "customer",
            "address",
            "zone",
            "contract",
            "notice days",
            "group",
            "number",
            "key hex",
            "started",
            *_TERMS,
        ]
    )
    for site in SITES:
        if site.plot is not Plot.UNKNOWN:
            rows.writerow(_row(site))
    return out.getvalue()


def _row(site: Site) -> list[str]:
    return [
        site.number,
        f"Customer of {site.number}",
        f"{int(site.number, 16) % 900 + 100} Main Street, Denver CO",
        "America/Denver",
        f"C-{site.number}",
        "0",
        GROUPS[site.way],
        site.number,
        "" if site.key is None else site.key.hex(),
        "2020-01-01",
        *_TERMS.values(),
    ]
