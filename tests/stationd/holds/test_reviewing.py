from datetime import timedelta

import pytest

from stationd.clock import SetClock
from stationd.desk import Desk
from stationd.holds.model import HoldKind
from stationd.holds.reviewing import review
from stationd.holds.service import holds, set_hold
from stationd.staff.model import Person, Role
from stationd.tasks.service import finish, tasks
from tests.stationd.conftest import Roll

pytestmark = pytest.mark.both_databases

DAY = timedelta(days=1)
MARIA = Person(login="maria", name="Maria", role=Role.MANAGER)


def test_a_hold_is_looked_at_every_90_days(desk: Desk, clock: SetClock, roll: Roll) -> None:
    roll.account("1234")
    hold = set_hold(desk, "1234", HoldKind.RECORDS, "claim letter", by=MARIA)
    assert review(desk).startswith("0 task(s)")
    clock.advance(90 * DAY)
    assert review(desk).startswith("1 task(s)")
    assert review(desk).startswith("0 task(s)")
    (task,) = tasks(desk)
    assert task.subject == hold.id
    assert "claim letter" not in task.said
    clock.advance(DAY)
    finish(desk, task.id, "still needed, says counsel", by=MARIA)
    assert review(desk) == "0 task(s) were made, 1 hold(s) have a new day of review"
    (now,) = holds(desk)
    assert now.review_at == clock.now() + 90 * DAY
    clock.advance(90 * DAY)
    assert review(desk).startswith("1 task(s)")
