"""The instant that a letter states: computed as the case's own, and never earlier than that.

A notice may go out until a moment, at the latest; the instant it states is the one that a notice
sent at that moment leads to, over the slowest of its ways.  So whenever it goes out before, the
case gets exactly what the letter says.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stationd.accounts.model import Contract, Site
from stationd.cases.effective import effective
from stationd.cases.kinds import CHANNELS
from stationd.cases.periods import inputs
from stationd.settings import PolicySettings

__all__ = ["cure_end", "day_end", "leads_to", "mail"]

_TICK = timedelta(microseconds=1)


def day_end(day: date, zone: str) -> datetime:
    """Return when a day is over at a site."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def mail(policies: PolicySettings, channels: Iterable[str]) -> timedelta:
    """Return the allowance of the slowest of some ways."""
    slow = any(CHANNELS.get(channel, False) for channel in channels)
    return policies.mail_allowance if slow else timedelta()


def leads_to(
    contract: Contract,
    site: Site,
    policies: PolicySettings,
    *,
    sent_at: datetime,
    channels: Iterable[str],
    requested: date | None = None,
) -> datetime:
    """Return the instant that a notice leads to which is sent at ``sent_at``."""
    given = inputs(
        contract,
        site,
        policies,
        sent_at=sent_at,
        mail=mail(policies, channels),
        requested=requested,
    )
    return effective(given).instant


def cure_end(
    contract: Contract,
    site: Site,
    policies: PolicySettings,
    *,
    send_by: datetime,
    channels: Iterable[str],
) -> date | None:
    """Return the last day of the cure of a notice sent before ``send_by``; None: no such right."""
    if contract.cure_days is None:
        return None
    given = inputs(contract, site, policies, sent_at=send_by - _TICK, mail=mail(policies, channels))
    # The bound is the beginning of the day after it.
    return (effective(given).bounds["cure"] - _TICK).astimezone(ZoneInfo(site.zone)).date()
