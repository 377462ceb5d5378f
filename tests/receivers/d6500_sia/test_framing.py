import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.checksums import crc16
from receivers.d6500_sia.framing import LIMIT, Form, framer, read, seal
from receivers.events import Event, Fault, Frame, Garbled
from tests.receivers.conftest import pieces

BODY = b"a00010101[#1234|18113001015]"
FORMS = [
    Form(digits=True),
    Form(digits=True, with_end=True),
    Form(digits=False),
    Form(digits=False, with_end=True),
    Form(digits=False, order="little"),
    Form(digits=False, order="little", with_end=True),
]
CUTS = st.lists(st.integers(min_value=0, max_value=200), max_size=12)
STREAMS = st.lists(
    st.sampled_from(
        [seal(BODY, FORMS[0]), seal(BODY, FORMS[2]), b"\n", b"\r", b"noise", b"\n12340", b"[", b"]"]
    ),
    max_size=8,
).map(b"".join)


def cut(data: bytes, cuts: list[int]) -> list[Event]:
    line = framer()
    return [e for part in pieces(data, cuts) for e in line.receive(part)] + line.ended()


@given(STREAMS, CUTS)
def test_the_events_do_not_depend_on_how_the_bytes_arrive(data: bytes, cuts: list[int]) -> None:
    assert cut(data, cuts) == cut(data, [])


@given(st.binary(max_size=300), CUTS)
def test_any_bytes_give_events_however_they_arrive(data: bytes, cuts: list[int]) -> None:
    assert cut(data, cuts) == cut(data, [])


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_the_form_of_the_crc_is_the_one_that_agrees(form: Form) -> None:
    raw = seal(BODY, form)
    telegram = read(raw)
    assert telegram is not None
    assert telegram.form == form
    assert cut(raw, []) == [Frame(raw)]


def test_a_crc_of_two_bytes_may_hold_the_bytes_that_part_frames() -> None:
    numbers = (b"a%04d0101[]" % n for n in range(1, 10_000))
    awkward = [body for body in numbers if set(crc16(body).to_bytes(2)) & {0x0A, 0x0D}]
    assert awkward
    assert all(cut(seal(body, FORMS[2]) * 2, []) == [Frame(seal(body, FORMS[2]))] * 2
               for body in awkward[:50])  # fmt: skip


def test_a_frame_whose_crc_agrees_in_no_form_is_kept_and_not_taken() -> None:
    raw = seal(BODY, FORMS[0]).replace(b"130", b"131")
    assert cut(raw, []) == [Frame(raw, fault=Fault.CHECKSUM)]


def test_its_parts_are_read() -> None:
    telegram = read(seal(BODY, FORMS[0]))
    assert telegram is not None
    assert (telegram.kind, telegram.sequence, telegram.receiver, telegram.line) == (
        b"a",
        b"0001",
        b"01",
        b"01",
    )
    assert telegram.data == b"#1234|18113001015"


@pytest.mark.parametrize("raw", [b"", b"\n1234a00010101[x", b"\n1234a00010101[x\r", b"x]\r"])
def test_what_has_not_the_layout_is_none(raw: bytes) -> None:
    assert read(raw) is None


def test_a_frame_that_another_begins_in_is_garbled() -> None:
    raw = seal(BODY, FORMS[0])
    assert cut(b"\n1234a00010101[#12" + raw, []) == [
        Garbled(b"\n1234a00010101[#12", Fault.SHAPE),
        Frame(raw),
    ]


def test_a_frame_without_an_end_is_reported_in_bounded_memory() -> None:
    line = framer()
    head = b"\n1234a00010101["
    events = [e for part in [head, *[b"x" * 1000] * 20] for e in line.receive(part)]
    assert events == [
        Garbled(head + b"x" * (LIMIT - len(head)), Fault.NO_TERMINATOR),
        Garbled(b"x" * LIMIT, Fault.NOISE),
    ]
    assert len(line._buffer) <= LIMIT  # type: ignore[attr-defined]
