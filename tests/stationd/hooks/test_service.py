from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from stationd.clock import SetClock, iso
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError, UnavailableError
from stationd.hooks import service
from stationd.hooks.model import Letter, Page, SendState
from stationd.paging import FolderHook, Hook
from stationd.schedule.checks import Check, record_check
from stationd.staff.model import Person, Role

pytestmark = pytest.mark.both_databases

HOOK = FolderHook(kind="folder", name="drop", path=Path("/nowhere"))
OTHER = FolderHook(kind="folder", name="other", path=Path("/nowhere"), kinds=("anchors_late",))
REPEAT = timedelta(hours=4)
MARIA = Person(login="maria", name="Maria", role=Role.MANAGER)


class Outbox:
    """Takes letters, or refuses them."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, Letter]] = []
        self.refuses = False
        self.tried = 0

    def __call__(self, hook: Hook, letter: Letter) -> None:
        self.tried += 1
        if self.refuses:
            raise UnavailableError("nobody there")
        self.letters.append((hook.name, letter))


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def look(desk: Desk, outbox: Outbox) -> Callable[..., int]:
    """Look and tell, as the worker and its child do."""

    def look(*hooks: Hook) -> int:
        given = hooks or (HOOK,)
        service.watch(desk, given, REPEAT)
        return service.deliver(desk, given, outbox, lambda _page: ())

    return look


def check(desk: Desk, name: str, outcome: str) -> None:
    with desk.database.writing() as connection:
        record_check(
            connection, Check(name=name, outcome=outcome, detail="secret", at=desk.clock.now())
        )


def page(desk: Desk) -> Page:
    (found,) = service.pages(desk)
    return found


def test_what_is_so_is_told_once_by_each_hook_that_takes_it(
    desk: Desk, look: Callable[..., int], outbox: Outbox
) -> None:
    check(desk, "anchors", "failed")
    check(desk, "archive", "failed")
    check(desk, "archive of something else", "failed")
    assert look(HOOK, OTHER) == 3
    assert look(HOOK, OTHER) == 0
    assert sorted((name, one.page.kind) for name, one in outbox.letters) == [
        ("drop", "anchors_late"),
        ("drop", "archive_failed"),
        ("other", "anchors_late"),
    ]
    assert all("secret" not in one.page.said for _, one in outbox.letters)


def test_it_is_told_again_until_somebody_acknowledges_it(
    desk: Desk, clock: SetClock, look: Callable[..., int], outbox: Outbox
) -> None:
    check(desk, "anchors", "failed")
    look()
    clock.advance(REPEAT - timedelta(seconds=1))
    assert look() == 0
    clock.advance(timedelta(seconds=1))
    assert look() == 1
    assert [one.id for _, one in outbox.letters] == [f"{page(desk).id}-1", f"{page(desk).id}-2"]
    service.acknowledge(desk, page(desk).id[:8], by=MARIA)
    clock.advance(10 * REPEAT)
    assert look() == 0
    assert page(desk).acked_by == "maria"


def test_it_ends_when_it_is_no_longer_so_and_begins_anew(
    desk: Desk, look: Callable[..., int]
) -> None:
    check(desk, "anchors", "failed")
    look()
    first = page(desk)
    check(desk, "anchors", "passed")
    look()
    assert service.pages(desk) == []
    check(desk, "anchors", "failed")
    assert look() == 1
    assert page(desk).id != first.id
    assert len(service.pages(desk, lasting=False)) == 2


def test_what_does_not_arrive_is_tried_again_later_and_later_with_the_same_id(
    desk: Desk, clock: SetClock, look: Callable[..., int], outbox: Outbox
) -> None:
    check(desk, "anchors", "failed")
    outbox.refuses = True
    for _ in range(300):
        look()
        clock.advance(timedelta(seconds=30))
    assert 6 < outbox.tried < 14
    (last,) = [one for one in service.sends(desk, page(desk).id) if one.state == "waiting"]
    assert last.said == "nobody there"
    outbox.refuses = False
    clock.advance(timedelta(hours=1))
    assert look() == 1
    (sent,) = outbox.letters
    assert sent[1].id == f"{page(desk).id}-{page(desk).turn}"


def test_one_hook_that_is_away_holds_up_no_other(
    desk: Desk, look: Callable[..., int], outbox: Outbox
) -> None:
    def send(hook: Hook, letter: Letter) -> None:
        if hook.name == "drop":
            raise OSError("gone")
        outbox(hook, letter)

    check(desk, "anchors", "failed")
    service.watch(desk, (HOOK, OTHER), REPEAT)
    assert service.deliver(desk, (HOOK, OTHER), send, lambda _page: ()) == 1
    states = {one.hook: one.state for one in service.sends(desk, page(desk).id)}
    assert states == {"drop": SendState.WAITING, "other": SendState.SENT}


def test_a_try_that_ends_the_process_is_noted_before_it_is_made(desk: Desk) -> None:
    def send(_hook: Hook, _letter: Letter) -> None:
        raise SystemExit

    check(desk, "anchors", "failed")
    service.watch(desk, (HOOK,), REPEAT)
    with pytest.raises(SystemExit):
        service.deliver(desk, (HOOK,), send, lambda _page: ())
    assert not service.is_waiting(desk)
    (one,) = service.sends(desk, page(desk).id)
    assert (one.state, one.tries) == (SendState.WAITING, 1)


def test_a_clock_that_was_ahead_keeps_nobody_waiting(
    desk: Desk, clock: SetClock, look: Callable[..., int], outbox: Outbox
) -> None:
    clock.step(timedelta(days=4000))
    check(desk, "anchors", "failed")
    outbox.refuses = True
    look()
    outbox.refuses = False
    clock.step(-timedelta(days=4000))
    assert look() == 1


def test_a_hook_that_comes_later_is_told_what_lasts(desk: Desk, look: Callable[..., int]) -> None:
    check(desk, "anchors", "failed")
    look(HOOK)
    assert look(HOOK, OTHER) == 1


def test_what_waits_for_a_hook_that_is_gone_is_dropped(
    desk: Desk, clock: SetClock, look: Callable[..., int], outbox: Outbox
) -> None:
    check(desk, "anchors", "failed")
    outbox.refuses = True
    look(HOOK)
    outbox.refuses = False
    clock.advance(timedelta(minutes=1))
    look(OTHER)
    states = {one.hook: one.state for one in service.sends(desk, page(desk).id)}
    assert states == {"drop": SendState.DROPPED, "other": SendState.SENT}


def test_a_bundle_with_an_incident_and_a_round_that_keeps_failing_are_told(
    desk: Desk, look: Callable[..., int], outbox: Outbox
) -> None:
    check(desk, "bundle o1", "failed")
    with desk.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO rounds (name, next_at, tries, said) "
            f"VALUES ('billing.sync', '{iso(desk.clock.now())}', 5, 'secret')"
        )
    look()
    assert sorted((one.page.kind, one.page.subject) for _, one in outbox.letters) == [
        ("bundle_incident", "o1"),
        ("round_failed", "billing.sync"),
    ]


def test_a_test_goes_through_every_hook_once_and_is_over(
    desk: Desk, look: Callable[..., int]
) -> None:
    service.ask_test(desk, by=MARIA)
    assert look(HOOK, OTHER) == 2
    assert service.pages(desk) == []


def test_only_those_who_work_cases_or_run_the_machine_acknowledge(
    desk: Desk, look: Callable[..., int]
) -> None:
    check(desk, "anchors", "failed")
    look()
    with pytest.raises(NotAuthorisedError):
        service.acknowledge(desk, page(desk).id, by=Person(login="o", name="O", role=Role.OPERATOR))
    admin = Person(login="a", name="A", role=Role.ADMINISTRATOR)
    service.acknowledge(desk, page(desk).id, by=admin)
    with pytest.raises(MistakeError, match="a has acknowledged"):
        service.acknowledge(desk, page(desk).id, by=MARIA)
    check(desk, "anchors", "passed")
    gone = page(desk).id
    look()
    with pytest.raises(MistakeError, match="is over"):
        service.acknowledge(desk, gone, by=MARIA)
    with pytest.raises(NotFoundError, match="no page"):
        service.sends(desk, "nothing")


def test_refused_billing_is_told_for_a_payment_may_be_in_it(
    desk: Desk, outbox: Outbox, look: Callable[..., int]
) -> None:
    check(desk, "billing", "failed")
    assert look() == 1
    assert [letter.page.kind for _, letter in outbox.letters] == ["billing_refused"]
    check(desk, "billing", "passed")
    look()
    assert service.pages(desk) == []
