"""The files of a bundle that are not records: facts frozen at the order, documents, lists.

Facts are JSON as the station froze them.  Each known key has a file of its own; what is left
stands in ``data/account.json``, so that nothing that was frozen is lost.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from archive import canonical
from archive.canonical import JsonValue
from archive.manifest import Bag
from archive.rows import COLUMNS, table
from archive.summary import Summary

__all__ = ["SourceDocument", "write_dictionary", "write_documents", "write_facts"]

_CUSTODY = ("seq", "t", "act", "by", "order", "bundle", "object", "version_id", "sha256")
_LINES = ("kind", "listener", "from", "to", "cause", "detail")
_OWN_FILES = ("contract", "case", "notices", "custody", "lines", "gaps")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9.-]+")
_HASH = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDocument:
    """A document that record ``seq`` names by ``doc``, with the salt its hash needs."""

    doc: bytes
    salt: bytes
    content: bytes
    media_type: str
    name: str
    seq: int


def write_facts(bag: Bag, facts: Mapping[str, JsonValue]) -> None:
    """Write account, contract, case, notices, custody and line status."""
    rest = {key: value for key, value in facts.items() if key not in _OWN_FILES}
    bag.write("data/account.json", _pretty(rest))
    bag.write("data/contract/contract.json", _pretty(facts.get("contract")))
    bag.write("data/notices/notices.json", _pretty(_rows(facts, "notices")))
    if facts.get("case"):
        bag.write("data/case.json", _pretty(facts["case"]))
    bag.write("data/custody/custody.csv", table(_CUSTODY, _rows(facts, "custody")))
    bag.write("data/line-status.csv", table(_LINES, line_rows(facts)))


def line_rows(facts: Mapping[str, JsonValue]) -> list[Mapping[str, Any]]:
    """Return the rows of line status: lines that were down, steps of the clock, other gaps."""
    rows: list[Mapping[str, Any]] = [
        {**row, "kind": row.get("kind") or "line_down"} for row in _rows(facts, "lines")
    ]
    rows += [{**row, "kind": row.get("kind") or "gap"} for row in _rows(facts, "gaps")]
    return sorted(rows, key=lambda row: (str(row.get("from") or ""), str(row.get("listener"))))


def _rows(facts: Mapping[str, JsonValue], key: str) -> list[Mapping[str, Any]]:
    value = facts.get(key) or []
    if not isinstance(value, (list, tuple)):
        return []
    return [row if isinstance(row, Mapping) else {"text": row} for row in value]


def _pretty(value: JsonValue) -> bytes:
    # Canonical form: one writing for one value, and the reader's own tools indent it.
    return canonical.encode(value) + b"\n"


def write_documents(
    bag: Bag, documents: Iterable[SourceDocument], facts: Mapping[str, JsonValue]
) -> int:
    """Write the documents and their index; return how many there are.

    What the facts about notices name lies under ``data/notices``, the rest under
    ``data/documents``.
    """
    of_notices = set(_HASH.findall(canonical.encode(facts.get("notices")).decode()))
    index: dict[str, dict[str, Any]] = {}
    for document in documents:
        doc = document.doc.hex()
        if doc in index:
            if document.seq not in index[doc]["records"]:
                index[doc]["records"].append(document.seq)
            continue
        folder = "notices" if doc in of_notices else "documents"
        name = f"data/{folder}/{doc[:16]}-{_file_name(document.name)}"
        bag.write(name, document.content)
        index[doc] = {
            "doc": doc,
            "file": name,
            "media_type": document.media_type,
            "name": document.name,
            "records": [document.seq],
            "salt": document.salt.hex(),
        }
    rows = [index[doc] | {"records": sorted(index[doc]["records"])} for doc in sorted(index)]
    bag.write("data/documents/index.json", _pretty(rows))
    return len(rows)


def _file_name(name: str) -> str:
    """Return ``name`` in the letters that names in a bundle may have, its ending kept."""
    stem, dot, ending = name.rpartition(".")
    safe = _NOT_IN_NAMES.sub("-", stem if dot else name).strip("-.")[:_LONGEST_NAME] or "document"
    ending = _NOT_IN_NAMES.sub("", ending)[:10] if dot else ""
    return f"{safe}.{ending}" if ending else safe


def write_dictionary(
    bag: Bag, summary: Summary, dictionary: Mapping[str, str], code_table: str
) -> None:
    """Write ``data/dictionary.csv``: every column, and what occurs of codes and words."""
    words = {*summary.classes, *summary.types, *summary.origins, *summary.marks}
    rows: list[dict[str, str]] = [
        {"kind": "column", "name": name, "meaning": meaning} for name, meaning in COLUMNS.items()
    ]
    rows += [
        {"kind": "code", "name": code, "meaning": dictionary.get(code) or name, "table": code_table}
        for code, name in sorted(summary.codes.items())
    ]
    rows += [
        {"kind": "code", "name": code, "meaning": name, "table": table_name}
        for (code, table_name), name in sorted(summary.own_codes.items())
    ]
    rows += [
        {"kind": "term", "name": name, "meaning": meaning, "table": code_table}
        for name, meaning in sorted(dictionary.items())
        if name not in summary.codes and name in words
    ]
    bag.write("data/dictionary.csv", table(("kind", "name", "meaning", "table"), rows))
