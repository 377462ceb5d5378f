import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stationd.cases import deciding
from stationd.cases import service as cases
from stationd.cases.model import Attachment, Reason
from stationd.letters.service import sign_form
from stationd.mailing import Mailing
from stationd.outbox import drafting, service
from stationd.outbox.model import State
from stationd.outbox.store import read_sendings
from stationd.schedule.checks import LETTERS, read_check
from stationd.settings import load
from stationd.staff.model import Confirmed, Person, Role

MARIA = Person(login="maria", name="Maria Manager", role=Role.MANAGER)
MONA = Person(login="mona", name="Mona", role=Role.MANAGER)
FILE = Attachment(name="letter.txt", media_type="text/plain", content=b"letter")
SETTINGS = """
[letters.sender]
name = "Maple"
license = "CO 1"
address = "1 Road"
phone = "555"
signer = "Maria"
[letters.print]
folder = "{folder}/queue"
"""


@pytest.fixture
def settings(worker_config, tmp_path):
    with worker_config.open("a") as file:
        file.write(SETTINGS.format(folder=tmp_path))
    return load(worker_config)


@pytest.fixture
def ordered(worker_desk, settings):
    desk = replace(worker_desk, letters=settings.letters)
    text = (Path(__file__).parents[2] / "config" / "letters" / "confirmation.txt").read_bytes()
    signed = ("counsel.pdf", b"signed")
    sign_form(desk, "confirmation", "L", content=("l.txt", text), by=MARIA, sign_off=signed)
    case = cases.open_case(
        desk, "1234", Reason.CUSTOMER_REQUEST, MARIA, kind="customer_writing", document=FILE
    )
    cases.record_fact(desk, case.id, "ending_statement", {"text": "nothing released"}, MARIA)
    for event in ("start", "facts_ok"):
        cases.step(desk, case.id, event, MARIA)
    wanted = drafting.Wanted(kind="confirmation", channels=["hand"])
    (letter,) = drafting.draft(desk, case.id, wanted, MARIA)
    now = desk.clock.now()
    asked = deciding.ask(desk, case.id, "notice_sent", Confirmed(person=MARIA, at=now))
    deciding.approve(desk, asked.id, Confirmed(person=MONA, at=now))
    service.send(desk, letter.id, MARIA)
    return desk


def test_what_waits_is_sent_by_a_child_and_a_check_tells(ordered, settings, worker_config):
    woken = threading.Event()
    mailing = Mailing(ordered, settings, config=worker_config, woken=woken.set)
    try:
        mailing.look()
        assert woken.wait(30)
        with ordered.database.reading() as connection:
            assert [one.state for one in read_sendings(connection)] == [State.READY]
            found = read_check(connection, LETTERS)
        assert (found.outcome, found.detail) == ("passed", "1 letter(s) were tried")
        mailing.look()
        assert mailing._assistant.free
    finally:
        mailing.stop()


def test_a_child_that_falls_over_is_told_and_what_waits_is_tried_again(
    ordered, settings, worker_config, tmp_path
):
    broken = tmp_path / "broken.toml"
    broken.write_text("nothing")
    mailing = Mailing(ordered, settings, config=broken, woken=lambda: None)
    try:
        mailing.look()
        mailing._assistant._process.wait(30)
        mailing.look()
        assert mailing._assistant.free
        # It rests for a while, and then goes on.
        mailing.look()
        assert mailing._next > ordered.clock.ticks() + timedelta(seconds=5) // timedelta(
            microseconds=1
        )
    finally:
        mailing.stop()
