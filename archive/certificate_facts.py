"""What the custodian's forms are filled with, read again out of a finished bundle.

The forms that a bundle was made with may be lost, or their wording may be older than counsel
wants.  All that they say stands in the bundle itself.
"""

import csv
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import Any

from archive.certificates import Copies
from archive.errors import MalformedError
from archive.forms import FormFacts, named
from archive.manifest import MANIFEST, Listed, file_sha256

__all__ = ["form_facts"]

_REPORT = "alarm-history.pdf"
_PAGES = re.compile(rb"/Type /Page\b(?!s)")
# How the line of a withheld record begins: no record has these members.
_WITHHELD = b'{"leaf":'
_UNREADABLE = (OSError, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile)


def form_facts(container: Path, volumes: Sequence[Path] = ()) -> tuple[FormFacts, Copies]:
    """Return what the forms of a bundle say, that of its container among it.

    It must have been verified: nothing is checked here.  Raises `MalformedError` where it cannot
    be read.
    """
    try:
        with ExitStack() as stack:
            opened = [stack.enter_context(zipfile.ZipFile(it)) for it in (container, *volumes)]
            return _read(_Bag(opened), container, volumes)
    except _UNREADABLE as error:
        raise MalformedError(
            f"{container.name} cannot be read ({error}); fetch it again and verify it"
        ) from None


class _Bag:
    """The files of a bundle, wherever they lie."""

    def __init__(self, opened: Sequence[zipfile.ZipFile]) -> None:
        self._places = {name: one for one in opened for name in one.namelist()}

    def read(self, name: str) -> bytes:
        return self._places[name].read(name)

    def json(self, name: str) -> Any:  # noqa: ANN401  (JSON is anything)
        return json.loads(self.read(name))

    def size(self, name: str) -> int:
        return self._places[name].getinfo(name).file_size

    def time(self, names: Sequence[str], *, last: bool) -> str:
        """Return when the first or the last record was made that is shown; empty: none is."""
        for name in reversed(names) if last else names:
            found = b""
            with self._places[name].open(name) as stream:
                # A file of records has 100,000 lines at most; they are read, not kept.
                for line in stream:
                    if line.startswith(_WITHHELD):
                        continue
                    found = line
                    if not last:
                        break
            if found:
                return str(json.loads(found).get("t", ""))
        return ""

    def has(self, name: str) -> bool:
        return name in self._places


def _read(bag: _Bag, container: Path, volumes: Sequence[Path]) -> tuple[FormFacts, Copies]:
    index, account = bag.json("data/index.json"), bag.json("data/account.json")
    manifest = bag.read(MANIFEST)
    hashes = {name: digest for digest, _, name in _rows(manifest)}
    gaps = Counter(row["kind"] for row in _table(bag.read("data/line-status.csv")))
    segments = [one["file"] for one in index["segments"]]
    copy = index.get("redaction") or {}
    facts = FormFacts(
        base=index["base"],
        station=index["station"],
        acct=index["acct"],
        epoch=index["epoch"],
        kind=index["kind"],
        checkpoint=index["checkpoint"],
        checkpoint_time=index["checkpoint_time"],
        customer=named(account.get("customer"), ("name",)),
        site=named(account.get("site"), ("name", "address")),
        contract=named(bag.json("data/contract/contract.json"), ("number",)),
        zone=index["site_zone"],
        first=bag.time(segments, last=False),
        last=bag.time(segments, last=True),
        records=index["counts"]["records"],
        origins=index["counts"]["origin"],
        gaps=gaps.total(),
        software=index["software"],
        content_id=_digest(manifest),
        volumes=[(path.name, file_sha256(path)) for path in volumes],
        gaps_by=dict(gaps),
        proved=bag.has("data/proofs/proofs.json"),
        withheld=copy["withheld"]["records"] if copy else 0,
        profile=copy.get("profile", ""),
        of=copy["of"]["base"] if copy else "",
    )
    report = bag.read(_REPORT)
    copies = Copies(
        payload={name: Listed(digest, bag.size(name)) for name, digest in hashes.items()},
        report=Listed(_digest(report), len(report)),
        pages=len(_PAGES.findall(report.partition(b"%%EOF")[0])),
        container=(container.name, file_sha256(container)),
    )
    return facts, copies


def _rows(manifest: bytes) -> list[tuple[str, str, str]]:
    return [line.partition("  ") for line in manifest.decode().splitlines()]


def _table(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
