"""Looking at anchors and notes, and keeping what witnesses add to a note."""

from archive.canonical import JsonValue
from archive.errors import MalformedError
from stationd.anchors import store
from stationd.anchors.model import Anchor
from stationd.db import schema
from stationd.db.kept import Kept, read_kept
from stationd.desk import Desk
from stationd.errors import MistakeError, NotFoundError
from stationd.ledger import checkpoints
from stationd.ledger.log_key import known_keys
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["cosign", "newest", "note"]


def newest(desk: Desk, count: int) -> list[tuple[Anchor, list[Kept]]]:
    """Return the newest stamped anchors, and what of each lies in the archive."""
    with desk.database.reading() as connection:
        found = store.read_newest_stamped(connection, count)
        return [(one, read_kept(connection, schema.anchor_objects, one.n)) for one in found]


def note(desk: Desk, number: int | None) -> tuple[int, bytes]:
    """Return a checkpoint's number and its note with every signature line; None: the newest."""
    with desk.database.reading() as connection:
        n = checkpoints.read_newest_note(connection) if number is None else number
        found = None if n is None else store.read_note_to_stamp(connection, n)
    if n is None or found is None:
        raise NotFoundError("There is no signed checkpoint of that number.")
    return n, found


def cosign(desk: Desk, raw: bytes, origin: str, public: bytes, by: Person) -> tuple[int, int]:
    """Keep the lines that a note has beyond our own; return its number and how many are new.

    Raises `MistakeError` where it is not a note of this log, byte for byte.
    """
    require(by, Right.MAKE_BUNDLES)
    try:
        with desk.database.reading() as connection:
            keys = known_keys(connection, public)
        n = keys.read(raw, origin).size - 1
    except MalformedError as error:
        raise MistakeError(f"This is no note of ours: {error}.") from None
    with desk.database.writing() as connection:
        ours = store.read_note_to_stamp(connection, n)
        if ours is None or raw.partition(b"\n\n")[0] != ours.partition(b"\n\n")[0]:
            msg = (
                f"The note is signed with our key, but checkpoint {n} of this log is another: "
                "somebody was shown another history. Keep this file and find out who made it."
            )
            raise MistakeError(msg)
        known = set(_lines(ours))
        added = [line for line in _lines(raw) if line not in known]
        store.record_cosignatures(connection, n, added)
        if added:
            fields: dict[str, JsonValue] = {
                "by": by.login,
                "checkpoint": n,
                "kind": "cosigned",
                "lines": list(added),
            }
            draft = RecordDraft(STATION, RecordType.CONFIG, Origin.HUMAN, fields)
            append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)
    return n, len(added)


def _lines(raw: bytes) -> list[str]:
    return raw.partition(b"\n\n")[2].decode().splitlines()
