"""The receipt: what lies where in the archive, under which lock; sealed beside the bundle."""

from collections.abc import Sequence
from datetime import datetime

from archive.canonical import JsonValue, encode
from stationd.bundles.model import Order, StoredObject
from stationd.clock import iso

__all__ = ["RECEIPT", "SIGNATURE", "receipt"]

RECEIPT = "receipt.json"
SIGNATURE = "receipt.json.p7s"


def receipt(
    station: str, order: Order, store: str, stored: Sequence[StoredObject], now: datetime
) -> bytes:
    """Return the receipt of a bundle's stored files as canonical JSON."""
    listed: list[JsonValue] = [
        {
            "file": one.file,
            "key": one.key,
            "legal_hold": one.legal_hold,
            "mode": one.mode,
            "retain_until": None if one.retain_until is None else iso(one.retain_until),
            "sha256": one.sha256,
            "size": one.size,
            "version_id": one.version_id,
        }
        for one in stored
    ]
    value: dict[str, JsonValue] = {
        "acct": order.acct,
        "bundle": order.name,
        "checkpoint": order.checkpoint,
        "content_id": order.content_id,
        "epoch": order.epoch,
        "kind": order.kind.value,
        "objects": listed,
        "order": order.id,
        "records": order.records,
        "station": station,
        "store": store,
        "time": iso(now),
        "type": "stationd-receipt",
        "v": 1,
    }
    return encode(value) + b"\n"
