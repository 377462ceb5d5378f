import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from archive.checkpoint import JournalPoint, NotePoint, entry, note, read_note
from archive.errors import MalformedError

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "evidence-vectors.json").read_bytes())
NOTE = VECTORS["note"]
ORIGIN = NOTE["origin"]
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(NOTE["seed_hex"]))
PUBLIC = bytes.fromhex(NOTE["public_hex"])
ROOT = bytes.fromhex(VECTORS["log"]["roots"][-1])
SIGNED = NOTE["note"].encode()
WHEN = datetime(2026, 1, 2, 3, 5, tzinfo=UTC)


def signed(text):
    """Sign any text as if it were a note of ours."""
    line = base64.b64encode(bytes.fromhex(NOTE["key_id_hex"]) + KEY.sign(text)).decode()
    return text + f"\n— {ORIGIN} {line}\n".encode()


def test_the_note_is_that_of_the_vectors():
    made = note(origin=ORIGIN, size=5, root=ROOT, sign=KEY.sign, public=PUBLIC)

    assert made == SIGNED


def test_a_signed_note_is_read_back():
    assert read_note(SIGNED, ORIGIN, PUBLIC) == NotePoint(size=5, root=ROOT)


@given(st.integers(0, 10**15), st.binary(min_size=32, max_size=32))
def test_what_a_note_says_is_what_was_signed(size, root):
    made = note(origin=ORIGIN, size=size, root=root, sign=KEY.sign, public=PUBLIC)

    assert read_note(made, ORIGIN, PUBLIC) == NotePoint(size=size, root=root)


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_a_note_with_any_byte_changed_is_refused(at, by):
    changed = bytearray(SIGNED)
    changed[at] ^= by

    with pytest.raises(MalformedError):
        read_note(bytes(changed), ORIGIN, PUBLIC)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_are_a_note_or_refused(before, after):
    with pytest.raises(MalformedError):
        read_note(before + b"\n\n" + after, ORIGIN, PUBLIC)


def test_lines_of_witnesses_are_passed_over():
    witness = base64.b64encode(b"abcd" + bytes(64))
    line = "— witness.example ".encode() + witness + b"\n"
    text, _, ours = SIGNED.partition(b"\n\n")

    assert read_note(SIGNED + line, ORIGIN, PUBLIC).size == 5
    assert read_note(text + b"\n\n" + line + ours, ORIGIN, PUBLIC).size == 5


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no empty line"),
        (signed(f"{ORIGIN}\n5\n".encode()), "origin, size and root"),
        (signed(b"\xff\n5\n" + base64.b64encode(ROOT) + b"\n"), "origin, size and root"),
        (signed(f"{ORIGIN}\n5\n{NOTE['note'].split()[2]}\nmore\n".encode()), "just origin"),
        (signed(f"other.example\n5\n{NOTE['note'].split()[2]}\n".encode()), "other.example"),
        (signed(f"{ORIGIN}\n05\n{NOTE['note'].split()[2]}\n".encode()), "plain number"),
        (signed(f"{ORIGIN}\n-5\n{NOTE['note'].split()[2]}\n".encode()), "plain number"),
        (signed(f"{ORIGIN}\n5\nAAAA\n".encode()), "not a hash"),
        (signed(f"{ORIGIN}\n5\n====\n".encode()), "not a hash"),
        (signed(f"{ORIGIN}\n5\n{NOTE['note'].split()[2][:-2]}J=\n".encode()), "not a hash"),
        (SIGNED[:-1], "no end"),
        (SIGNED + b"\n", "no signature"),
        (SIGNED + b"\xff\n", "not UTF-8"),
        (SIGNED.replace("—".encode(), b"-"), "no signature"),
        (SIGNED.replace(f"— {ORIGIN}".encode(), "— other".encode()), "no signature of the log key"),
    ],
    ids=lambda value: ascii(value)[-24:],
)
def test_a_note_that_is_not_as_written_down_is_refused(data, reason):
    with pytest.raises(MalformedError, match=reason):
        read_note(data, ORIGIN, PUBLIC)


def test_a_note_of_another_log_key_is_refused():
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))

    with pytest.raises(MalformedError, match="no signature of the log key"):
        read_note(SIGNED, ORIGIN, other.public_key().public_bytes_raw())


def test_a_signature_by_another_key_under_our_key_id_is_refused():
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    forged = note(origin=ORIGIN, size=5, root=ROOT, sign=other.sign, public=PUBLIC)

    with pytest.raises(MalformedError, match="not signed by the log key"):
        read_note(forged, ORIGIN, PUBLIC)


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb"])
def test_an_origin_that_would_break_the_note_is_refused(origin):
    with pytest.raises(MalformedError, match="origin"):
        note(origin=origin, size=0, root=ROOT, sign=KEY.sign, public=PUBLIC)


@pytest.mark.parametrize("n", range(5))
def test_an_entry_is_that_of_the_vectors(n):
    root = bytes.fromhex(VECTORS["state_root_three"])
    made = entry(accounts=3, n=n, previous=None, state_root=root, time=WHEN + timedelta(seconds=n))

    assert made.decode() == VECTORS["log"]["entries"][n]


def test_an_entry_names_the_one_before_and_how_far_each_journal_reaches():
    first = entry(accounts=0, n=0, previous=None, state_root=ROOT, time=WHEN)
    points = [JournalPoint("b", "east", 7, bytes(32)), JournalPoint("a", "west", 9, b"\xff" * 32)]

    second = json.loads(
        entry(accounts=2, n=1, previous=first, state_root=ROOT, time=WHEN, journals=points)
    )

    assert second["prev"] == sha256(first).hexdigest()
    assert second["journals"] == [
        {"id": "a", "link": "ff" * 32, "node": "west", "position": 9},
        {"id": "b", "link": "00" * 32, "node": "east", "position": 7},
    ]


def test_the_time_of_an_entry_is_in_utc_with_six_digits():
    local = WHEN.astimezone(timezone(timedelta(hours=-5)))

    made = entry(accounts=0, n=0, previous=None, state_root=ROOT, time=local)

    assert json.loads(made)["time"] == "2026-01-02T03:05:00.000000Z"
