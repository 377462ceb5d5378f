"""The bytes of a simulated DC-09 panel, and the answers it believes."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysiaalarm import SIAAccount
from pysiaalarm.event import SIAEvent

from stationd.simulate import dc09

NOON = datetime(2025, 6, 15, 12, 0, 0, tzinfo=UTC)
KEYS = [bytes(range(length)) for length in (16, 24, 32)]
TEST = dc09.Message(token="SIA-DCS", sequence=1, number="1234", content="#1234|NBA0005")


def zeros(count):
    return bytes(count)


def test_the_check_value_is_that_of_the_standard():
    assert dc09.crc16(b"123456789") == 0xBB3D
    assert dc09.frame(b'"NULL"0000L0#1234[]') == b'\n1EF20013"NULL"0000L0#1234[]\r'


def test_a_plain_message_is_the_published_sample():
    assert (
        dc09.encode(TEST, stamp=NOON)
        == b'\n420B0037"SIA-DCS"0001L0#1234[#1234|NBA0005]_12:00:00,06-15-2025\r'
    )


def test_receiver_prefix_and_extended_data_stand_in_their_places():
    message = dc09.Message(
        token="ADM-CID",
        sequence=16,
        number="123456",
        content="#123456|1110 00 129",
        extended=("X010E57.6698", "Y59N12.8358"),
        receiver="1",
        prefix="1",
    )
    stamp = datetime(2025, 9, 25, 14, 12, 4, tzinfo=UTC)
    assert dc09.encode(message, stamp=stamp) == (
        b'\nCF91005C"ADM-CID"0016R1L1#123456[#123456|1110 00 129]'
        b"[X010E57.6698][Y59N12.8358]_14:12:04,09-25-2025\r"
    )


@pytest.mark.parametrize("key", KEYS, ids=["128", "192", "256"])
def test_another_program_reads_what_is_encrypted(key):
    # pysiaalarm takes a key as text, one byte a character.
    text = "K" * len(key)
    raw = dc09.encode(TEST, stamp=NOON, key=text.encode(), random=zeros)
    event = SIAEvent.from_line(raw.decode().strip(), {"1234": SIAAccount("1234", text)})
    event.decrypt_content()
    assert event.valid_message
    assert (event.code, event.timestamp) == ("BA", NOON)


def test_encryption_without_a_time_is_refused():
    with pytest.raises(ValueError, match="needs a time"):
        dc09.encode(TEST, stamp=None, key=KEYS[0], random=zeros)


@given(st.binary(min_size=1, max_size=16))
@settings(max_examples=50)
def test_padding_never_holds_a_byte_that_ends_something(drawn):
    padded = dc09._padding(lambda count: (drawn * 16)[:count], 5)
    assert not set(padded) & set(b"|[]\r\n")
    assert (len(padded) + 5) % 16 == 0


def answer(token, stamp=None, key=None, header="0001L0#1234"):
    tail = b"]" if stamp is None else stamp.strftime("]_%H:%M:%S,%m-%d-%Y").encode()
    if key is not None:
        padded = bytes(-(len(tail) + 1) % 16 or 16) + b"|" + tail
        tail = dc09._cbc(key).encryptor().update(padded).hex().upper().encode()
    return dc09.frame(f'"{token}"{header}['.encode() + tail)


def test_a_plain_acknowledgement_is_read():
    read = dc09.read_answer(answer("ACK"), None)
    assert read == dc09.Answer(token="ACK", header="0001L0#1234", encrypted=False, stamp=None)


@pytest.mark.parametrize("key", KEYS, ids=["128", "192", "256"])
def test_an_encrypted_acknowledgement_opens_with_the_key(key):
    read = dc09.read_answer(answer("*ACK", NOON, key), key)
    assert read == dc09.Answer(token="ACK", header="0001L0#1234", encrypted=True, stamp=NOON)


def test_a_refusal_carries_the_time():
    read = dc09.read_answer(b'\nE4410025"NAK"0000R0L0A0[]_16:20:01,09-24-2025\r', None)
    assert read.token == "NAK"
    assert read.stamp == datetime(2025, 9, 24, 16, 20, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "key", "fault"),
    [
        (b"nothing\r", None, "between LF and CR"),
        (b'\n00000012"ACK"0010L0#1234[]\r', None, "check value"),
        (dc09.frame(b"hello"), None, "layout"),
        (answer("*ACK", NOON, KEYS[0]), None, "cannot be opened"),
        (answer("*ACK", NOON, KEYS[0]), bytes(16), "does not open"),
        (answer("*ACK"), KEYS[0], "hexadecimal"),
        (dc09.frame(b'"NAK"0000R0L0A0[]_99:20:01,09-24-2025'), None, "is no time"),
    ],
)
def test_an_answer_that_is_not_right_is_not_believed(data, key, fault):
    with pytest.raises(dc09.AnswerError, match=fault):
        dc09.read_answer(data, key)


@given(st.binary(max_size=60))
@settings(max_examples=100)
def test_noise_is_never_an_answer(data):
    with pytest.raises(dc09.AnswerError):
        dc09.read_answer(data, KEYS[0])


def test_answers_are_cut_at_their_ends_and_the_rest_is_kept():
    buffer = bytearray(answer("ACK") + answer("DUH") + b"\n22")
    assert dc09.split(buffer) == [answer("ACK"), answer("DUH")]
    assert buffer == b"\n22"


def test_an_endless_answer_does_not_fill_the_memory():
    buffer = bytearray(b"x" * 100_000)
    assert dc09.split(buffer) == []
    assert len(buffer) == 4107


TEXT = st.text(alphabet="ABCDEFGHIJ0123456789/^ ", max_size=60)


@given(
    content=TEXT,
    sequence=st.integers(0, 9999),
    receiver=st.sampled_from([None, "", "0", "12", "ABCDEF"]),
    prefix=st.sampled_from(["", "0", "1234"]),
    key=st.sampled_from([None, *KEYS]),
)
@settings(max_examples=100, deadline=None)
def test_every_message_says_its_length_and_check_value(content, sequence, receiver, prefix, key):
    message = dc09.Message(
        token="SIA-DCS",
        sequence=sequence,
        number="1234",
        content=content,
        receiver=receiver,
        prefix=prefix,
    )
    raw = dc09.encode(message, stamp=NOON, key=key, random=zeros)
    body = raw[9:-1]
    assert (raw[:1], raw[-1:]) == (b"\n", b"\r")
    assert int(raw[1:5], 16) == dc09.crc16(body)
    assert int(raw[5:9], 16) == len(body)
    assert message.header.encode() in body
    if key is not None:
        sealed = bytes.fromhex(body[body.index(b"[") + 1 :].decode())
        clear = dc09._cbc(key).decryptor().update(sealed)
        assert clear.split(b"|", 1)[1] == f"{content}]_12:00:00,06-15-2025".encode()


@given(st.lists(st.sampled_from(["ACK", "DUH"]), max_size=5), st.lists(st.integers(0, 200)))
@settings(max_examples=50, deadline=None)
def test_answers_are_cut_the_same_however_they_arrive(tokens, cuts):
    data = b"".join(answer(token) for token in tokens)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    buffer, found = bytearray(), []
    for start, end in pairwise(edges):
        buffer += data[start:end]
        found += dc09.split(buffer)
    assert found == [answer(token) for token in tokens]
