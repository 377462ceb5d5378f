"""What the effective instant is computed from: the contract, the site and the policies."""

from datetime import date, datetime, timedelta

from stationd.accounts.model import Contract, Site
from stationd.cases.effective import Inputs
from stationd.settings import PolicySettings

__all__ = ["inputs"]


def inputs(
    contract: Contract,
    site: Site,
    policies: PolicySettings,
    *,
    sent_at: datetime,
    mail: timedelta,
    requested: date | None = None,
) -> Inputs:
    """Return the inputs for a notice sent at ``sent_at``; ``mail`` is the allowance of its way."""
    clause = contract.terms.get("clause_date")
    return Inputs(
        sent_at=sent_at,
        zone=site.zone,
        notice_days=contract.notice_days,
        mail_allowance=mail,
        cure_days=contract.cure_days,
        clause=date.fromisoformat(clause) if isinstance(clause, str) else None,
        requested=requested,
        roll=policies.effective_roll,
        hour=policies.effective_hour,
    )
