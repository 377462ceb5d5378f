"""A live view shows a runaway as a line a kind, and loses none of it."""

from hypothesis import given
from hypothesis import strategies as st

from stationd.cli.folding import Folding
from stationd.signals.model import SignalRow


def row(second: int, *, marks: str = "runaway_folded", code: str = "BA") -> SignalRow:
    return SignalRow(
        acct="4821",
        epoch=1,
        seq=second + 1,
        received_at=f"2026-03-02T15:{second // 60:02}:{second % 60:02}.000000Z",
        listener="ip",
        receiver_group="main",
        number="1234",
        signal_class="alarm",
        code=code,
        name="",
        zone="5",
        user="",
        area="",
        text="",
        marks=marks,
    )


def shown(rows: list[SignalRow], *, unfolded: bool = False) -> list[SignalRow]:
    folding = Folding(unfolded=unfolded)
    return [one for row in rows for one in folding.take(row)] + folding.rest()


def test_what_is_no_runaways_is_shown_at_once() -> None:
    plain = row(0, marks="repeat")
    assert Folding(unfolded=False).take(plain) == [plain]


def test_signals_of_one_kind_are_one_row_until_the_view_has_gone_on() -> None:
    folding = Folding(unfolded=False)
    assert [folding.take(row(second)) for second in range(11)] == [[]] * 11
    (one,) = folding.take(row(11))
    assert (one.seq, one.count, one.last_at) == (1, 11, row(10).received_at)
    (rest,) = folding.rest()
    assert (rest.seq, rest.count) == (12, 1)


def test_another_kind_is_another_row() -> None:
    found = shown([row(0), row(1), row(2, code="FA")])
    assert [(one.code, one.count) for one in found] == [("BA", 2), ("FA", 1)]


def test_unfolded_every_signal_is_a_row() -> None:
    rows = [row(second) for second in range(5)]
    assert shown(rows, unfolded=True) == rows


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["BA", "FA"]), st.booleans())))
def test_every_signal_is_counted_once(steps: list[tuple[int, str, bool]]) -> None:
    now, rows = 0, []
    for step, code, folded in steps:
        now += step
        rows.append(row(now, code=code, marks="runaway_folded" if folded else ""))
    assert sum(one.count for one in shown(rows)) == len(rows)
