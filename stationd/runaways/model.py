"""What a runaway is, and when one is said to be."""

from dataclasses import dataclass

from stationd.settings import PolicySettings

__all__ = ["FOLDED", "Policy", "Run", "policy_of"]

FOLDED = "runaway_folded"
"""The mark of a signal that came while its account ran away."""


@dataclass(frozen=True, slots=True)
class Policy:
    """More than ``most`` signals within ``within`` seconds; over after ``quiet`` without one."""

    most: int
    within: int
    quiet: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A span in which an account's signals are folded, from the first of them to the last.

    ``ended_at`` is when it had been quiet for long enough; None: it goes on.
    """

    acct: str
    began_at: str
    last_at: str
    ended_at: str | None
    count: int
    most: int
    within: int
    quiet: int


def policy_of(policies: PolicySettings) -> Policy:
    """Return what the settings say of runaways."""
    return Policy(
        most=policies.runaway_signals,
        within=int(policies.runaway_within.total_seconds()),
        quiet=int(policies.runaway_quiet.total_seconds()),
    )
