import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.accounts.codes import has_codes, split_codes


@pytest.mark.parametrize(
    "name",
    ["code", "gate_code", "Passcode", "duress", "PIN", "lockbox", "lock-box", "gate", "password"],
)
def test_a_detail_that_is_a_code_is_told_by_its_name(name) -> None:
    kept, codes = split_codes({"account": {"acct": "1", "details": {name: "4711", "systems": "x"}}})

    assert kept == {"account": {"acct": "1", "details": {"systems": "x"}}}
    assert codes == {"account": {name: "4711"}}


@pytest.mark.parametrize(
    "name", ["test_hours", "systems", "phone", "shopping", "navigate", "codec"]
)
def test_what_only_looks_like_one_stays(name) -> None:
    facts = {"customer": {"details": {name: "x"}}}

    assert split_codes(facts) == (facts, {})
    assert not has_codes(facts)


@pytest.mark.parametrize("facts", [{}, {"account": None}, {"account": {"details": "odd"}}])
def test_facts_of_any_shape_can_be_split(facts) -> None:
    assert split_codes(facts) == (facts, {})


@given(st.dictionaries(st.sampled_from(["gate", "pin", "email", "phone"]), st.text()))
def test_nothing_is_lost_and_nothing_stands_in_both(details) -> None:
    kept, codes = split_codes({"customer": {"details": details}})

    assert kept["customer"]["details"] | codes.get("customer", {}) == details
    assert not kept["customer"]["details"].keys() & codes.get("customer", {}).keys()
    assert has_codes({"customer": {"details": details}}) == bool({"gate", "pin"} & details.keys())
