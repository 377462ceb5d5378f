import pytest

from stationd.bundles.model import Kind, OrderState


@pytest.mark.parametrize("value", [*Kind, *OrderState])
def test_a_kind_and_a_state_fit_their_columns(value: str) -> None:
    assert len(value) <= 12


def test_an_order_goes_through_its_states_in_this_order() -> None:
    assert list(OrderState) == ["ordered", "built", "stored", "verified", "failed", "purged"]
