"""Sealing small secrets."""

import pytest

from stationd.errors import CheckFailedError, SettingsError
from stationd.sealing import Sealer, load_sealer, new_sealing_key


def test_what_is_sealed_opens_again():
    sealer = Sealer(new_sealing_key())
    sealed = sealer.seal(b"panel key")
    assert "panel" not in sealed
    assert sealer.open(sealed) == b"panel key"


def test_another_key_opens_nothing():
    sealed = Sealer(new_sealing_key()).seal(b"x")
    with pytest.raises(CheckFailedError, match="another key"):
        Sealer(new_sealing_key()).open(sealed)


@pytest.mark.parametrize("sealed", ["", "nonsense"])
def test_what_was_never_sealed_does_not_open(sealed):
    with pytest.raises(CheckFailedError):
        Sealer(new_sealing_key()).open(sealed)


def test_a_key_file_is_loaded(tmp_path):
    path = tmp_path / "roster.key"
    path.write_bytes(new_sealing_key() + b"\n")
    assert load_sealer(path).open(load_sealer(path).seal(b"x")) == b"x"


def test_a_missing_key_file_says_what_makes_one(tmp_path):
    with pytest.raises(SettingsError, match="keys init"):
        load_sealer(tmp_path / "none")


def test_a_file_that_holds_no_key_is_named(tmp_path):
    path = tmp_path / "roster.key"
    path.write_text("not a key")
    with pytest.raises(SettingsError, match="no Fernet key"):
        load_sealer(path)
