"""Only the key that signed the log so far goes on to sign it."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stationd.errors import UnavailableError
from stationd.ledger.log_key import check_log_key
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.service import LedgerTree, checkpoint
from stationd.ledger.store import append

ORIGIN = "log.example.com/station-1"


class Key:
    """A log key."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, text: bytes) -> bytes:
        return self._key.sign(text)


@pytest.fixture
def signed(desk):
    """Return the key that signed a checkpoint."""
    key = Key()
    with desk.database.writing() as connection:
        draft = RecordDraft(STATION, RecordType.CONFIG, Origin.MACHINE, {"kind": "test"})
        append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)
    assert checkpoint(desk, LedgerTree.load(desk), origin=ORIGIN, log_key=key) == 0
    return key


def test_any_key_may_begin_a_log(desk) -> None:
    check_log_key(desk, ORIGIN, Key().public)


def test_the_key_that_signed_so_far_goes_on_and_no_other_does(desk, signed) -> None:
    check_log_key(desk, ORIGIN, signed.public)

    for origin, key in ((ORIGIN, Key()), ("log.example.com/other", signed)):
        with pytest.raises(UnavailableError, match="Put the log key of before back"):
            check_log_key(desk, origin, key.public)
