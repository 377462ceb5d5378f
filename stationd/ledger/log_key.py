"""Whether the log key at hand is the one that signs what comes next.

A log that two keys signed without a word is two logs to whoever holds one of the keys.  So nothing
is signed with a key that is not the newest note's, unless the one before has signed off the
change (`stationd.rekeying`).
"""

from archive.errors import MalformedError
from archive.log_keys import KeyLine, key_fingerprint, key_line, read_changes
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import UnavailableError
from stationd.ledger import checkpoints

__all__ = ["check_log_key", "known_keys", "sign_offs"]

_HELP = "docs/howto/change-the-log-key.md says how a key is changed, and what to do if it is lost."


def sign_offs(desk: Desk) -> bytes:
    """Return every change of the log key, signed off, as bundles carry them; empty: none."""
    with desk.database.reading() as connection:
        return b"".join(row.sign_off for row in checkpoints.read_key_changes(connection))


def known_keys(connection: Connection, public: bytes) -> KeyLine:
    """Return the log's keys, of which ``public`` is one; else that key alone.

    Raises `MalformedError` where the changes that are recorded do not hold.
    """
    rows = checkpoints.read_key_changes(connection)
    return key_line(public, read_changes(b"".join(row.sign_off for row in rows)))


def check_log_key(desk: Desk, origin: str, public: bytes) -> None:
    """Raise `UnavailableError` where ``public`` is not what signs the next note for ``origin``."""
    with desk.database.reading() as connection:
        n = checkpoints.read_newest_note(connection)
        note = None if n is None else checkpoints.read_checkpoint(connection, n).note
        try:
            keys = known_keys(connection, public)
        except MalformedError as error:
            raise UnavailableError(f"Nothing is checkpointed: {error}. Run the audit.") from None
    if keys.newest != public:
        change = keys.changes[-1]
        raise UnavailableError(
            f"Nothing is checkpointed: this log key was replaced after checkpoint "
            f"{change.size - 1}. Put the new one (SHA-256 {key_fingerprint(keys.newest)[:23]}…) "
            "where keys.log_key says."
        )
    if note is None:
        return
    try:
        keys.read(note, origin)
    except MalformedError as error:
        msg = (
            f"Nothing is checkpointed: checkpoint {n} was signed by another log key, or for "
            f"another origin ({error}). Put the log key of before back, and ledger.origin as it "
            f"was. {_HELP}"
        )
        raise UnavailableError(msg) from None
