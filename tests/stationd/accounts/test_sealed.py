"""Sealed keys in a column of JSON."""

from datetime import UTC, datetime

from stationd.accounts.model import SealedKey
from stationd.accounts.sealed import key_values, sealed_keys

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def test_what_is_written_is_read():
    keys = (
        SealedKey(sealed="a", valid_to=DAY),
        SealedKey(sealed="b", valid_from=DAY, overlap=60, added_at=DAY),
    )
    assert sealed_keys(key_values(keys)) == keys


def test_older_rows_say_less():
    old = {"sealed": "a", "valid_from": None, "valid_to": None}
    assert sealed_keys([old]) == (SealedKey(sealed="a"),)
