"""Bodies: the fixed layout that the link covers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationd.journal.model import BodyWriter, Draft, Entry, Kind, decode_body, encode_body

NANOSECONDS = st.integers(min_value=0, max_value=2**64 - 1)
DRAFTS = st.builds(
    Draft,
    received_at=NANOSECONDS,
    ticks=NANOSECONDS,
    listener=st.text(max_size=8),
    peer=st.text(max_size=8),
    kind=st.sampled_from(Kind),
    raw=st.binary(max_size=40),
    note=st.binary(max_size=20),
    salt=st.binary(min_size=16, max_size=16),
)
DRAFT = Draft(
    received_at=1,
    ticks=2,
    listener="a",
    peer="b",
    kind=Kind.FRAME,
    raw=b"raw",
    note=b"",
    salt=b"0123456789abcdef",
)


@settings(max_examples=50)
@given(DRAFTS)
def test_what_is_encoded_is_decoded_again(draft: Draft) -> None:
    entry = decode_body(encode_body(draft), position=7, link=b"l")
    fields = {name: getattr(draft, name) for name in Draft.__slots__}
    assert entry == Entry(position=7, link=b"l", **fields)


@settings(max_examples=50)
@given(DRAFTS)
def test_the_writer_of_one_peer_gives_the_same_bytes(draft: Draft) -> None:
    writer = BodyWriter(listener=draft.listener, peer=draft.peer)
    written = writer.write(
        draft.kind, draft.received_at, draft.ticks, draft.raw, draft.note, draft.salt
    )
    assert written == encode_body(draft)


def test_the_layout_is_what_the_manual_says() -> None:
    body = encode_body(DRAFT)
    assert body.hex() == (
        "0101"  # layout 1, kind 1: frame
        "0000000000000001"
        "0000000000000002"
        "0000000161"
        "0000000162"
        "00000003726177"
        "00000000"
        "0000001030313233343536373839616263646566"
    )


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        pytest.param(b"", "not of the layout", id="empty"),
        pytest.param(b"\x02" + encode_body(DRAFT)[1:], "has layout 2", id="a newer layout"),
        pytest.param(encode_body(DRAFT)[:-1], "its lengths say", id="cut"),
        pytest.param(encode_body(DRAFT)[:-18], "not of the layout", id="cut in a length"),
        pytest.param(encode_body(DRAFT) + b"x", "its lengths say", id="too long"),
        pytest.param(b"\x01\x63" + encode_body(DRAFT)[2:], "not of the layout", id="unknown kind"),
    ],
)
def test_a_body_of_another_layout_is_named(body: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        decode_body(body, position=3, link=b"")


def test_the_numbers_of_kinds_never_change() -> None:
    assert [kind.value for kind in Kind] == [
        "frame",
        "answer",
        "heartbeat",
        "polls",
        "garbled",
        "link_up",
        "link_down",
        "hole",
        "started",
        "stopped",
        "clock",
    ]
