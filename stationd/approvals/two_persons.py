"""The rule of two persons, and its form for companies of one.

Two acts are given by two persons.  Where the settings say that a company has one person only
(``approvals.sole_operator``), the same person may give both, ``sole_wait`` apart and logged in
anew in between; that is refused while a second manager is enabled, and it stands in the record.
"""

from datetime import datetime

from stationd.errors import NotAuthorisedError, RefusedError
from stationd.settings import ApprovalSettings
from stationd.staff.model import Confirmed, Person

__all__ = ["check_confirmed", "check_second", "may_be_alone"]


def check_confirmed(by: Confirmed, settings: ApprovalSettings, now: datetime) -> None:
    """Raise `NotAuthorisedError` where a person gave their proofs too long ago."""
    if abs(now - by.at) > settings.confirmed_within:
        raise NotAuthorisedError(
            f"{by.person.login} gave password and second factor too long ago; they are asked for "
            "again before an approval."
        )


def may_be_alone(settings: ApprovalSettings, managers: int) -> bool:
    """Tell whether one person may give both acts; ``managers`` counts the enabled ones."""
    return settings.sole_operator and managers <= 1


def check_second(
    *,
    first: str,
    asked_at: datetime,
    by: Person,
    settings: ApprovalSettings,
    managers: int,
    now: datetime,
) -> bool:
    """Return whether ``by`` gives both acts, or raise `RefusedError` where they may not.

    ``first`` is the login of who gave the first act, at ``asked_at``.
    """
    if by.login != first:
        return False
    if not settings.sole_operator:
        raise RefusedError(f"{by.login} gave the first act; it takes somebody else for the second.")
    if managers > 1:
        raise RefusedError(
            f"{by.login} gave the first act, and there is a second manager: a company of one "
            "(approvals.sole_operator) has no other."
        )
    if now - asked_at < settings.sole_wait:
        raise RefusedError(
            f"{by.login} gave the first act; as sole operator the second counts from "
            f"{asked_at + settings.sole_wait:%Y-%m-%d %H:%M:%S} UTC."
        )
    if by.since is None or by.since <= asked_at:
        raise RefusedError(
            f"{by.login} gave the first act in this login; a sole operator logs in anew for the "
            "second (`stationctl logout`, `stationctl login`)."
        )
    return True
