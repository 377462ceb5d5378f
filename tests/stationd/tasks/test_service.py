from datetime import UTC, datetime, timedelta

import pytest

from stationd.clock import SetClock
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError
from stationd.staff.model import Person, Role
from stationd.tasks import service, store

pytestmark = pytest.mark.both_databases

DUE = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
MARIA = Person(login="maria", name="Maria", role=Role.MANAGER)
OLGA = Person(login="olga", name="Olga", role=Role.ATTORNEY)


def ask(desk: Desk, subject: str = "c1", due_at: datetime = DUE) -> bool:
    with desk.database.writing() as connection:
        return service.ask(
            connection, desk, "dispute.review", subject, due_at=due_at, said="Look at it."
        )


def test_there_is_no_second_task_while_one_is_open(desk: Desk) -> None:
    assert ask(desk)
    assert not ask(desk, due_at=DUE + timedelta(days=14))
    assert ask(desk, "c2")
    assert [one.subject for one in service.tasks(desk)] == ["c1", "c2"]


def test_who_did_it_says_what_came_of_it(desk: Desk, clock: SetClock) -> None:
    ask(desk)
    (one,) = service.tasks(desk)
    with pytest.raises(MistakeError, match="has to be said"):
        service.finish(desk, one.id, " ", by=MARIA)
    with pytest.raises(NotAuthorisedError):
        service.finish(desk, one.id, "done", by=OLGA)
    done = service.finish(desk, one.id[:6], "spoke with Mr Adler", by=MARIA)
    assert (done.done_by, done.outcome) == ("maria", "spoke with Mr Adler")
    assert service.tasks(desk) == []
    assert service.tasks(desk, open_only=False) == [done]
    with pytest.raises(MistakeError, match="by maria"):
        service.finish(desk, one.id, "again", by=MARIA)
    with pytest.raises(NotFoundError, match="no task"):
        service.finish(desk, "nothing", "done", by=MARIA)


def test_the_same_instant_is_asked_for_once_even_when_it_is_done(desk: Desk) -> None:
    ask(desk)
    service.finish(desk, service.tasks(desk)[0].id, "done", by=MARIA)
    ask(desk)
    assert service.tasks(desk) == []
    assert ask(desk, due_at=DUE + timedelta(days=14))
    assert len(service.tasks(desk)) == 1


def test_what_nobody_has_to_do_any_more_is_settled(desk: Desk) -> None:
    ask(desk)
    with desk.database.writing() as connection:
        store.settle(connection, "c1", job="notice.poll", at=DUE, outcome="no")
        assert store.find_open(connection, "dispute.review", "c1") is not None
        store.settle(connection, "c1", at=DUE, outcome="the case is noticed")
    (one,) = service.tasks(desk, open_only=False)
    assert (one.done_by, one.outcome) == ("worker", "the case is noticed")
