"""Moments and periods on the command line."""

import re
from datetime import UTC, datetime, timedelta

import click

__all__ = ["MOMENT", "PERIOD", "Moment", "Period"]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Moment(click.ParamType[datetime]):
    """A date (midnight UTC), or date and time with an offset (UTC where none is given)."""

    name = "moment"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return an aware moment in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            read = datetime.fromisoformat(str(value))
        except ValueError:
            msg = (
                f"{value} is no moment; write 2026-03-31, 2026-03-31T18:00 (UTC) "
                "or 2026-03-31T18:00+02:00"
            )
            self.fail(msg, param, ctx)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


class Period(click.ParamType[timedelta]):
    """A whole number and a unit: 90s, 5m, 24h, 30d."""

    name = "period"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the period."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"(\d{1,6})([smhd])", str(value))
        if match is None:
            self.fail(f"{value} is no period; write 90s, 5m, 24h or 30d", param, ctx)
        return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


MOMENT = Moment()
PERIOD = Period()
