from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stationd.premises.pattern import LEAST_TESTS, Evidence, Sign, Silent, evidence, text

DAY = timedelta(days=1)
SINCE = datetime(2026, 3, 2, tzinfo=UTC)
NOW = SINCE + 20 * DAY
SILENT = Silent(acct="1234", since=SINCE, interval=DAY, listener="ip")
POWER = Sign(at=SINCE - 3 * DAY, code="AT", restored=False)
BATTERY = Sign(at=SINCE - 2 * DAY, code="302", restored=False)


def minutes(*days: int) -> list[int]:
    return [int((SINCE + day * DAY + DAY / 2).timestamp()) // 60 for day in days]


ALIVE = minutes(*range(20))


def found(*signs: Sign, silent: Silent = SILENT, heard: list[int] = ALIVE) -> Evidence | None:
    return evidence(silent, signs, heard, NOW)


def test_power_then_battery_then_tests_that_never_came() -> None:
    one = found(POWER, BATTERY)
    assert one is not None
    assert (one.power_lost_at, one.then, one.then_at) == (POWER.at, "battery", BATTERY.at)
    assert (one.missed, one.heard) == (20, 20)
    said = text(one)
    assert "2026-02-27T00:00:00.000000Z: mains power was lost (code AT)" in said
    assert "20 were missed in a row" in said


def test_a_path_that_was_lost_does_as_well_as_a_battery() -> None:
    one = found(POWER, silent=replace(SILENT, path_lost_at=SINCE - DAY))
    assert one is not None
    assert (one.then, one.then_code) == ("path", "polls")
    lost = Sign(at=SINCE - DAY, code="350", restored=False)
    assert found(POWER, lost) is not None


@pytest.mark.parametrize(
    "signs",
    [
        (),
        (POWER,),
        (BATTERY,),
        (POWER, BATTERY, Sign(at=SINCE - DAY, code="AR", restored=True)),
        (POWER, BATTERY, Sign(at=SINCE - DAY, code="302", restored=True)),
        (replace(BATTERY, at=POWER.at - DAY), POWER),
    ],
)
def test_what_came_back_or_came_in_another_order_is_no_pattern(signs: tuple[Sign, ...]) -> None:
    assert found(*signs) is None


def test_power_that_came_back_and_went_again_counts_from_the_second_time() -> None:
    again = Sign(at=SINCE - DAY, code="301", restored=False)
    back = Sign(at=SINCE - 2 * DAY, code="301", restored=True)
    late = Sign(at=SINCE, code="YT", restored=False)
    one = found(replace(POWER, code="301"), back, again, late)
    assert one is not None
    assert one.power_lost_at == again.at


def test_a_line_that_was_down_itself_proves_nothing() -> None:
    assert found(POWER, BATTERY, heard=minutes(*range(LEAST_TESTS - 1))) is None
    assert found(POWER, BATTERY, heard=minutes(*range(LEAST_TESTS))) is not None
    before_and_after = [*minutes(*range(-20, 0)), *minutes(*range(20, 40))]
    assert found(POWER, BATTERY, heard=before_and_after) is None
