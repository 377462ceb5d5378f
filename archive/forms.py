"""The texts of a bundle: README, the check as a script, and the facts that forms are filled with.

The custodian's forms themselves are in `archive.certificates`.
"""

import base64
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from archive.canonical import JsonValue
from archive.ceremony import fingerprint
from archive.log_keys import former_keys
from archive.manifest import Listed

__all__ = ["VERIFY_SH", "FormFacts", "Trust", "fingerprints", "named", "one_line", "readme"]

_PEM = re.compile(rb"-----BEGIN ([A-Z ]+)-----(.+?)-----END \1-----", re.DOTALL)

VERIFY_SH = b"""#!/bin/sh
# The four checks of README.txt, and the ledger's where a log key is given.
#   sh verify/verify.sh ROOT.pem TSA.pem [LOG_PUBLIC_KEY.pem]
# Take the files from outside this bundle: what lies in trust/ proves nothing about itself.
set -eu
[ $# -ge 2 ] || {
    echo "usage: sh verify/verify.sh ROOT.pem TSA.pem [LOG_PUBLIC_KEY.pem]" >&2
    exit 2
}
full() { case "$1" in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
ROOT=$(full "$1")
TSA=$(full "$2")
LOG=${3:+$(full "$3")}
cd "$(dirname "$0")/.."
openssl cms -verify -cades -binary -inform DER -in tagmanifest-sha256.txt.p7s \\
    -content tagmanifest-sha256.txt -CAfile "$ROOT" -out /dev/null
for STAMP in tagmanifest-sha256.txt*.tsr; do
    openssl ts -verify -data tagmanifest-sha256.txt -in "$STAMP" -CAfile "$TSA"
done
sha256sum -c --strict --quiet tagmanifest-sha256.txt
sha256sum -c --strict --quiet manifest-sha256.txt
[ -z "$LOG" ] || python3 verify/ledger.py . "$LOG" "$TSA"
echo "all checks passed"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What goes into ``trust/``, as PEM; a verifier takes its own from elsewhere.

    ``crls_pem`` are lists of revoked certificates, ``ocsp_pem`` is the certificate of the station's
    responder, ``log_keys`` are the changes of the log key, signed off; all three may be empty.
    """

    root_pem: bytes
    signer_pem: bytes
    tsa_pem: bytes
    log_pub_pem: bytes
    crls_pem: bytes = b""
    ocsp_pem: bytes = b""
    log_keys: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFacts:
    """What the texts say of a bundle.

    ``profile`` is that of a redacted copy, which lacks ``withheld`` of the records of the bundle
    ``of``; empty: the bundle is whole.
    """

    base: str
    station: str
    acct: str
    epoch: int
    kind: str
    checkpoint: int
    checkpoint_time: str
    customer: str
    site: str
    contract: str
    zone: str
    first: str
    last: str
    records: int
    origins: Mapping[str, int]
    gaps: int
    software: str
    content_id: str
    volumes: Sequence[tuple[str, Listed]]
    gaps_by: Mapping[str, int] = field(default_factory=dict)
    proved: bool = False
    withheld: int = 0
    profile: str = ""
    of: str = ""


def fingerprints(trust: Trust) -> list[tuple[str, str]]:
    """Return what each file of ``trust/`` is, and its SHA-256 fingerprint."""
    parts = (
        ("station root certificate", "trust/root.pem", trust.root_pem),
        ("seal certificate", "trust/signer.pem", trust.signer_pem),
        ("time-stamp authority", "trust/tsa.pem", trust.tsa_pem),
        ("log public key", "trust/log.pub.pem", trust.log_pub_pem),
    )
    found: list[tuple[str, str]] = []
    for title, name, pem in parts:
        for _, body in _PEM.findall(pem):
            found.append((f"{title} ({name})", fingerprint(base64.b64decode(body))))
    return found + [
        (f"log public key up to tree size {size} (trust/log-keys.txt)", print_)
        for size, print_ in former_keys(trust.log_keys)
    ]


