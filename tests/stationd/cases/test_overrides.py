import pytest

from stationd.cases.guards import GUARDS
from stationd.cases.overrides import CLASSES, RULES, Class, class_of
from stationd.staff.model import Role
from stationd.staff.rights import RIGHTS, Right


def test_the_classes_are_those_of_the_terms() -> None:
    # terms, 7
    of = {kind: {name for name, one in CLASSES.items() if one is kind} for kind in Class}
    assert of[Class.NEVER] == {"G1", "G6", "G7", "G8", "G11"}
    assert of[Class.DISCLOSE] == {"G12"}
    assert of[Class.COUNSEL] == {"G4", "G5", "G10", "G14", "G15"}
    manager = {"G3", "G9", "G9p", "G13", "G16", "G17", "G18", "G19", "G20"}
    assert of[Class.MANAGER] == manager


def test_every_guard_of_the_table_exists() -> None:
    assert set(CLASSES) <= set(GUARDS)


@pytest.mark.parametrize("guard", sorted(set(GUARDS) - set(CLASSES)))
def test_a_guard_without_a_class_is_nobodys_to_waive(guard: str) -> None:
    assert class_of(guard, "T12") is Class.NEVER


@pytest.mark.parametrize(("row", "kind"), [("T14", Class.COUNSEL), ("T17", Class.NEVER)])
def test_a_hold_on_records_is_nobodys_to_waive(row: str, kind: Class) -> None:
    assert class_of("G10", row) is kind


@pytest.mark.parametrize("kind", list(Class))
def test_who_approves_has_the_right_to(kind: Class) -> None:
    rule = RULES[kind]
    assert rule.asks <= {Role.MANAGER}
    assert all(Right.APPROVE in RIGHTS[role] for role in rule.approves)
    assert Role.OPERATOR not in rule.approves
    assert Role.NOBODY not in rule.approves


def test_only_counsels_class_needs_a_document() -> None:
    assert [kind for kind in Class if RULES[kind].document] == [Class.COUNSEL]
