"""When a termination takes effect.

::

    effective = max(end of the notice period, end of the cure period, clause date, requested date),
                rolled forward to the policy hour on a business day, in the site's zone

The day of sending does not count, and the last day counts in full: a notice of 30 days that goes
out on 5 January ends with 4 February, site time, whatever the hour it was sent.  Days are those of
the site's calendar, so a period over a daylight-saving change is an hour longer or shorter.  The
mail allowance is added for channels that need it; whole days of it are calendar days, the rest
(trials have seconds) is added as such.  Rolling only ever lengthens.  Holidays are those of the
site's jurisdiction; the ones from sending to the instant are kept with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from archive.canonical import JsonValue
from stationd.calendars.business import is_business_day, midnight
from stationd.clock import iso

__all__ = ["Effective", "Inputs", "effective"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the instant is computed from; all of it is stored beside the result."""

    sent_at: datetime
    zone: str
    notice_days: int
    mail_allowance: timedelta
    cure_days: int | None = None
    clause: date | None = None
    requested: date | None = None
    roll: bool = True
    hour: int | None = 12
    holidays: frozenset[date] = frozenset()
    calendar: str = ""
    calendar_source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """The instant, in UTC, and each bound that entered it, by name."""

    instant: datetime
    bounds: Mapping[str, datetime]
    inputs: Inputs

    def as_json(self) -> dict[str, JsonValue]:
        """Return the computation as plain values, for the case's record."""
        inputs = self.inputs
        return {
            "calendar": inputs.calendar,
            "calendar_source": inputs.calendar_source,
            "bounds": {name: iso(bound) for name, bound in sorted(self.bounds.items())},
            "clause": None if inputs.clause is None else inputs.clause.isoformat(),
            "cure_days": inputs.cure_days,
            "effective_at": iso(self.instant),
            "holidays": [day.isoformat() for day in sorted(inputs.holidays)],
            "hour": inputs.hour,
            "mail_allowance_s": inputs.mail_allowance // timedelta(seconds=1),
            "notice_days": inputs.notice_days,
            "requested": None if inputs.requested is None else inputs.requested.isoformat(),
            "roll": inputs.roll,
            "sent_at": iso(inputs.sent_at),
            "zone": inputs.zone,
        }


def effective(inputs: Inputs) -> Effective:
    """Return the effective instant and how it came about."""
    zone = ZoneInfo(inputs.zone)
    bounds = {"notice": _period_end(inputs.notice_days, inputs, zone)}
    if inputs.cure_days is not None:
        bounds["cure"] = _period_end(inputs.cure_days, inputs, zone)
    if inputs.clause is not None:
        bounds["clause"] = midnight(inputs.clause, zone)
    if inputs.requested is not None:
        bounds["requested"] = midnight(inputs.requested, zone)
    latest = max(bounds.values())
    instant = _rolled(latest, inputs, zone) if inputs.roll else latest
    return Effective(instant=instant, bounds=bounds, inputs=_entered(inputs, instant, zone))


def _entered(inputs: Inputs, instant: datetime, zone: ZoneInfo) -> Inputs:
    """Return the inputs with the holidays from sending to the instant, and no others.

    Computed again from what is kept, the instant is the same.
    """
    first = inputs.sent_at.astimezone(zone).date()
    last = instant.astimezone(zone).date()
    within = frozenset(day for day in inputs.holidays if first <= day <= last)
    return replace(inputs, holidays=within)


def _period_end(days: int, inputs: Inputs, zone: ZoneInfo) -> datetime:
    """Return the end of the last of ``days`` days, and of the mail allowance's, after sending."""
    whole, rest = divmod(inputs.mail_allowance, _DAY)
    counted = days + whole
    if counted == 0:
        return (inputs.sent_at + rest).astimezone(UTC)
    sent_on = inputs.sent_at.astimezone(zone).date()
    return midnight(sent_on + timedelta(days=counted + 1), zone) + rest


def _rolled(instant: datetime, inputs: Inputs, zone: ZoneInfo) -> datetime:
    """Return the first policy hour of a business day that is not before ``instant``."""
    if inputs.hour is None:
        day = instant.astimezone(zone).date()
        if is_business_day(day, inputs.holidays):
            return instant
        while not is_business_day(day, inputs.holidays):
            day += _DAY
        return midnight(day, zone)
    day = instant.astimezone(zone).date()
    while True:
        rolled = datetime.combine(day, time(inputs.hour), tzinfo=zone).astimezone(UTC)
        if rolled >= instant and is_business_day(day, inputs.holidays):
            return rolled
        day += _DAY
