"""How bundles are spoilt for the table of `refusals.py`: what a reader or a checker overlooks."""

import json
import random
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from asn1crypto import cms
from cryptography.x509.oid import ExtendedKeyUsageOID

from archive import canonical, openssl
from archive.cms import add_stamps, signature_value
from archive.stamping import Panel
from tests.archive.spoiling import TAGS, Files, packed_anew, sealed_anew, zipped
from tests.archive.spoils import (
    ROWS,
    SEAL,
    STAMP,
    Workbench,
    document,
    exchanged,
    other_purpose,
    whole,
    without,
)

DOCUMENTS = "data/documents/index.json"
SIGNER = "trust/signer.pem"


def too_long(content: bytes) -> bytes:
    """Go on with a file for longer than any of its kind; it must not be taken for a bomb."""
    return content + random.Random(1).randbytes(600_000) + bytes(64 << 20)


def stamped_for_another_part(bench: Workbench) -> bytes:
    """Put the stamp over the seal's signature in the place of the one over the list."""
    files = bench.files
    (token,) = openssl.signature_stamps(files[SEAL])[1]
    length = len(token.der) + 5
    reply = b"\x30\x82" + length.to_bytes(2, "big") + bytes.fromhex("3003020100") + token.der
    return zipped(packed_anew(files | {STAMP: reply}, bench.station))


def refused_reply(reply: bytes) -> bytes:
    """Let a reply say that it was refused, its token being as it was."""
    return reply.replace(bytes.fromhex("3003020100"), bytes.fromhex("3003020102"), 1)


def sealed_around(bench: Workbench) -> bytes:
    """Seal by hand, with the content inside the seal too, where a reader may take another."""
    station, files, folder = bench.station, bench.files, bench.folder
    (folder / "list").write_bytes(files[TAGS])
    keys = station.folder
    command = f"openssl cms -sign -cades -binary -nodetach -outform DER -in {folder / 'list'}"
    command += f" -signer {keys / 'seal.pem'} -inkey {keys / 'seal.key.pem'}"
    command += f" -certfile {keys / 'root.pem'}"
    made = subprocess.run(command.split(), capture_output=True, check=True)
    stamps = Panel(station.authority).stamp(signature_value(made.stdout))
    return zipped(packed_anew(files | {SEAL: add_stamps(made.stdout, stamps)}, station))


def shown_as_another(bench: Workbench) -> bytes:
    """Seal with one certificate, and show another of the station's, which the seal only names."""
    shown = other_purpose(ExtendedKeyUsageOID.EMAIL_PROTECTION)(bench)
    pem = shown.seal.certificate_pem
    (der,) = openssl.certificates(pem)
    files = without("trust/crls.pem", "trust/ocsp.pem")(bench.files) | {SIGNER: pem}
    files = sealed_anew(files, shown)
    stamps = Panel(bench.station.authority).stamp
    read = cms.ContentInfo.load(
        bench.station.seal.sign(files[TAGS], now=bench.station.now, stamps=stamps)
    )
    signed = read["content"]
    signed["certificates"].append(cms.CertificateChoices.load(der))
    note = {"type": "1.3.6.1.4.1.99999.1", "values": [cms.OctetString(sha256(der).digest())]}
    signed["signer_infos"][0]["unsigned_attrs"].append(cms.CMSAttribute(note))
    return zipped(packed_anew(files | {SEAL: read.dump(force=True)}, shown))


def invented_document(files: Files) -> Files:
    """Put in a document that no record names, with a hash that fits it."""
    name, content = document(files), b"Notice was sent on 2026-01-01.\n"
    (row,) = json.loads(files[DOCUMENTS])
    doc = sha256(b"stationd:doc:v1\0" + bytes.fromhex(row["salt"]) + content).hexdigest()
    there = f"data/notices/{doc[:16]}-notice.txt"
    rows = [row | {"doc": doc, "file": there}]
    left = {it: files[it] for it in files if it != name}
    return left | {there: content, DOCUMENTS: canonical.encode(rows) + b"\n"}


def swallowed_row(files: Files) -> Files:
    """Open a quote before a row's last cell: a spreadsheet takes the rows below for its text."""

    def change(rows: bytes) -> bytes:
        lines = rows.split(b"\r\n")
        before, _, last = lines[10].rpartition(b",")
        lines[10] = before + b',"' + last
        return b"\r\n".join(lines)

    return exchanged(ROWS, change)(files)


def told_twice(book: Any) -> Any:
    """Say a second thing under a key that stands apart from its colon."""
    book.records[9] = book.records[9][:-1] + b',"name" :"Nothing happened"}'
    book.checkpoint(20)
    book.checkpoint(40)
    return whole(book)


def _with(book: Any, at: int, **more: str) -> None:
    book.records[at] = canonical.encode(json.loads(book.records[at]) | more)


def dated_no_day(book: Any) -> Any:
    """Date a record after the point that covers it, behind it one dated an hour that no day has."""
    dates = {28: "2026-01-02T23:00", 29: "2026-01-02T24:00"}
    for at in range(28, 40):
        _with(book, at, t=f"{dates.get(at, '2026-01-03T00:00')}:00.000000Z")
    book.checkpoint(20)
    book.checkpoint(30)
    book.checkpoint(40, datetime(2026, 1, 3, 0, 1, tzinfo=UTC))
    return whole(book)


def withheld_by_its_type(book: Any) -> Any:
    """End in a record that calls itself withheld, so that no next epoch need be shown absent."""
    _with(book, 39, type="withheld")
    book.checkpoint(20)
    book.checkpoint(40, others=[("4821", 2)])
    return book.source(book.proofs([0, 1], absent=None), kind="on_request")


def closed_without_close(book: Any) -> Any:
    """Hide an open account's next epoch behind a checkpoint that says to be of its close."""
    _with(book, 39, type="signal")
    book.checkpoint(20)
    book.checkpoint(40)
    book.checkpoint(40, datetime(2026, 1, 2, 0, 50, tzinfo=UTC), others=[("4821", 2)])
    absent = replace(book.absence(1), at=book.at_close(1, 2))
    return book.source(book.proofs([0, 1, 2], absent=absent), kind="on_request")
