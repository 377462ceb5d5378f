"""Which log key counts for a note, from any one of a log's keys."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from archive import note_check
from archive.log_key_check import LogKeys, key_pem, log_keys, read_changes, split_given
from archive.note_check import LedgerError
from archive.seal import LogKey
from tests.archive.test_log_keys import LINE, ORIGIN, A, B, C, change

D = LogKey(Ed25519PrivateKey.generate())
KEYS = (A, B, C)
LOG, FILE = "trust/log.pub.pem", "trust/log-keys.txt"


def settled(given: bytes | None, inside: bytes | None, changes: bytes | None) -> list[str]:
    _, problems = log_keys(given, inside, changes, ORIGIN)
    return [problem.subject for problem in problems]


@pytest.mark.parametrize("known", KEYS)
def test_whoever_has_one_key_is_led_to_all_others(known) -> None:
    keys, problems = log_keys(known.public_pem, C.public_pem, LINE, ORIGIN)

    assert problems == []
    assert [keys.at(size) for size in (1, 5, 6, 9, 10)] == [it.public for it in (A, A, B, B, C)]
    assert keys.said(7) == "the log key that counts for tree size 7"


def test_without_changes_the_key_given_is_the_one() -> None:
    keys, problems = log_keys(A.public_pem, A.public_pem, None, ORIGIN)
    assert (keys.at(1), keys.at(99), problems) == (A.public, A.public, [])
    assert settled(B.public_pem, A.public_pem, None) == [LOG]
    assert settled(None, A.public_pem, None) == []
    assert settled(b"nothing", A.public_pem, None) == [LOG]
    # An empty file that was given is no word of the bundle's own.
    assert settled(b"", A.public_pem, None) == [LOG]


def test_changes_from_outside_lead_back_to_a_bundle_of_before() -> None:
    given = C.public_pem + LINE
    assert split_given(given) == (C.public_pem, LINE)
    # Made before either change, between them, and after both.
    for inside, changes in ((A, None), (B, change(5, A, B)), (C, LINE)):
        keys, problems = log_keys(given, inside.public_pem, changes, ORIGIN)
        assert problems == []
        assert keys.at(10) == C.public
    # Known from outside up to the first change only.
    assert settled(B.public_pem + change(5, A, B), C.public_pem, LINE) == []


def test_another_line_of_keys_than_the_one_given_is_refused() -> None:
    assert settled(A.public_pem + change(5, A, C), B.public_pem, change(5, A, B)) == [FILE]


def test_the_bundle_s_own_key_is_the_one_its_changes_end_in() -> None:
    assert settled(A.public_pem, B.public_pem, LINE) == [LOG]
    assert settled(A.public_pem, C.public_pem, change(5, A, B)) == [LOG]
    assert settled(C.public_pem, C.public_pem, change(5, A, B)) == [LOG]
    assert settled(A.public_pem, b"nothing", change(5, A, B)) == [LOG]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (b"", "eight lines"),
        (LINE[:-1], "eight lines"),
        (LINE + b"\n", "eight lines"),
        (LINE.replace(b"log-key/1", b"log-key/2", 1), "known form"),
        (LINE.replace(b"\n5\n", b"\n05\n"), "known form"),
        (LINE.replace(b"\n5\n", b"\n0\n"), "known form"),
        (LINE.replace(b"\n\n", b"\nx\n", 1), "known form"),
        (LINE.replace("— ".encode(), b"- ", 1), "not a signature"),
        (LINE.replace(ORIGIN.encode() + b"\n5", b"log.example.com/x\n5"), "another log's key"),
        (change(5, A, B) + change(9, A, C), "two successors"),
        (change(5, A, B) + change(9, B, A), "goes back"),
        (change(5, A, A), "goes back"),
        (change(9, B, C) + change(10, A, B), "goes back"),
        (change(5, A, B) + change(9, C, D), "does not follow"),
        (change(9, A, B) + change(5, B, C), "do not grow"),
        (change(9, A, B) + change(9, B, C), "do not grow"),
    ],
)
def test_what_is_no_line_of_keys_is_refused(changes: bytes, words: str) -> None:
    with pytest.raises(LedgerError, match=words):
        read_changes(changes, ORIGIN)


@pytest.mark.parametrize(("size", "words"), [(5, "key before"), (9, "key before")])
def test_a_change_that_was_altered_is_not_signed_off(size: int, words: str) -> None:
    altered = LINE.replace(b"\n%d\n" % size, b"\n%d\n" % (size + 1))
    _, (problem,) = log_keys(A.public_pem, C.public_pem, altered, ORIGIN)
    assert problem.decided
    assert words in problem.text


def test_the_new_key_signs_too_and_in_its_place() -> None:
    rows = LINE.splitlines(keepends=True)
    rows[7] = rows[7][:-9] + b"AAAAAAA=\n"
    _, (problem,) = log_keys(A.public_pem, C.public_pem, b"".join(rows), ORIGIN)
    assert "is not signed by it" in problem.text
    rows = LINE.splitlines(keepends=True)
    rows[6], rows[7] = rows[7], rows[6]
    _, (problem,) = log_keys(A.public_pem, C.public_pem, b"".join(rows), ORIGIN)
    assert "is not signed off by the key before" in problem.text


def test_without_openssl_it_is_not_decided(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    _, (problem,) = log_keys(A.public_pem, C.public_pem, LINE, ORIGIN)
    assert not problem.decided


@given(st.binary(max_size=400) | st.sampled_from(LINE.splitlines(keepends=True)))
def test_junk_is_refused_in_words(junk: bytes) -> None:
    with pytest.raises(LedgerError):
        read_changes(junk, ORIGIN)


def test_a_key_goes_into_pem_and_back() -> None:
    assert note_check.public_key(key_pem(A.public)) == A.public
    assert LogKeys(key_pem(A.public)).keys == (A.public,)