def readme(facts: FormFacts, trust: Trust) -> bytes:
    """Return ``README.txt``: what this is, how to check it, and whom to ask for the keys."""
    volumes = ""
    if facts.volumes:
        names = "\n".join(f"    {name}" for name, _ in facts.volumes)
        volumes = (
            "\nThe records are in volumes of their own. Unpack each into the same folder\n"
            f"before the checks:\n\n{names}\n"
        )
    marks = "\n".join(f"  {title}\n    {digest}" for title, digest in fingerprints(trust))
    return f"""ALARM HISTORY OF ACCOUNT {facts.acct}, STATION {facts.station}
{facts.base}
{_redacted(facts)}
What this is
------------
The signed record of every signal and every act that the station's ledger holds
for this account (epoch {facts.epoch}), from its first record to checkpoint {facts.checkpoint} of
{facts.checkpoint_time}: {facts.records} records. For people: alarm-history.pdf and the .csv
files in data/records. For programs: the .jsonl files beside them, which hold the
exact bytes that were recorded.
{volumes}
How to check it
---------------
Unpack the container (it is a ZIP) into an empty folder and type there, with
ROOT.pem and TSA.pem obtained from the station or its counsel and not from here:

  openssl cms -verify -cades -binary -inform DER -in tagmanifest-sha256.txt.p7s \\
      -content tagmanifest-sha256.txt -CAfile ROOT.pem -out /dev/null
  openssl ts -verify -data tagmanifest-sha256.txt \\
      -in tagmanifest-sha256.txt.tsr -CAfile TSA.pem
  sha256sum -c --strict tagmanifest-sha256.txt
  sha256sum -c --strict manifest-sha256.txt

All four must succeed. Further stamps (tagmanifest-sha256.txt.2.tsr …) are of other
authorities; check each as the first, with all their certificates in TSA.pem.
`sh verify/verify.sh ROOT.pem TSA.pem LOG.pub.pem` does all of it, and
`python3 verify/ledger.py . LOG.pub.pem TSA.pem` shows that no record is missing,
added or changed up to the head that the checkpoint covers, and when others saw the
log with this account in it. Both came with this bundle: stationd-verify from
elsewhere says whether they are what they should be. The page verify.html, which the
station publishes, checks all of it in a browser, without a network.

What it does not show
---------------------
That a signal the station never received was not sent. Times at which lines were
down are in data/line-status.csv. A bundle without data/proofs shows the head of the
account by the word of the sealed file data/ledger.json alone.

Fingerprints (SHA-256)
----------------------
Confirm them with the station, with counsel, or where the station publishes them.

{marks}

Content id: {facts.content_id}
(the SHA-256 of manifest-sha256.txt)
""".encode()


def _redacted(facts: FormFacts) -> str:
    """Return the warning of a redacted copy; a whole bundle has none."""
    if not facts.profile:
        return ""
    told = (
        f"This is a redacted copy, made with the profile {facts.profile}. Of its {facts.records} "
        f"records {facts.withheld} are withheld: in their place stands their hash, which shows "
        "that they exist, where, and that they are those of the whole bundle, and nothing of what "
        "they say. data/index.json lists them with the reason of each. Counts, dates and texts "
        "of this copy are those of the records that are shown. The whole bundle is in the "
        f"station's archive: {facts.of}."
    )
    return f"""
R E D A C T E D   C O P Y
-------------------------
{textwrap.fill(told, 80)}
"""


def one_line(text: str) -> str:
    """Return ``text`` as one line: what could begin another, or hide, is written as its code."""
    return "".join(
        sign if sign.isprintable() else f"\\u{{{ord(sign):x}}}" for sign in " ".join(text.split())
    )


def named(value: JsonValue, keys: tuple[str, ...]) -> str:
    """Return what ``value`` is called, on one line: the values of these keys, if it has keys."""
    if isinstance(value, Mapping):
        return one_line(", ".join(str(value[key]) for key in keys if value.get(key)))
    return one_line(str(value or ""))
