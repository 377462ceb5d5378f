"""What happens at a site, in every form."""

import pytest

from stationd.simulate.happening import Happening, digits, is_by_user, sia_block

ALARM = Happening("E", "130", "BA", "A", 3, "HALL DOOR")
CLOSING = Happening("R", "401", "CL", "C", 4)


@pytest.mark.parametrize(("what", "said"), [(ALARM, "1130"), (CLOSING, "3401")])
def test_contact_id_can_be_said_in_digits(what, said):
    assert digits(what) == said


def test_openings_and_closings_are_by_users():
    assert is_by_user(CLOSING)
    assert not is_by_user(ALARM)


def test_a_sia_block_has_its_text_where_there_is_one():
    assert sia_block(ALARM) == "Nri1/BA03^HALL DOOR^"
    assert sia_block(CLOSING) == "Nri1/CL04"
