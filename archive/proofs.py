"""The proofs of a bundle, as they are written: ``proofs.json``, and the notes and replies it names.

What they mean, and how somebody else checks them: FORMAT.md, 7.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.canonical import JsonValue, encode
from archive.merkle import Occupant

__all__ = ["PROOFS_FILE", "Absence", "AtClose", "PointProof", "Proofs", "proof_files"]

PROOFS_FILE = "data/proofs/proofs.json"
"""What names all other files of the proofs; `bag-info.txt` states that it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointProof:
    """One anchor, and that the account stood in its state with ``size`` records and ``head``.

    ``inclusion`` is of entry ``n`` in the log of ``tree_size``; ``consistency`` leads from that
    log to the one of the last point, and is empty for it.
    """

    n: int
    tree_size: int
    entry: bytes
    size: int
    head: bytes
    siblings: Sequence[bytes]
    note: bytes
    reply: bytes
    inclusion: Sequence[bytes]
    consistency: Sequence[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtClose:
    """The checkpoint that was made with a `close`, where the last point is a later one."""

    n: int
    entry: bytes
    inclusion: Sequence[bytes]
    siblings: Sequence[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """That the next epoch is not in the state of the last point, or of the one ``at`` names."""

    siblings: Sequence[bytes]
    other: Occupant | None
    at: AtClose | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """What a bundle proves of its account; the last point is the checkpoint it reaches to."""

    origin: str
    station: str
    acct: str
    epoch: int
    records: int
    points: Sequence[PointProof]
    absent: Absence | None


def proof_files(proofs: Proofs) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file under ``data/proofs``."""
    for point in proofs.points:
        yield _path(point, "note"), point.note
        yield _path(point, "tsr"), point.reply
    value: dict[str, JsonValue] = {
        "acct": proofs.acct,
        "epoch": proofs.epoch,
        "next_epoch_absent": None if proofs.absent is None else _absence(proofs.absent),
        "origin": proofs.origin,
        "points": [_point(point) for point in proofs.points],
        "records": proofs.records,
        "station": proofs.station,
        "v": 1,
    }
    yield PROOFS_FILE, encode(value) + b"\n"


def _path(point: PointProof, ending: str) -> str:
    return f"data/proofs/anchors/{point.n}.{ending}"


def _hex(hashes: Sequence[bytes]) -> list[JsonValue]:
    return [one.hex() for one in hashes]


def _point(point: PointProof) -> JsonValue:
    return {
        "consistency": _hex(point.consistency),
        "entry": point.entry.decode(),
        "head": point.head.hex(),
        "inclusion": _hex(point.inclusion),
        "n": point.n,
        "note": _path(point, "note"),
        "siblings": _hex(point.siblings),
        "size": point.size,
        "tree_size": point.tree_size,
        "tsr": _path(point, "tsr"),
    }


def _absence(absent: Absence) -> JsonValue:
    other: list[JsonValue] = []
    if absent.other is not None:
        one = absent.other
        other = [{"head": one.head.hex(), "key": one.key.hex(), "size": one.size}]
    value: dict[str, JsonValue] = {"other": other, "siblings": _hex(absent.siblings)}
    if absent.at is not None:
        at = absent.at
        value["at"] = {
            "entry": at.entry.decode(),
            "inclusion": _hex(at.inclusion),
            "n": at.n,
            "siblings": _hex(at.siblings),
        }
    return value
