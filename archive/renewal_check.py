"""Check renewal lists with their stamps, and files against what they name (FORMAT.md, 12).

Standard library and the openssl command only; this shares nothing with the writer.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256, sha512
from itertools import pairwise
from pathlib import Path
from typing import Any

from archive import openssl

__all__ = ["RenewalList", "file_faults", "list_faults", "read_renewal", "stamp_faults"]

_HEAD = {"n", "objects", "previous", "station", "time", "type", "v"}
_ROW = {"key", "sha256", "sha512", "size", "version_id"}
_TOLERANCE = timedelta(seconds=120)
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class RenewalList:
    """A list that could be read: its bytes, its first line, and what it names by key."""

    content: bytes
    head: Mapping[str, Any]
    rows: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Its number."""
        return int(self.head["n"])

    @property
    def time(self) -> datetime:
        """When it says that it was made."""
        return datetime.strptime(self.head["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def read_renewal(content: bytes) -> RenewalList:
    """Return a list, or raise `ValueError` with what is wrong of its form."""
    head, *named = _values(content)
    shaped = isinstance(head, dict) and head.keys() == _HEAD
    if not shaped or (head["type"], head["v"]) != ("stationd-renewal", 1):
        raise ValueError("its first line is not that of a renewal list")
    rows: dict[tuple[str, str], Mapping[str, Any]] = {}
    for one in named:
        if not isinstance(one, dict) or one.keys() != _ROW:
            raise ValueError("a line names no object")
        rows[one["key"], one["version_id"]] = one
    if list(rows) != sorted(rows) or not len(rows) == len(named) == head["objects"]:
        raise ValueError("its objects are not in order, or are not as many as it says")
    made = RenewalList(content, head, rows)
    _ = made.n, made.time
    return made


def _values(content: bytes) -> list[Any]:
    """Return the values of the lines, each of which must be canonical JSON."""
    if not content.endswith(b"\n"):
        raise ValueError("it is cut short")
    lines = content[:-1].split(b"\n")
    try:
        values = [json.loads(line) for line in lines]
        written = [_canonical(one) for one in values]
    except (ValueError, RecursionError):
        raise ValueError("a line is not JSON") from None
    if written != lines:
        raise ValueError("a line is not canonical JSON")
    return values


def _canonical(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def list_faults(lists: Sequence[RenewalList]) -> Iterator[str]:
    """Yield what does not hold of lists that follow one another; the first may be any."""
    for before, after in pairwise(lists):
        if after.n != before.n + 1 or after.head["station"] != before.head["station"]:
            yield f"list {after.n} does not follow list {before.n} of the same station"
            continue
        hashes = {
            "sha256": sha256(before.content).hexdigest(),
            "sha512": sha512(before.content).hexdigest(),
        }
        if after.head["previous"] != hashes:
            yield f"list {after.n} does not have the hashes of list {before.n}"
        for key, version in before.rows.keys() & after.rows.keys():
            if before.rows[key, version] != after.rows[key, version]:
                yield f"list {after.n} has other hashes of {key} than list {before.n}"


def stamp_faults(
    one: RenewalList, replies: Mapping[str, bytes], tsa_pem: bytes
) -> tuple[str | None, list[str]]:
    """Return when a list was stamped, and what does not hold of its stamps (by file name).

    One that holds is enough for the time; each that does not is told.
    """
    times: list[datetime] = []
    faults: list[str] = []
    for name, reply in sorted(replies.items()):
        try:
            token = openssl.reply_token(reply)
        except openssl.DerError as error:
            faults.append(f"{name} is no reply that can be read: {error}")
            continue
        answer = openssl.verify_stamp(token, one.content, tsa_pem)
        if not answer.holds:
            faults.append(f"{name} does not hold: {answer.reason}")
        elif one.time - token.time > _TOLERANCE:
            faults.append(f"{name} is of {token.time:%Y-%m-%d %H:%M:%S}Z, before the list")
        else:
            times.append(token.time)
    return (f"{min(times):%Y-%m-%dT%H:%M:%SZ}" if times else None), faults


def file_faults(one: RenewalList, files: Sequence[Path]) -> Iterator[str]:
    """Yield each file that is not, by name and both hashes, one that the list names."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for (key, _), row in one.rows.items():
        by_name.setdefault(key.rpartition("/")[2], []).append(row)
    for path in files:
        found = by_name.get(path.name, [])
        if not found:
            yield f"{path.name} is not named by list {one.n}"
        elif _hashes(path) not in [(row["sha256"], row["sha512"]) for row in found]:
            yield f"{path.name} does not have the hashes of list {one.n}"


def _hashes(path: Path) -> tuple[str, str]:
    both = sha256(), sha512()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            for one in both:
                one.update(block)
    return both[0].hexdigest(), both[1].hexdigest()
