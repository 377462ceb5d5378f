"""The policy is the settings'."""

from stationd.runaways.model import Policy, policy_of
from stationd.settings import PolicySettings


def test_the_policy_is_that_of_the_settings_in_seconds() -> None:
    assert policy_of(PolicySettings()) == Policy(most=50, within=600, quiet=600)
