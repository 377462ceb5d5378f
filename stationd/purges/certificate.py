"""The certificate of destruction: what, why, by which rule, who, and what stays.  Pure.

It is written whatever became of the items: what was refused stands in it with the reason.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from archive.canonical import JsonValue
from stationd.clock import iso
from stationd.purges.listing import item_of
from stationd.purges.model import Item, ItemState, Purge
from stationd.staff.model import Role
from stationd.staff.rights import title

__all__ = ["STAYS", "certificate", "words"]

_HOLDS = (
    "No item was touched while a hold on records, an open case on the account or at its site, or a "
    "lock reached it; that was asked in each transaction that removed anything. Where records or "
    "cases went, the bundles that hold them were read back from the archive and verified within "
    "the hour before."
)
STAYS = (
    (
        "of each record its number, time, type, leaf hash and the head of its chain, so that every "
        "proof and every other bundle verifies as before"
    ),
    "of each journal entry its position and link; one that other records stand on stays whole",
    "of each document its hash",
    "of each case its number, dates, states, steps, and the hash of each step's guards' results",
    "of each bundle its name, content id, and the key, version id and SHA-256 of its files",
    (
        "the custody of the account in the chain of the station, and what customers, sites, "
        "contracts and accounts say of names and addresses: that is changed there, not purged"
    ),
    "copies that were handed out, and backups made before: they are removed where they are kept",
)

_KINDS = {
    "records": "records",
    "entries": "journal entries",
    "documents": "documents",
    "facts": "facts of cases",
    "steps": "results of guards",
    "objects": "files in the archive, by version id",
    "delete_markers": "delete markers in the bucket",
    "other_versions": "versions under the same keys that are not ours: they stay",
}


def certificate(
    purge: Purge, items: Sequence[Item], *, station: str, now: datetime, remains: str
) -> dict[str, JsonValue]:
    """Return the certificate of a purge whose items are all over.

    ``remains`` says what of the bytes is left in the files of the database.
    """
    return {
        "approved": _act(purge.approved_by, purge.approved_role, purge.approved_at),
        "ended_at": iso(now),
        "ground": purge.ground,
        "holds": _HOLDS,
        "items": [_item(purge, one) for one in items],
        "list_sha256": purge.list_sha256,
        "nothing_before": None if purge.due_at is None else iso(purge.due_at),
        "proposed": _act(purge.proposed_by, purge.proposed_role, purge.proposed_at),
        "purge": purge.id,
        "remains": remains,
        "station": station,
        "stays": list(STAYS),
        "type": "stationd-purge-certificate",
        "v": 1,
        "withdrawn_by": purge.ended_by,
    }


def words(value: Mapping[str, Any]) -> str:
    """Return a certificate in words."""
    withdrawn = value["withdrawn_by"]
    proposed, approved = value["proposed"], value["approved"]
    said = [
        f"CERTIFICATE OF DESTRUCTION   purge {value['purge']}",
        f"Station {value['station']}; ended {value['ended_at']}",
        "",
        f"Ground: {value['ground']}",
        f"Proposed {proposed['at']} by {proposed['by']} ({proposed['role']}).",
        (
            f"Approved {approved['at']} by {approved['by']} ({approved['role']}), by the hash of "
            "the list that was seen:"
        ),
        f"  {value['list_sha256']}",
        f"Nothing was removed before {value['nothing_before']}.",
        *([f"Stopped by {withdrawn} before it was through."] if withdrawn else []),
        value["holds"],
        "",
    ]
    for one in value["items"]:
        said += _item_words(one)
    said += ["", "What stays:", *[f"  - {one}" for one in value["stays"]], "", value["remains"], ""]
    return "\n".join(said)


def _act(by: str | None, role: Role | None, at: datetime | None) -> JsonValue:
    return {
        "at": None if at is None else iso(at),
        "by": by,
        "role": None if role is None else title(role),
    }


def _item(purge: Purge, item: Item) -> JsonValue:
    listed = item_of(purge.listed, item.acct, item.data_class.value)
    value: dict[str, JsonValue] = {
        **json.loads(json.dumps(dict(listed))),
        "began_at": None if item.began_at is None else iso(item.began_at),
        "destroyed": dict(item.counts),
        "ended_at": None if item.ended_at is None else iso(item.ended_at),
        "outcome": "destroyed" if item.state is ItemState.DONE else "not destroyed",
        "why": item.why,
    }
    if item.state is not ItemState.DONE and any(item.counts.values()):
        value["outcome"] = "destroyed in part"
    return value


def _item_words(one: Mapping[str, Any]) -> list[str]:
    rule = one["rule"]
    head = f"Account {one['acct']}, {one['class']}: {one['outcome']}"
    why = f" ({one['why']})" if one["why"] else ""
    author = f", set by {rule['author']}" if rule["author"] else ""
    said = [
        f"{head}{why}",
        (
            f"  rule: {rule['months']} months from {one['start']} ({one['start_why']}), so until "
            f"{one['due_at']}; {rule['source']}{author}"
        ),
    ]
    said += [
        f"  {_KINDS.get(kind, kind)}: {count}"
        for kind, count in sorted(one["destroyed"].items())
        if count
    ]
    said += [
        f"  epoch {it['epoch']}: {it['records']} records, head {it['head']}"
        for it in one.get("epochs", [])
    ]
    said += [
        f"  kept in {it['name']}, content id {it['content_id']}" for it in one.get("kept_in", [])
    ]
    for bundle in one.get("bundles", []):
        said.append(f"  bundle {bundle['name']}, content id {bundle['content_id']}")
        said += [
            f"    {it['key']} version {it['version_id']} sha256 {it['sha256']}"
            for it in bundle["objects"]
        ]
    return said
