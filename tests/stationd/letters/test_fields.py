import pytest

from stationd.letters.fields import FIELDS, LETTERS, LISTS, fields_of


@pytest.mark.parametrize("kind", LETTERS)
def test_what_a_kind_must_hold_is_among_what_it_may_say(kind):
    must = {*LETTERS[kind].always, *LETTERS[kind].somewhere}
    assert must <= set(fields_of(kind))


def test_every_field_says_what_it_is_and_who_supplies_it():
    assert all(one.says and one.supply for one in FIELDS.values())
    assert set(LISTS) <= set(FIELDS)
