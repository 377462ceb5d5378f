from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import MalformedError
from archive.stores.base import COMPLIANCE, Held, check_key, held_fast

NAME = st.text("ABCabc019._-", min_size=1, max_size=8).filter(lambda name: name not in {".", ".."})


@given(st.lists(NAME, min_size=1, max_size=6).map("/".join))
def test_a_path_of_safe_names_is_a_key(key):
    assert check_key(key) == key


@pytest.mark.parametrize("key", ["", ".", "..", "a/../b", "a/.", "/a", "a/", "a//b", "a b", "ä"])
def test_anything_else_is_refused(key):
    with pytest.raises(MalformedError, match="cannot be a key"):
        check_key(key)


def test_a_key_has_at_most_1024_letters():
    assert check_key("x" * 1024)
    with pytest.raises(MalformedError):
        check_key("x" * 1025)


def test_a_lock_holds_up_to_its_last_instant_and_a_hold_for_ever():
    until = datetime(2036, 1, 1, tzinfo=UTC)
    step = timedelta(microseconds=1)

    def held(*, legal_hold=False, retain_until=until):
        return Held(
            version_id="v",
            size=1,
            sha256=None,
            mode=COMPLIANCE,
            retain_until=retain_until,
            legal_hold=legal_hold,
        )

    assert "locked until 2036-01-01 00:00 UTC" in held_fast("s3", "k", held(), until - step)
    assert held_fast("s3", "k", held(), until) is None
    assert "legal hold" in held_fast("s3", "k", held(legal_hold=True), until + step)
    assert held_fast("s3", "k", held(retain_until=None), until) is None
