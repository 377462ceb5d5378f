"""How drafts become records of one chain: a pure function.

The bytes are those of docs/reference/ledger-records.md.
"""

from collections.abc import Iterator, Mapping, Sequence

from archive import merkle
from archive.canonical import JsonValue, encode
from stationd.errors import LedgerBrokenError
from stationd.ledger.model import Head, Origin, Record, RecordDraft, RecordType

__all__ = ["OWN_KEYS", "continued", "opening"]

_OPEN, _CLOSE = RecordType.OPEN.value, RecordType.CLOSE.value

OWN_KEYS = frozenset({"acct", "epoch", "seq", "t", "type", "origin", "salt", "part"})
"""Keys that the chain gives a record; a draft's fields have none of them."""


def continued(
    head: Head, drafts: Sequence[RecordDraft], *, t: str, salts: Iterator[bytes]
) -> list[Record]:
    """Return the records of ``drafts`` as they follow on ``head``, in order.

    Raises `LedgerBrokenError` for what would follow a `close`, or for an `open` that is not first.
    """
    records: list[Record] = []
    acct, epoch = head.acct, head.epoch
    seq, before, closed = head.size, head.head, head.closed
    for draft in drafts:
        if closed:
            msg = f"{acct} epoch {epoch} is closed at {seq}; nothing follows in it"
            raise LedgerBrokenError(msg)
        kind = str(draft.type)
        if (kind == _OPEN) != (seq == 0):
            msg = f"{acct} epoch {epoch}: `open` is the first record, and only that"
            raise LedgerBrokenError(msg)
        seq += 1
        body = _body(draft, epoch, seq, t, next(salts))
        leaf = merkle.leaf(body)
        before = merkle.head(before, seq, leaf)
        closed = kind == _CLOSE
        records.append(Record(acct, epoch, seq, t, kind, str(draft.origin), body, leaf, before))
    return records


def opening(
    head: Head, before: Head | None, fields: Mapping[str, JsonValue] | None = None
) -> RecordDraft:
    """Return the `open` record of ``head``'s epoch; ``before`` is the epoch that it continues."""
    named: dict[str, JsonValue] = dict(fields or {})
    if before is not None:
        named["previous"] = {
            "epoch": before.epoch,
            "head": before.head.hex(),
            "size": before.size,
        }
    return RecordDraft(head.acct, RecordType.OPEN, Origin.MACHINE, named)


def _body(draft: RecordDraft, epoch: int, seq: int, t: str, salt: bytes) -> bytes:
    """Return a record's canonical bytes."""
    if not OWN_KEYS.isdisjoint(draft.fields):
        taken = ", ".join(sorted(OWN_KEYS.intersection(draft.fields)))
        msg = f"a record of {draft.acct} has fields that are the chain's own: {taken}"
        raise LedgerBrokenError(msg)
    record: dict[str, JsonValue] = {
        **draft.fields,
        "acct": draft.acct,
        "epoch": epoch,
        "origin": str(draft.origin),
        "salt": salt.hex(),
        "seq": seq,
        "t": t,
        "type": str(draft.type),
    }
    if draft.part is not None:
        record["part"] = draft.part
    return encode(record)
