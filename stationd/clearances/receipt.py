"""The receipt: that the record is closed, and where its bundle lies under which lock."""

from collections.abc import Sequence
from datetime import datetime

from archive.canonical import JsonValue, encode
from stationd.bundles.model import Order, StoredObject
from stationd.cases.model import Case
from stationd.clock import iso

__all__ = ["KIND", "file_names", "receipt"]

KIND = "stationd-clear-to-close"


def file_names(case_id: str) -> tuple[str, str]:
    """Return the names of the receipt and of its signature."""
    name = f"clear-to-close-{case_id}.json"
    return name, f"{name}.p7s"


def receipt(
    station: str,
    case: Case,
    contract: str,
    bundle: Order,
    stored: Sequence[StoredObject],
    now: datetime,
) -> bytes:
    """Return the receipt as canonical JSON; nothing of the customer but the two numbers."""
    listed: list[JsonValue] = [
        {
            "file": one.file,
            "key": one.key,
            "mode": one.mode,
            "retain_until": None if one.retain_until is None else iso(one.retain_until),
            "sha256": one.sha256,
            "size": one.size,
            "version_id": one.version_id,
        }
        for one in stored
    ]
    locks = [one.retain_until for one in stored if one.retain_until is not None]
    value: dict[str, JsonValue] = {
        "acct": case.acct,
        "bundle": {
            "checkpoint": bundle.checkpoint,
            "content_id": bundle.content_id,
            "epoch": bundle.epoch,
            "name": bundle.name,
            "objects": listed,
            "order": bundle.id,
            "records": bundle.records,
            "verified_at": None if bundle.verified_at is None else iso(bundle.verified_at),
        },
        "case": case.id,
        "closed_at": None if case.closed_at is None else iso(case.closed_at),
        "contract": contract,
        "ended_at": None if case.ended_at is None else iso(case.ended_at),
        "locked_until": iso(min(locks)) if locks else None,
        "record": "closed",
        "state": case.state,
        "station": station,
        "time": iso(now),
        "type": KIND,
        "v": 1,
    }
    return encode(value) + b"\n"
