import dataclasses
from datetime import UTC, datetime

import pytest

from stationd.cases import model
from stationd.cases.model import Facts, Reason


@pytest.mark.parametrize(
    "name", [name for name in model.__all__ if dataclasses.is_dataclass(getattr(model, name))]
)
def test_what_guards_see_cannot_be_changed_by_them(name: str) -> None:
    kind = getattr(model, name)
    assert kind.__dataclass_params__.frozen
    assert hasattr(kind, "__slots__")


def test_facts_are_empty_where_nothing_is_known() -> None:
    facts = Facts(now=datetime(2026, 1, 1, tzinfo=UTC), reason=Reason.NONPAYMENT)
    assert (facts.recorded, facts.bundles, facts.chain, facts.effective_at) == ((), (), None, None)


@pytest.mark.parametrize("reason", list(Reason))
def test_a_reason_fits_its_column(reason: Reason) -> None:
    assert len(reason.value) <= 32
