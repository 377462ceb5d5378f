"""The stream of copies reads back as it was written, however it is cut, and in bounded memory."""

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.relaying.wire import (
    LARGEST,
    Copy,
    CopyReader,
    Hello,
    Lost,
    NumberReader,
    What,
    WireError,
    encode_copy,
    encode_number,
)

U64 = st.integers(0, 2**64 - 1)
COPIES = st.builds(
    Copy,
    what=st.sampled_from(What),
    number=U64,
    at=U64,
    ticks=U64,
    conversation=st.integers(0, 2**32 - 1),
    raw=st.binary(max_size=40),
)


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


@given(st.lists(COPIES, max_size=5), st.lists(st.integers(0, 10_000), max_size=10))
def test_copies_read_back_however_the_stream_is_cut(copies: list[Copy], cuts: list[int]) -> None:
    reader = CopyReader()
    stream = b"".join(map(encode_copy, copies))
    read = [copy for piece in in_pieces(stream, cuts) for copy in reader.receive(piece)]
    assert read == copies


@given(st.binary(max_size=200))
def test_any_bytes_are_copies_or_refused(data: bytes) -> None:
    reader = CopyReader()
    try:
        copies = reader.receive(data)
    except WireError:
        return
    assert len(b"".join(map(encode_copy, copies))) <= len(data)


@pytest.mark.parametrize("length", [0, 28, 29 + LARGEST + 1, 2**32 - 1])
def test_a_length_that_cannot_be_is_refused_before_anything_is_kept(length: int) -> None:
    with pytest.raises(WireError, match=f"a copy of {length} bytes"):
        CopyReader().receive(struct.pack(">I", length))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(WireError, match="kind 99"):
        CopyReader().receive(struct.pack(">IBQQQI", 29, 99, 1, 1, 1, 1))


@given(st.text(max_size=20), st.binary(min_size=16, max_size=16), U64)
def test_first_words_read_back(line: str, relay: bytes, again: int) -> None:
    hello = Hello(line=line, relay=relay, again=again)
    assert Hello.decode(hello.encode()) == hello


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "first words"),
        (struct.pack(">BQ16s", 2, 0, b"") + b"line", "version 2"),
        (struct.pack(">BQ16s", 1, 0, b"") + b"\xff", "first words"),
    ],
    ids=["short", "another version", "no text"],
)
def test_first_words_that_are_none_are_refused(raw: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        Hello.decode(raw)


def test_a_count_of_what_was_lost_reads_back_or_is_refused() -> None:
    lost = Lost(count=3, size=12, first=1, last=2)
    assert Lost.decode(lost.encode()) == lost
    with pytest.raises(WireError, match="not a count"):
        Lost.decode(b"")


@given(st.lists(U64, min_size=1, max_size=5), st.lists(st.integers(0, 100), max_size=6))
def test_the_last_number_counts_however_the_stream_is_cut(
    numbers: list[int], cuts: list[int]
) -> None:
    reader = NumberReader()
    stream = b"".join(map(encode_number, numbers))
    heard = [reader.receive(piece) for piece in in_pieces(stream, cuts)]
    assert [number for number in heard if number is not None][-1] == numbers[-1]
    assert reader.receive(b"") is None
