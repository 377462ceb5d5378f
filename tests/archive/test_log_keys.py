from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from archive import checkpoint
from archive.errors import MalformedError
from archive.log_keys import (
    KeyChange,
    KeyLine,
    former_keys,
    key_line,
    read_change,
    read_changes,
    sign_off,
)
from archive.seal import LogKey

ORIGIN = "log.example.com/station-1"
A, B, C = (LogKey(Ed25519PrivateKey.from_private_bytes(bytes([it]) * 32)) for it in (1, 2, 3))


def change(size: int, before: LogKey, after: LogKey) -> bytes:
    return sign_off(origin=ORIGIN, size=size, before=before, after=after)


LINE = change(5, A, B) + change(9, B, C)


@given(st.integers(1, 2**53))
def test_a_change_is_read_as_it_was_written(size: int) -> None:
    assert read_change(change(size, A, B)) == KeyChange(ORIGIN, size, A.public, B.public)


@pytest.mark.parametrize(
    "spoilt",
    [
        change(5, A, B).replace(b"\n5\n", b"\n6\n"),
        change(5, A, B).replace(b"/1\n", b"/2\n"),
        change(5, A, B).replace(b"\n\n", b"\nx\n"),
        b"".join(change(5, A, B).splitlines(keepends=True)[:-1]),
        change(5, A, B)[:-1],
        b"",
        b"\xff" * 200,
    ],
)
def test_what_is_no_change_signed_by_both_is_refused(spoilt: bytes) -> None:
    with pytest.raises(MalformedError):
        read_change(spoilt)


@pytest.mark.parametrize(
    "changes",
    [
        change(9, B, C) + change(5, A, B),
        change(9, A, B) + change(9, B, C),
        change(5, A, B) + change(9, A, C),
    ],
)
def test_changes_follow_one_another(changes: bytes) -> None:
    with pytest.raises(MalformedError, match="do not follow one another"):
        read_changes(changes)


def test_each_size_has_one_key_whichever_is_known() -> None:
    for known in (A, B, C):
        line = key_line(known.public, read_changes(LINE))
        assert [line.at(size) for size in (1, 5, 6, 9, 10)] == [it.public for it in (A, A, B, B, C)]
    stranger = LogKey(Ed25519PrivateKey.generate())
    assert key_line(stranger.public, read_changes(LINE)) == KeyLine(stranger.public)


def test_a_note_is_read_under_the_key_of_its_size() -> None:
    line = key_line(A.public, read_changes(LINE))

    def note(size: int, key: LogKey) -> bytes:
        return checkpoint.note(
            origin=ORIGIN, size=size, root=bytes(32), sign=key.sign, public=key.public
        )

    assert line.read(note(5, A), ORIGIN).size == 5
    assert line.read(note(6, B), ORIGIN).size == 6
    for size, key in ((6, A), (5, B), (10, B)):
        with pytest.raises(MalformedError, match="no signature of the log key"):
            line.read(note(size, key), ORIGIN)
    with pytest.raises(MalformedError):
        line.read(b"", ORIGIN)


def test_former_keys_are_named_with_their_last_size() -> None:
    assert former_keys(b"") == []
    assert former_keys(LINE) == [(5, A.fingerprint), (9, B.fingerprint)]


def test_the_format_shows_this_very_example() -> None:
    text = (Path(__file__).parents[2] / "archive/FORMAT.md").read_text("utf-8")
    assert change(5, A, B).decode() in text
