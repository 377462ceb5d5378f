"""Who may do what."""

import pytest

from stationd.errors import NotAuthorisedError
from stationd.staff.model import Person, Role
from stationd.staff.rights import RIGHTS, Right, may, require, title


def person(role):
    return Person(login="x", name="X", role=role)


OP, EC, MG, AT, AD = (role for role in Role if role is not Role.NOBODY)


@pytest.mark.parametrize(
    ("right", "roles"),
    [
        (Right.SEE_RECEIVERS, {OP, EC, MG, AD}),
        (Right.SEE_SIGNALS, {OP, EC, MG, AT}),
        (Right.SEE_MONEY, {EC, MG, AT}),
        (Right.SEE_CODES, {OP, MG}),
        (Right.LOG_CONTACTS, {OP, EC, MG}),
        (Right.EDIT_ACCOUNTS, {EC, MG, AD}),
        (Right.WORK_CASES, {EC, MG}),
        (Right.MAKE_BUNDLES, {EC, MG}),
        (Right.SET_HOLD, {EC, MG, AT}),
        (Right.LIFT_HOLD, {MG}),
        (Right.DECIDE, {MG}),
        (Right.GIVE_CLEARANCE, {AT}),
        (Right.APPROVE, {EC, MG, AT, AD}),
        (Right.SEE_PRIVILEGED, {MG, AT}),
        (Right.RUN_MACHINE, {AD}),
        (Right.READ_AUDIT, {OP, EC, MG, AT, AD}),
        (Right.PURGE, {MG, AD}),
    ],
)
def test_the_table_of_rights_is_the_domains(right, roles):
    assert {role for role in Role if may(person(role), right)} == roles


def test_every_right_and_role_stands_in_the_table():
    assert {*RIGHTS} == {*Role}
    assert frozenset().union(*RIGHTS.values()) == {*Right}


def test_who_has_every_right_asked_for_passes():
    require(person(MG), Right.LIFT_HOLD, Right.DECIDE)


def test_a_refusal_names_who_may():
    with pytest.raises(NotAuthorisedError) as caught:
        require(person(EC), Right.SET_HOLD, Right.LIFT_HOLD)
    assert str(caught.value) == "x (evidence clerk) may not lift holds. Who may: manager."


def test_every_role_has_a_title():
    assert len({title(role) for role in Role}) == len(Role)
