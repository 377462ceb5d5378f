"""Copies wait in order, are forgotten when confirmed, and what does not fit is counted."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from stationd.relaying.buffer import COST, CopyBuffer
from stationd.relaying.wire import Copy, CopyReader, Lost, What

ROOMY = 1_000_000


def put(buffer: CopyBuffer, raw: bytes, at: int = 5) -> bool:
    return buffer.add(What.FROM_RECEIVER, at, at, 1, raw)


def told(buffer: CopyBuffer) -> list[Copy]:
    return CopyReader().receive(b"".join(buffer.unsent()))


def test_copies_are_handed_over_once_and_in_order() -> None:
    buffer = CopyBuffer(ROOMY)
    put(buffer, b"one")
    put(buffer, b"two")
    assert [(copy.number, copy.raw) for copy in told(buffer)] == [(1, b"one"), (2, b"two")]
    assert told(buffer) == []
    assert buffer.waiting == 2


def test_what_is_confirmed_is_forgotten() -> None:
    buffer = CopyBuffer(ROOMY)
    for raw in (b"one", b"two", b"three"):
        put(buffer, raw)
    told(buffer)
    buffer.confirm(2)
    buffer.rewind()
    assert [copy.raw for copy in told(buffer)] == [b"three"]
    buffer.confirm(99)
    assert (buffer.waiting, buffer.size) == (0, 0)


def test_what_was_never_handed_over_cannot_be_confirmed() -> None:
    buffer = CopyBuffer(ROOMY)
    put(buffer, b"one")
    buffer.confirm(1)
    assert buffer.waiting == 1


def test_a_new_connection_is_told_how_much_comes_again() -> None:
    buffer = CopyBuffer(ROOMY)
    put(buffer, b"one")
    told(buffer)
    put(buffer, b"two")
    buffer.rewind()
    assert buffer.again == 1
    assert [copy.number for copy in told(buffer)] == [1, 2]
    assert buffer.again == 0


def test_a_connection_that_ended_at_once_changes_nothing() -> None:
    buffer = CopyBuffer(ROOMY)
    put(buffer, b"one")
    told(buffer)
    buffer.rewind()
    buffer.rewind()
    assert buffer.again == 1


def test_what_does_not_fit_is_one_count_where_it_would_have_stood() -> None:
    buffer = CopyBuffer(300)
    kept = [put(buffer, b"%d" % number, at=number) for number in range(10)]
    assert kept == [True] * 3 + [False] * 7
    assert buffer.losing
    told(buffer)
    buffer.confirm(2)
    assert put(buffer, b"after", at=20)
    assert not buffer.losing
    hole, after = told(buffer)
    assert (hole.what, hole.number, hole.at) == (What.HOLE, 4, 9)
    assert Lost.decode(hole.raw) == Lost(count=7, size=7, first=3, last=9)
    assert (after.number, after.raw) == (5, b"after")


def test_a_count_is_told_though_nothing_comes_any_more() -> None:
    buffer = CopyBuffer(COST + 40)
    put(buffer, b"one")
    put(buffer, b"two")
    told(buffer)
    buffer.settle(7)
    assert buffer.losing
    buffer.confirm(1)
    buffer.settle(7)
    assert [copy.what for copy in told(buffer)] == [What.HOLE]


class Handing(RuleBasedStateMachine):
    """Whatever happens, each copy is confirmed, or still told, or counted, and in order."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = CopyBuffer(1200)
        self.put = 0
        self.heard: list[Copy] = []
        self.confirmed = 0
        self.kept: dict[int, Copy] = {}

    @rule(size=st.integers(0, 100))
    def pass_bytes(self, size: int) -> None:
        self.put += 1
        put(self.buffer, b"x" * size, at=self.put)

    @rule()
    def hand_over(self) -> None:
        self.heard += told(self.buffer)

    @rule(share=st.floats(0, 1))
    def confirm(self, share: float) -> None:
        for copy in self.heard[: round(len(self.heard) * share)]:
            self.kept[copy.number] = copy
            self.confirmed = copy.number
        self.heard = self.heard[round(len(self.heard) * share) :]
        self.buffer.confirm(self.confirmed)

    @rule()
    def hang_up(self) -> None:
        self.buffer.rewind()
        self.heard = []

    @invariant()
    def memory_is_bounded(self) -> None:
        assert self.buffer.size <= 1200 + 2 * (COST + 100)

    def teardown(self) -> None:
        self.hang_up()
        self.hand_over()
        self.confirm(1.0)
        self.buffer.settle(0)
        self.hand_over()
        self.confirm(1.0)
        assert sorted(self.kept) == list(range(1, len(self.kept) + 1))
        whole = [copy for copy in self.kept.values() if copy.what is not What.HOLE]
        lost = [Lost.decode(c.raw).count for c in self.kept.values() if c.what is What.HOLE]
        assert len(whole) + sum(lost) == self.put


TestHanding = Handing.TestCase


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_nothing_is_added_dropped_or_reordered(chunks: list[bytes]) -> None:
    buffer = CopyBuffer(ROOMY)
    for chunk in chunks:
        put(buffer, chunk)
    assert [copy.raw for copy in told(buffer)] == chunks
