from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.reconciling.model import Comparison, Listed, Ours
from stationd.reconciling.plan import compare, distrust

NOW = datetime(2026, 5, 1, tzinfo=UTC)
GRACE = timedelta(days=7)


def ours(acct: str, **more: Any) -> Ours:
    given = {
        "customer": f"Customer {acct}",
        "expected": True,
        "closed": False,
        "opened_at": NOW - timedelta(days=100),
        **more,
    }
    return Ours(acct=acct, **given)


def listed(*accts: str) -> list[Listed]:
    return [Listed(line=n, account=acct) for n, acct in enumerate(accts, start=2)]


def difference(rows: list[Listed], have: list[Ours], gone: set[str] = frozenset()) -> Comparison:
    return compare(rows, have, gone, now=NOW, grace=GRACE)


def test_who_is_gone_is_told_once_and_back_once() -> None:
    have = [ours("1"), ours("2"), ours("3")]
    assert difference(listed("1"), have).gone == ("2", "3")
    assert difference(listed("1"), have, {"2"}).gone == ("3",)
    back = difference(listed("1", "2"), have, {"2", "3"})
    assert (back.gone, back.back) == ((), ("2",))


def test_an_account_that_is_on_a_case_or_ended_may_go() -> None:
    assert difference([], [ours("1", expected=False)]).gone == ()


def test_one_that_is_new_here_has_a_while_to_come_there() -> None:
    new = ours("1", opened_at=NOW - GRACE + timedelta(seconds=1))
    assert difference([], [new]).gone == ()
    assert difference([], [ours("1", opened_at=NOW - GRACE)]).gone == ("1",)


def test_a_row_may_name_what_the_panel_sends() -> None:
    have = [ours("1", numbers=(("main", "A1"),)), ours("2", numbers=(("lines", "A1"),))]
    row = Listed(line=2, number="A1", group="lines")
    assert difference([row], have).gone == ("1",)
    alone = difference([Listed(line=2, number="A1")], have)
    assert (alone.gone, alone.unknown) == (("1", "2"), ("A1",))


def test_what_there_is_and_not_here_is_listed_as_the_list_calls_it() -> None:
    rows = [*listed("7", "7"), Listed(line=9, number="B2", group="main")]
    assert difference(rows, []).unknown == ("7", "main B2")


@pytest.mark.parametrize(
    ("customer", "reused"), [("", False), ("CUSTOMER, 1", False), ("Somebody else", True)]
)
def test_a_closed_account_s_number_is_reused_when_the_list_has_another_customer(
    customer: str, reused: bool
) -> None:
    closed = ours("1", closed=True, expected=False, numbers=(("main", "A1"),))
    for row in (
        Listed(line=2, account="1", customer=customer),
        Listed(line=2, number="A1", group="main", customer=customer),
    ):
        found = difference([row], [closed])
        assert found.reused == ((("1", str(row)),) if reused else ())
        assert found.waiting == (0 if reused else 1)


def test_a_number_that_was_given_on_properly_is_the_new_account_s() -> None:
    closed = ours("1", closed=True, expected=False, numbers=(("main", "A1"),))
    row = Listed(line=2, number="A1", customer="Somebody else")
    found = difference([row], [closed, ours("2", numbers=(("main", "A1"),))])
    assert (found.gone, found.reused) == ((), ())


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_every_account_is_there_or_gone_and_every_row_known_or_unknown(
    have: set[int], there: set[int], gone: set[int]
) -> None:
    known = {str(n) for n in gone & have}
    found = difference(listed(*map(str, there)), [ours(str(n)) for n in sorted(have)], known)
    assert set(found.gone) | known >= {str(n) for n in have - there}
    assert set(found.gone).isdisjoint(known)
    assert set(found.back) == known & {str(n) for n in there}
    assert set(found.unknown) == {str(n) for n in there - have}


@pytest.mark.parametrize(
    ("gone", "expected", "believed"),
    [(5, 5, True), (6, 300, True), (7, 300, False), (6, 6, False), (200, 10_000, True)],
)
def test_a_list_that_lacks_too_much_at_once_is_not_believed(
    gone: int, expected: int, believed: bool
) -> None:
    found = Comparison(
        expected=expected,
        gone=tuple(map(str, range(gone))),
        back=(),
        unknown=(),
        reused=(),
        waiting=0,
    )
    assert (distrust(found, most_percent=2, always=5) is None) == believed
