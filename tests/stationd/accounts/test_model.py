"""Accounts as plain things."""

import dataclasses

import pytest

from stationd.accounts.model import SealedKey, Transmitter, is_acct


@pytest.mark.parametrize("text", ["1", "0012", "A.b_c-9", "x" * 32])
def test_letters_digits_and_a_few_signs_make_a_number(text):
    assert is_acct(text)


@pytest.mark.parametrize("text", ["", "station", "12 34", "x" * 33, "a/b", "ä", "12\n"], ids=repr)
def test_anything_else_does_not(text):
    assert not is_acct(text)


def test_a_sealed_key_is_not_shown_by_accident():
    transmitter = Transmitter(
        id="t", group="main", number="1", keys=(SealedKey(sealed="gAAAAsecret"),)
    )
    assert "secret" not in repr(transmitter)


def test_things_do_not_change(opening):
    with pytest.raises(dataclasses.FrozenInstanceError):
        opening.acct = "other"
