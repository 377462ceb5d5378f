"""Passwords."""

import pytest

from stationd.errors import MistakeError
from stationd.staff.passwords import check_new, hashed, matches


def test_a_password_matches_its_hash_and_no_other():
    stored = hashed("correct horse battery")
    assert stored.startswith("$argon2id$")
    assert "horse" not in stored
    assert matches(stored, "correct horse battery")
    assert not matches(stored, "correct horse batterz")


@pytest.mark.parametrize("stored", [None, "", "plain"], ids=["nobody", "empty", "no hash"])
def test_nothing_matches_what_is_no_hash(stored):
    assert not matches(stored, "a password that nobody has")


@pytest.mark.parametrize("password", ["short", "x" * 1025], ids=["short", "endless"])
def test_a_password_has_a_length(password):
    with pytest.raises(MistakeError, match="12 to 1024"):
        check_new(password, "anna")


def test_a_password_is_more_than_the_login_name():
    with pytest.raises(MistakeError, match="login name"):
        check_new("Annabella1234", "annabella")
    check_new("annabella has a long good one", "annabella")
