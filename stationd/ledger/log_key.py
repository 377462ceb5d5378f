"""Whether the log key at hand is the one that signed the log so far.

A log that two keys signed is two logs to whoever holds one of the keys: every bundle with a point
of before would fail.  So nothing is signed with a key that is not the newest note's.
"""

from archive.checkpoint import read_note
from archive.errors import MalformedError
from stationd.desk import Desk
from stationd.errors import UnavailableError
from stationd.ledger import checkpoints

__all__ = ["check_log_key"]


def check_log_key(desk: Desk, origin: str, public: bytes) -> None:
    """Raise `UnavailableError` where the newest note is not signed by ``public`` for ``origin``."""
    with desk.database.reading() as connection:
        n = checkpoints.read_newest_note(connection)
        note = None if n is None else checkpoints.read_checkpoint(connection, n).note
    if note is None:
        return
    try:
        read_note(note, origin, public)
    except MalformedError as error:
        msg = (
            f"Nothing is checkpointed: checkpoint {n} was signed by another log key, or for "
            f"another origin ({error}). Put the log key of before back, and ledger.origin as it "
            "was."
        )
        raise UnavailableError(msg) from None
