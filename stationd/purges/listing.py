"""The list of what a purge removes: pure, the same bytes from the same facts.

It holds nothing that changes by itself, so the second person's list is the first one's, byte for
byte, unless something about an item has changed in between.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from archive.canonical import JsonValue, encode
from stationd.bundles.model import Order, StoredObject
from stationd.clock import iso
from stationd.retention.plan import Planned
from stationd.tombstones.model import Extent

__all__ = ["Candidate", "digest", "encoded", "item_of", "lines"]

_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item with what it is about.

    ``extents`` are the epochs of the account, ``covers`` the bundles that hold what goes and stay,
    ``bundles`` those that go, with their files.
    """

    planned: Planned
    extents: Sequence[Extent] = ()
    covers: Sequence[Order] = ()
    bundles: Sequence[tuple[Order, Sequence[StoredObject]]] = ()


def encoded(station: str, candidates: Iterable[Candidate]) -> str:
    """Return the list in canonical JSON."""
    value: dict[str, JsonValue] = {
        "items": [_item(one) for one in candidates],
        "station": station,
        "type": "stationd-purge-list",
        "v": _VERSION,
    }
    return encode(value).decode()


def digest(listed: str) -> str:
    """Return the hash by which a list is approved."""
    return sha256(listed.encode()).hexdigest()


def item_of(listed: str, acct: str, data_class: str) -> Mapping[str, Any]:
    """Return what a list says of one of its items."""
    items: list[dict[str, Any]] = json.loads(listed)["items"]
    return next(one for one in items if (one["acct"], one["class"]) == (acct, data_class))


def lines(listed: str) -> list[str]:
    """Return a list in words, an item a paragraph."""
    return [line for one in json.loads(listed)["items"] for line in _lines(one)]


def _item(one: Candidate) -> JsonValue:
    planned = one.planned
    value: dict[str, JsonValue] = {
        "acct": planned.acct,
        "class": planned.data_class.value,
        "due_at": iso(planned.due_at),
        "rule": {
            "author": planned.rule.author,
            "months": planned.rule.months,
            "source": planned.rule.source,
        },
        "start": iso(planned.start),
        "start_why": planned.start_why,
    }
    if one.extents:
        value["epochs"] = [
            {"epoch": it.epoch, "head": it.head.hex(), "records": it.size} for it in one.extents
        ]
    if one.covers:
        value["kept_in"] = [_bundle(order) for order in one.covers]
    if one.bundles:
        value["bundles"] = [
            {**_bundle(order), "objects": [_object(it) for it in files]}
            for order, files in one.bundles
        ]
    return value


def _bundle(order: Order) -> dict[str, JsonValue]:
    return {
        "content_id": order.content_id,
        "epoch": order.epoch,
        "kind": order.kind.value,
        "name": order.name,
        "order": order.id,
        "records": order.records,
    }


def _object(one: StoredObject) -> JsonValue:
    return {
        "file": one.file,
        "key": one.key,
        "sha256": one.sha256,
        "size": one.size,
        "version_id": one.version_id,
    }


def _lines(one: Mapping[str, Any]) -> list[str]:
    rule = one["rule"]
    author = f", set by {rule['author']}" if rule["author"] else ""
    said = [
        (
            f"{one['acct']}  {one['class']}: past its period since {one['due_at'][:10]} "
            f"({rule['months']} months from {one['start'][:10]}, {one['start_why']}; "
            f"{rule['source']}{author})"
        )
    ]
    said += [
        f"    epoch {it['epoch']}: {it['records']} records, head {it['head']}"
        for it in one.get("epochs", [])
    ]
    said += [
        f"    stays in the archive: {it['name']}, content id {it['content_id']}"
        for it in one.get("kept_in", [])
    ]
    for bundle in one.get("bundles", []):
        said.append(f"    bundle {bundle['name']}, content id {bundle['content_id']}")
        said += [
            f"        {it['key']}  version {it['version_id']}  sha256 {it['sha256']}"
            for it in bundle["objects"]
        ]
    return said
