"""Moments and periods on the command line."""

from datetime import UTC, datetime, timedelta

import click
import pytest

from stationd.cli.moments import MOMENT, PERIOD


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2026-03-31", 0), ("2026-03-31T18:00", 18), ("2026-03-31T18:00+02:00", 16)],
)
def test_a_moment_is_in_utc(text, hour):
    assert MOMENT.convert(text, None, None) == datetime(2026, 3, 31, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("24h", 86400), ("30d", 30 * 86400)]
)
def test_a_period_has_a_unit(text, seconds):
    assert PERIOD.convert(text, None, None) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("kind", "text"), [(MOMENT, "31.3.2026"), (PERIOD, "5"), (PERIOD, "1.5h"), (PERIOD, "5w")]
)
def test_another_text_is_refused_with_an_example(kind, text):
    with pytest.raises(click.BadParameter, match="write"):
        kind.convert(text, None, None)


def test_what_is_converted_already_stays():
    moment, period = datetime(2026, 3, 31, tzinfo=UTC), timedelta(1)
    assert MOMENT.convert(moment, None, None) is moment
    assert PERIOD.convert(period, None, None) is period
