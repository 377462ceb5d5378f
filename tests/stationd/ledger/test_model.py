"""Names of chains, and of their files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.ledger import model


@pytest.mark.parametrize(
    "acct", ["4821", "A", "x" * 32, "a.b-c_d", "0099"], ids=["digits", "one", "32", "signs", "zero"]
)
def test_an_account_may_have_letters_digits_and_three_signs(acct: str) -> None:
    assert model.is_account(acct)
    assert model.is_chain(acct)


@pytest.mark.parametrize(
    "acct", ["", "x" * 33, "a b", "é", "a:b", "a/b", "4821\n", "station"], ids=repr
)
def test_nothing_else_is_an_account(acct: str) -> None:
    assert not model.is_account(acct)


@pytest.mark.parametrize(
    "acct",
    [
        "station",
        model.unknown_chain("main", "12 34"),
        model.line_chain("com1"),
        model.node_chain("n1"),
    ],
)
def test_other_chains_have_names_that_no_account_can_have(acct: str) -> None:
    assert model.is_chain(acct)
    assert not model.is_account(acct)


@pytest.mark.parametrize("acct", ["", "line:", "custody:x", "unknown:" + "x" * 160], ids=repr)
def test_nothing_else_names_a_chain(acct: str) -> None:
    assert not model.is_chain(acct)


@pytest.mark.parametrize(
    ("acct", "name"),
    [
        ("4821", "4821"),
        ("a_b", "a_5fb"),
        ("unknown:main:1234", "unknown_3amain_3a1234"),
        ("line:é", "line_3a_c3_a9"),
    ],
)
def test_in_file_names_a_byte_outside_the_set_is_two_hex_digits(acct: str, name: str) -> None:
    assert model.file_name(acct) == name


@given(st.text(alphabet="ab_5f:é ", max_size=8), st.text(alphabet="ab_5f:é ", max_size=8))
def test_two_chains_never_share_a_file_name(one: str, two: str) -> None:
    assert (model.file_name(one) == model.file_name(two)) == (one == two)
