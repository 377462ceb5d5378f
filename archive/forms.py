"""The texts of a bundle: README, the custodian's certification form, the check as a script.

The certification form is filled with facts and hashes and left open where a person must speak:
no name, date or signature is ever filled in, and no legal conclusion is drawn.
"""

import base64
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from archive.manifest import Listed

__all__ = ["VERIFY_SH", "FormFacts", "Trust", "certification", "fingerprints", "one_line", "readme"]

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
openssl ts -verify -data tagmanifest-sha256.txt -in tagmanifest-sha256.txt.tsr -CAfile "$TSA"
sha256sum -c --strict --quiet tagmanifest-sha256.txt
sha256sum -c --strict --quiet manifest-sha256.txt
[ -z "$LOG" ] || python3 verify/ledger.py . "$LOG" "$TSA"
echo "all checks passed"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What goes into ``trust/``, as PEM; a verifier takes its own from elsewhere.

    ``crls_pem`` are lists of revoked certificates, ``ocsp_pem`` is the certificate of the station's
    responder; both may be empty.
    """

    root_pem: bytes
    signer_pem: bytes
    tsa_pem: bytes
    log_pub_pem: bytes
    crls_pem: bytes = b""
    ocsp_pem: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFacts:
    """What the texts say of a bundle."""

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
            digest = sha256(base64.b64decode(body)).hexdigest().upper()
            colons = ":".join(digest[at : at + 2] for at in range(0, 64, 2))
            found.append((f"{title} ({name})", colons))
    return found


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

All four must succeed. `sh verify/verify.sh ROOT.pem TSA.pem LOG.pub.pem` does the
same, and `python3 verify/ledger.py . LOG.pub.pem TSA.pem` shows that no record is
missing, added or changed up to the head that the checkpoint covers, and when others
saw the log with this account in it. Both came with this bundle: stationd-verify from
elsewhere says whether they are what they should be.

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


def _origin_lines(origins: Mapping[str, int]) -> str:
    words = {
        "machine": "made by machine (receivers and this program)",
        "human": "entered by a person",
        "import": "taken over from another system",
    }
    return "\n".join(
        f"    {count:>10}  {words.get(name, name or 'without an origin')}"
        for name, count in sorted(origins.items())
    )


_MADE = textwrap.indent(
    textwrap.fill(
        "The system takes frames from alarm receivers over serial lines, TCP and UDP. Each frame "
        "is written durably to a journal, in which every entry carries the hash of the one "
        "before, and is acknowledged to the receiver only after that. A second program reads the "
        "journal in order, decodes each frame and appends it to the account's chain of records; "
        "every record is hashed onto the one before, and the heads of all chains are signed at "
        "checkpoints. The clock is recorded with its state. The export reads the records as they "
        "were stored, byte for byte, and the finished files were opened and checked again by a "
        "program that shares nothing with the one that wrote them.",
        76,
    ),
    "  ",
)


def certification(
    facts: FormFacts,
    files: Mapping[str, Listed],
    pdf: tuple[Listed, int],
    container: tuple[str, Listed] | None = None,
) -> bytes:
    """Return the custodian's form; ``container`` only in the form written beside the bundle."""
    report, pages = pdf
    copies = [*facts.volumes, (f"alarm-history.pdf, {pages} printed pages", report)]
    if container is not None:
        copies.insert(0, container)
    text = _form_head(facts) + _form_process(facts) + _form_copies(facts, copies, files)
    return text.encode()


def one_line(text: str) -> str:
    """Return ``text`` as one line: what could begin another, or hide, is written as its code."""
    return "".join(
        sign if sign.isprintable() else f"\\u{{{ord(sign):x}}}" for sign in " ".join(text.split())
    )


def _hashed(files: Iterable[tuple[str, Listed]]) -> str:
    return "\n".join(f"  {name}\n    SHA-256 {it.sha256}  {it.size} bytes" for name, it in files)


def _form_head(facts: FormFacts) -> str:
    return f"""CERTIFICATION BY THE CUSTODIAN OR ANOTHER QUALIFIED PERSON
(form; to be completed and signed by a person. Nothing below was signed by a program.)

Name:         ______________________________________________________
Title:        ______________________________________________________
Employer:     ______________________________________________________
How I know the matters stated:
              ______________________________________________________
              ______________________________________________________

1. What this is about

  Station       {facts.station}
  Account       {facts.acct}, epoch {facts.epoch}
  Customer      {facts.customer or "-"}
  Site          {facts.site or "-"}
  Contract      {facts.contract or "-"}
  Records       {facts.records}, from {facts.first} to {facts.last} (UTC)
  Site's zone   {facts.zone}
  Covered up to checkpoint {facts.checkpoint} of {facts.checkpoint_time}, kind {facts.kind}

"""


def _form_process(facts: FormFacts) -> str:
    return f"""2. Records of a regularly conducted activity (as for FRE 803(6)(A)-(C), 902(11))

  [ ] The records were made at or near the time of what they tell of, by, or from
      information transmitted by, someone with knowledge.
  [ ] They were kept in the course of a regularly conducted activity.
  [ ] Making them was a regular practice of that activity.

3. Records made by an electronic process (as for FRE 902(13))

{_MADE}

  Software: {facts.software}
  [ ] I have knowledge of this process, and it produces an accurate result.
  Basis:      ______________________________________________________

"""


def _form_copies(
    facts: FormFacts, copies: Sequence[tuple[str, Listed]], files: Mapping[str, Listed]
) -> str:
    return f"""4. Copies (as for FRE 902(14)); compared by SHA-256

  Content id (SHA-256 of manifest-sha256.txt, which lists every file under data/)
    {facts.content_id}
{_hashed(copies)}

5. Made by machine, entered by people

{_origin_lines(facts.origins)}
  Each record carries this mark; gaps and outages named: {facts.gaps} (data/line-status.csv).

6. What is not certified here

  The cause of any loss; the quality of any installation; that a signal which never
  reached the station was not sent.

7. Declaration (28 U.S.C. 1746, or as the law of the place has it)

  I declare under penalty of perjury under the laws of
  ______________________________ that the foregoing is true and correct.

  Executed on (date) ____________________ at (place) ____________________

  Signature     ______________________________________________________


Annex: the files under data/ ({len(files)})

{_hashed((name, files[name]) for name in sorted(files))}
"""
