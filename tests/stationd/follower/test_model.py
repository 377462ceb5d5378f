"""What the follower holds is frozen."""

from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest

from stationd.follower import model


@pytest.mark.parametrize(
    "kind", [model.Line, model.ListenerFacts, model.Owner, model.Place, model.Scope, model.Tally]
)
def test_it_cannot_be_changed(kind: type) -> None:
    assert is_dataclass(kind)
    one = kind(**{field.name: None for field in fields(kind)})
    with pytest.raises(FrozenInstanceError):
        setattr(one, fields(kind)[0].name, 1)


def test_a_scope_sets_no_condition_by_itself() -> None:
    assert model.Scope() == model.Scope(areas=frozenset(), zones=frozenset(), classes=frozenset())
