from datetime import datetime, timedelta

import pytest

from receivers.dc09.cipher import encrypt
from receivers.dc09.opening import is_in_window, is_older, is_unguarded, opened, read_stamp
from receivers.events import Fault
from receivers.session import Account, Key
from tests.receivers.conftest import NOON, keyed

OLD, NEW = bytes(range(16)), bytes(range(1, 17))
HOUR = timedelta(hours=1)
WHOLE = b"p" * 11 + b"|#1|NBA5]_12:00:00,06-15-2025"


def text(key: bytes, clear: bytes = WHOLE) -> bytes:
    return encrypt(key, b"p" * (-len(clear) % 16) + clear)


def test_a_key_that_counts_goes_before_the_same_key_that_does_not() -> None:
    keys = (Key(OLD, None, NOON), Key(OLD))
    assert opened(keys, text(OLD), NOON, lenient=False).fault is None


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        (Key(OLD, None, NOON), Fault.OLD_KEY),
        (Key(OLD, NOON + HOUR), Fault.EARLY_KEY),
        (Key(OLD, NOON - 2 * HOUR, NOON - HOUR), Fault.OLD_KEY),
        (Key(NEW), Fault.UNDECRYPTABLE),
        (Key(NEW, None, NOON), Fault.UNDECRYPTABLE),
    ],
)
def test_a_frame_under_a_key_that_does_not_count_is_named_for_it(key: Key, fault: Fault) -> None:
    assert opened((Key(NEW), key), text(OLD), NOON, lenient=False).fault is fault


def test_what_is_no_ciphers_output_is_opened_by_no_key() -> None:
    found = opened((Key(OLD), Key(OLD, None, NOON)), b"ABC", NOON, lenient=True)
    assert (found.secret, found.fault) == (b"", Fault.UNDECRYPTABLE)


def test_a_whole_text_under_another_key_goes_before_one_that_only_ends_well() -> None:
    # The clear text of this frame under the other key happens to end with a bracket.
    wrong = next(
        key
        for n in range(10_000)
        if opened((Key(key := n.to_bytes(16)),), text(OLD), NOON, lenient=True).secret
    )
    found = opened((Key(wrong), Key(OLD)), text(OLD), NOON, lenient=True)
    assert found.secret == OLD


@pytest.mark.parametrize(
    ("clear", "lenient", "opens"),
    [(b"ppp|#1|NBA5]", True, True), (b"ppp|#1|NBA5]", False, False), (b"ppp|#1|NBA5", True, False)],
)
def test_a_text_without_a_time_opens_only_where_that_is_allowed(
    clear: bytes, lenient: bool, opens: bool
) -> None:
    assert bool(opened((Key(OLD),), text(OLD, clear), NOON, lenient=lenient).secret) is opens


@pytest.mark.parametrize(
    ("account", "unguarded"),
    [
        (keyed("1", OLD), False),
        (keyed("1", OLD, window_back=None), True),
        (keyed("1", OLD, window_ahead=None), False),
        (keyed("1", OLD, switches=frozenset({"plain_allowed"})), False),
        (keyed("1", OLD, switches=frozenset({"clock_local"})), True),
        (keyed("1", OLD, switches=frozenset({"window_off", "older_taken"})), False),
    ],
)
def test_a_window_that_ends_needs_no_other_guard(account: Account, unguarded: bool) -> None:
    assert is_unguarded(account) is unguarded


@pytest.mark.parametrize(
    ("account", "seconds", "older"),
    [
        (keyed("1", OLD, window_back=None, window_ahead=None), 60, False),
        (keyed("1", OLD, window_back=None, window_ahead=None), 61, True),
        (keyed("1", OLD, window_back=100), 121, True),
        (keyed("1", OLD, switches=frozenset({"clock_local"})), 3660, False),
        (keyed("1", OLD, switches=frozenset({"clock_local"})), 3661, True),
    ],
)
def test_a_time_is_older_by_more_than_the_window(
    account: Account, seconds: int, older: bool
) -> None:
    assert is_older(NOON, NOON + timedelta(seconds=seconds), account) is older


def test_a_time_that_is_missing_or_none_is_outside_the_window() -> None:
    account = keyed("1", OLD)
    assert not is_in_window("", account, NOON)
    assert not is_in_window("25:00:00,06-15-2025", account, NOON)


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("12:00:00,06-15-2025", NOON),
        ("24:00:00,06-15-2025", None),
        ("12:00:00,15-06-2025", None),
        ("12:00:00,06-15-25", None),
        ("", None),
    ],
)
def test_a_stamp_is_read_as_utc_month_before_day(stamp: str, moment: datetime | None) -> None:
    assert read_stamp(stamp) == moment
