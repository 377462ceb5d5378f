"""What the station and others have signed, against the log as it stands now."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256

from archive import merkle
from archive.errors import MalformedError
from archive.log_keys import KeyLine
from archive.timestamps import read_reply
from stationd.anchors.store import read_newest_stamped
from stationd.audit import store
from stationd.audit.model import Fault
from stationd.db.engine import Connection
from stationd.ledger.checkpoints import read_count, read_entry, read_key_changes
from stationd.ledger.log_key import known_keys
from stationd.ledger.model import STATION

__all__ = ["log_faults", "lost_faults", "stamp_faults"]

_NO_ENTRY = "0" * 64


def log_faults(connection: Connection, origin: str, public: bytes) -> Iterator[Fault]:
    """Yield what does not hold of the checkpoint log and the notes over it.

    ``public`` is any key that the log has or had.
    """
    keys, faults = _keys(connection, public)
    yield from faults
    notes = store.read_notes(connection)
    log, before = merkle.LogTree(), _NO_ENTRY
    for n, entry, leaf in store.read_entries(connection):
        if n != log.size:
            yield _fault(log.size, "entry", "is not there")
            return
        if merkle.log_leaf(entry) != leaf or not _follows(entry, n, before):
            yield _fault(n, "entry", "was changed: it is not the one that was entered")
        before = sha256(entry).hexdigest()
        log.append(merkle.log_leaf(entry))
        if n in notes and not _noted(notes, n, log.root(), origin, keys):
            yield _fault(n, "note", "does not come to the log that its note has signed")


def _follows(entry: bytes, n: int, before: str) -> bool:
    try:
        said = json.loads(entry)
        return (said["n"], said["prev"]) == (n, before)
    except (ValueError, KeyError, TypeError):
        return False


def _keys(connection: Connection, public: bytes) -> tuple[KeyLine, list[Fault]]:
    """Return the log's keys; of changes, each must hold and be the record it says to be."""
    try:
        keys = known_keys(connection, public)
    except MalformedError as error:
        return KeyLine(public), [_fault(0, "log key", f"has changes of its key: {error}")]
    faults: list[Fault] = []
    for row in read_key_changes(connection):
        rows = store.read_rows(connection, STATION, row.epoch, row.seq - 1, row.seq, 1)
        if not rows or not _recorded(rows[0].body, row.sign_off):
            text = "has a change of its key that is not the record it was made with"
            faults.append(_fault(row.n, "log key", text))
    return keys, faults


def _recorded(body: bytes | None, sign_off: bytes) -> bool:
    try:
        return body is not None and json.loads(body)["sign_off"].encode() == sign_off
    except (ValueError, KeyError, AttributeError):
        return False


def _noted(notes: Mapping[int, bytes], n: int, root: bytes, origin: str, keys: KeyLine) -> bool:
    try:
        note = keys.read(notes[n], origin)
    except MalformedError:
        return False
    return (note.size, note.root) == (n + 1, root)


def stamp_faults(connection: Connection, most: int) -> Iterator[Fault]:
    """Yield the newest anchors whose stamps are not over their note."""
    for anchor in read_newest_stamped(connection, most):
        for stamp in anchor.stamps:
            try:
                holds = read_reply(stamp.reply).imprint == sha256(anchor.note).digest()
            except MalformedError:
                holds = False
            if not holds:
                text = f"has a stamp of {stamp.authority} that is not over its note"
                yield _fault(anchor.n, "stamp", text)


def lost_faults(connection: Connection) -> Iterator[Fault]:
    """Yield chains that were published and are gone, by name or by their number alone."""
    for acct, epoch in store.read_unheaded(connection):
        text = f"{acct}, epoch {epoch}: its head is gone from the table heads"
        yield Fault(acct, epoch, 0, "lost", text)
    n = read_count(connection) - 1
    entry = read_entry(connection, n)
    there = store.read_chain_count(connection)
    if entry is not None and (stated := _stated(entry)) != there:
        yield _fault(n, "chains", f"covers {stated} chains, and {there} are published")


def _stated(entry: bytes) -> object:
    try:
        return json.loads(entry)["accounts"]
    except (ValueError, KeyError, TypeError):
        return None


def _fault(n: int, what: str, text: str) -> Fault:
    return Fault("", 0, n, what, f"The ledger: checkpoint {n} {text}.")
