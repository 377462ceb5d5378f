"""What instants of a case are computed from: contract, site, policies, business days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stationd.accounts.model import Contract, Site
from stationd.calendars.business import business_day_after
from stationd.calendars.public import calendar_of
from stationd.cases.effective import Inputs
from stationd.settings import PolicySettings

__all__ = ["at_business_hour", "inputs"]

# The day of sending is that of the site's zone, and an instant rolls over holidays in a row.
_MARGIN = timedelta(days=60)


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
    said = contract.terms.get("clause_date")
    clause = date.fromisoformat(said) if isinstance(said, str) else None
    first = sent_at.date()
    days = max(contract.notice_days, contract.cure_days or 0)
    latest = max(
        day for day in (first + timedelta(days=days) + mail, clause, requested) if day is not None
    )
    calendar = calendar_of(site.jurisdiction, policies.holidays, first - _MARGIN, latest + _MARGIN)
    return Inputs(
        sent_at=sent_at,
        zone=site.zone,
        notice_days=contract.notice_days,
        mail_allowance=mail,
        cure_days=contract.cure_days,
        clause=clause,
        requested=requested,
        roll=policies.effective_roll,
        hour=policies.effective_hour,
        holidays=calendar.days,
        calendar=calendar.name,
        calendar_source=calendar.source,
    )


def at_business_hour(day: date, site: Site, policies: PolicySettings, hour: int) -> datetime:
    """Return an hour of the first business day at a site that is not before ``day``, in UTC."""
    calendar = calendar_of(site.jurisdiction, policies.holidays, day, day + _MARGIN)
    rolled = business_day_after(day, calendar.days, 0)
    return datetime.combine(rolled, time(hour), tzinfo=ZoneInfo(site.zone)).astimezone(UTC)
