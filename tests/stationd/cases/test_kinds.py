import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.cases.kinds import (
    CHANNELS,
    COMPARTMENTS,
    KINDS,
    check_fields,
    kind_named,
    recordable,
    stricter,
)
from stationd.errors import MistakeError


def test_people_do_not_record_what_the_program_states() -> None:
    assert "effective" not in recordable()
    assert "payment_decision" not in recordable()
    assert "dispute" in recordable()
    with pytest.raises(MistakeError, match="There is no fact of kind retention to record"):
        kind_named("retention")


def test_an_unknown_kind_is_told_those_there_are() -> None:
    with pytest.raises(MistakeError, match="there are: billing_statement"):
        kind_named("rumour")


def test_a_known_kind_is_given() -> None:
    assert kind_named("dispute").title == "dispute by the customer"


def test_what_travels_by_post_gets_the_mail_allowance() -> None:
    posted = {channel for channel, by_post in CHANNELS.items() if by_post}
    assert posted == {"post", "certified", "courier"}


@pytest.mark.parametrize("name", list(KINDS))
def test_a_kind_fits_its_column(name: str) -> None:
    assert len(name) <= 32
    assert KINDS[name].compartment in COMPARTMENTS


@pytest.mark.parametrize(
    ("kind", "told", "says"),
    [
        ("payment", {"amount": "12", "received_on": "2026-02-30"}, "received_on is '2026-02-30'"),
        ("payment", {"amount": "12,50", "received_on": "2026-02-03"}, "amount is '12,50'"),
        ("payment", {"amount": "12.5", "received_on": "2026-02-03"}, "amount is '12.5'"),
        ("payment", {"amount": "12.x5", "received_on": "2026-02-03"}, "amount is '12.x5'"),
        ("payment", {"amount": "١٢", "received_on": "2026-02-03"}, "amount is"),
        ("payment", {"amount": "12"}, "received_on is missing: the day it came"),
        ("vendor", {"vendor": "Alarm.com", "outcome": "gone"}, "captured, none, lost"),
        ("vendor", {"vendor": " ", "outcome": "none"}, "vendor must be 1 to 500"),
        ("vendor", {"vendor": "a\x1b[2J", "outcome": "none"}, "printable"),
        ("note", {"colour": "red"}, "colour is no field of note"),
    ],
)
def test_a_field_that_cannot_be_is_refused(kind: str, told: dict[str, str], says: str) -> None:
    with pytest.raises(MistakeError) as error:
        check_fields(kind, told)
    assert says in str(error.value)


def test_every_fault_of_a_fact_is_told_at_once() -> None:
    with pytest.raises(MistakeError) as error:
        check_fields("breach_review", {"default_on": "May", "colour": "red"})
    said = str(error.value)
    assert all(
        word in said for word in ("default_on is", "colour", "contract is missing", "clause")
    )


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_amounts_are_kept_in_one_form(whole: int, cents: int) -> None:
    told = {"amount": f"{whole}.{cents:02}", "received_on": "2026-02-03", "text": "by card"}
    assert check_fields("payment", told) == told
    assert check_fields("payment", {**told, "amount": f"0{whole}"})["amount"] == f"{whole}.00"


def test_a_compartment_can_only_be_made_stricter() -> None:
    assert stricter("contact", None) == "producible"
    assert stricter("note", "privileged") == "privileged"
    assert stricter("note", None) == "internal"
    assert stricter("clearance", None) == "privileged"
    with pytest.raises(MistakeError, match="cannot be made producible"):
        stricter("clearance", "producible")
    with pytest.raises(MistakeError, match="There is no compartment secret"):
        stricter("note", "secret")
