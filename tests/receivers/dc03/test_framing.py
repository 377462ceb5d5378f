import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.dc03.framing import ENCRYPTED, LIMIT, framer
from receivers.events import Event, Fault, Frame, Garbled
from receivers.sia import Block, write_block
from tests.receivers.conftest import pieces

ACCOUNT = write_block(Block("#", b"012345", wants_acknowledgement=True))
EVENT = write_block(Block("N", b"ti11:46/BA1011", wants_acknowledgement=True))
CUTS = st.lists(st.integers(min_value=0, max_value=200), max_size=12)
STREAMS = st.lists(
    st.sampled_from([ACCOUNT, EVENT, b"\xff", b"zz", EVENT[:5], b"\x40"]), max_size=8
).map(b"".join)


def cut(data: bytes, cuts: list[int]) -> list[Event]:
    blocks = framer()
    return [e for part in pieces(data, cuts) for e in blocks.receive(part)] + blocks.ended()


@given(STREAMS, CUTS)
def test_the_events_do_not_depend_on_how_the_bytes_arrive(data: bytes, cuts: list[int]) -> None:
    assert cut(data, cuts) == cut(data, [])


@given(st.binary(max_size=300), CUTS)
def test_any_bytes_give_events_however_they_arrive(data: bytes, cuts: list[int]) -> None:
    assert cut(data, cuts) == cut(data, [])


@given(STREAMS)
def test_no_byte_of_a_block_or_of_short_noise_is_lost(data: bytes) -> None:
    assert b"".join(event.raw for event in cut(data, [])) == data


def test_blocks_are_cut_by_their_headers() -> None:
    assert cut(ACCOUNT + EVENT, []) == [Frame(ACCOUNT), Frame(EVENT)]


def test_a_block_with_wrong_parity_is_garbled() -> None:
    bad = EVENT[:-1] + b"\x00"
    assert cut(bad + ACCOUNT, []) == [Garbled(bad, Fault.CHECKSUM), Frame(ACCOUNT)]


def test_a_block_after_noise_is_read() -> None:
    assert cut(b"\xff\xfe" + EVENT, []) == [Garbled(b"\xff\xfe", Fault.NOISE), Frame(EVENT)]


def test_long_noise_is_reported_once_and_the_next_block_is_read() -> None:
    assert cut(b"\xff" * 200 + EVENT, []) == [Garbled(b"\xff" * LIMIT, Fault.NOISE), Frame(EVENT)]


@pytest.mark.parametrize("cuts", [[], [1], [2], [1, 2, 3]])
def test_an_encrypted_connection_is_named_and_not_read(cuts: list[int]) -> None:
    assert cut(ENCRYPTED + EVENT * 3, cuts) == [Garbled(ENCRYPTED, Fault.UNDECRYPTABLE)]


def test_an_encrypted_connection_stays_so_after_a_silence() -> None:
    blocks = framer()
    blocks.receive(ENCRYPTED + b"whatever")
    assert blocks.ended() == []
    assert blocks.receive(EVENT) == []
    assert blocks.ended() == []


def test_encryption_is_named_at_the_beginning_of_a_connection_and_nowhere_else() -> None:
    assert cut(EVENT + ENCRYPTED, []) == [Frame(EVENT), Garbled(ENCRYPTED, Fault.CUT)]


def test_a_connection_of_one_byte_is_cut() -> None:
    assert cut(b"F", []) == [Garbled(b"F", Fault.CUT)]


def test_an_unfinished_block_is_cut() -> None:
    assert cut(EVENT[:6], []) == [Garbled(EVENT[:6], Fault.CUT)]
