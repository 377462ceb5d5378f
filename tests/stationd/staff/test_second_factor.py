"""The second factor."""

from datetime import UTC, datetime, timedelta

import pytest

from stationd.errors import CheckFailedError
from stationd.sealing import Sealer, new_sealing_key
from stationd.staff.second_factor import (
    SecondFactor,
    accept,
    address,
    code_at,
    open_factor,
    seal_factor,
)

SECRET = b"12345678901234567890"
NOW = datetime(2026, 3, 1, 12, 0, 10, tzinfo=UTC)
STEP = timedelta(seconds=30)
FACTOR = SecondFactor(secret=SECRET)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_rfc_6238(seconds, code):
    assert code_at(SECRET, datetime.fromtimestamp(seconds, UTC)) == code


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_counts_one_step_either_way(steps):
    used = accept(FACTOR, code_at(SECRET, NOW + steps * STEP), NOW)
    assert used.confirmed
    assert used.last_step > 0


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "äöü", "1234567"], ids=ascii)
def test_another_code_does_not(code):
    assert accept(FACTOR, code, NOW) is None


@pytest.mark.parametrize("steps", [-2, 2])
def test_two_steps_are_too_far(steps):
    assert accept(FACTOR, code_at(SECRET, NOW + steps * STEP), NOW) is None


def test_no_code_counts_twice():
    code = code_at(SECRET, NOW)
    used = accept(FACTOR, code, NOW)
    assert accept(used, code, NOW) is None
    assert accept(used, code_at(SECRET, NOW - STEP), NOW) is None
    assert accept(used, code_at(SECRET, NOW + STEP), NOW + STEP) is not None


def test_blanks_in_a_code_do_not_matter():
    code = code_at(SECRET, NOW)
    assert accept(FACTOR, f"{code[:3]} {code[3:]}", NOW) is not None


def test_a_factor_lies_sealed():
    sealer = Sealer(new_sealing_key())
    factor = SecondFactor(secret=SECRET, confirmed=True, last_step=7)
    sealed = seal_factor(factor, sealer)
    assert SECRET.hex() not in sealed
    assert open_factor(sealed, sealer) == factor
    with pytest.raises(CheckFailedError):
        open_factor(sealed, Sealer(new_sealing_key()))


def test_the_address_is_what_apps_read():
    made = address(SECRET, login="anna", station="south")
    assert made.startswith("otpauth://totp/south:anna?")
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in made


def test_a_secret_is_not_shown_by_accident():
    assert SECRET.decode() not in repr(FACTOR)
