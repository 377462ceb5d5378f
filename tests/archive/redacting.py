"""What tests of redacted copies share: a history full of secrets, and ways to look for them."""

import json
import random
import re
import subprocess
import zlib
from collections.abc import Collection, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from archive.redaction import Redaction, RedactionSource

OF = RedactionSource(
    order="o1", kind="closing", base="station-1-4821-e1-c0-closing", content_id="ab" * 32
)
SPAN = ("2026-01-02T00:05:00.000000Z", "2026-01-02T00:20:00.000000Z")


def redaction(profile: str = "producible", **more: Any) -> Redaction:
    return Redaction(**{"order": "c1", "profile": profile, "reason": "claim 17", "of": OF, **more})


def secret(seq: int, what: str) -> str:
    """Return a word that stands in one record and nowhere else."""
    return f"Q{sha256(f'{what} {seq}'.encode()).hexdigest()[:8]}"


def telling(size: int, hidden: Collection[int], *, doc: str = "") -> list[bytes]:
    """Return a history in which each record says words of its own; those hidden are another's."""
    return [_record(seq, seq in hidden, size, doc) for seq in range(1, size + 1)]


def _record(seq: int, hide: bool, size: int, doc: str) -> bytes:
    dice = random.Random(seq)
    at = f"2026-01-02T00:{seq:02}:{dice.randrange(60):02}.{dice.randrange(10**6):06}Z"
    fields: dict[str, Any] = {
        "acct": "4821",
        "epoch": 1,
        "origin": "machine",
        "salt": dice.randbytes(16).hex(),
        "seq": seq,
        "t": at,
        "type": "signal",
        **{key: secret(seq, key) for key in ("text", "zone", "code", "name", "user", "area")},
        "class": secret(seq, "class") if seq % 3 else "alarm",
        "marks": [secret(seq, "mark")],
        "number": secret(seq, "number"),
        "rcv": secret(seq, "rcv"),
        "frame": secret(seq, "frame").encode().hex(),
        "vendor": secret(seq, "vendor"),
    }
    if seq == 1:
        fields |= {"type": "open", "by": secret(seq, "by")}
    if seq == size and size > 1:
        fields |= {"type": "close", "by": secret(seq, "by")}
    if doc and seq == 2:
        fields |= {"type": "notice", "doc": doc}
    if hide:
        fields["scope"] = "unresolved"
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def words(record: bytes) -> set[str]:
    """Return everything that a record says, its own hash among it, but for what all say."""
    fields = json.loads(record)
    said = {str(value) for value in fields.values() if isinstance(value, str)}
    said |= {str(fields["marks"][0]), bytes.fromhex(fields["frame"]).decode()}
    return (said | {sha256(record).hexdigest()}) - {
        *("4821", "machine", "signal", "open", "close", "notice", "alarm", "unresolved"),
    }


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and every text of every file: streams of a PDF unpacked, and its words."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield path.name, path.name
        yield path.name, content.decode("latin-1")
        if path.suffix == ".pdf":
            yield path.name, "".join(_streams(content))
            shown = subprocess.run(
                ["pdftotext", "-raw", path, "-"], capture_output=True, check=True
            )
            yield path.name, shown.stdout.decode().replace("\n", "")


def _streams(pdf: bytes) -> Iterator[str]:
    for found in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            yield zlib.decompress(found[1]).decode("latin-1")
        except zlib.error:
            yield found[1].decode("latin-1")
