"""SIGKILL at every step of a sending: once and only once."""

import os
import signal
import smtplib
from dataclasses import replace
from pathlib import Path

import pytest

from stationd.db.engine import Database
from stationd.letters.channels import printed
from stationd.letters.channels import smtp as smtp_module
from stationd.outbox import sending, service
from stationd.outbox.model import State

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def forked(office, module, name, *, when=lambda *_: True, wait=True):
    """Send what waits in a child that SIGKILL ends as it calls ``name``, else SIGTERM after it."""
    office.desk.database.close()
    pid = os.fork()
    if pid == 0:
        try:
            usual = getattr(module, name)

            def killing(*given, **named):
                if when(*given):
                    os.kill(os.getpid(), signal.SIGKILL)
                return usual(*given, **named)

            setattr(module, name, killing)
            url = str(office.desk.database.engine.url)
            office.desk = replace(office.desk, database=Database(url))
            office.post()
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os._exit(1)
    return _code(pid) if wait else pid


def _code(pid):
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def whole(_client, data):
    return isinstance(data, bytes) and data.endswith(b"\r\n.\r\n")


def test_killed_anywhere_before_the_act_a_letter_goes_out_once(office, mail):
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    before = (
        (sending, "fault_now"),
        (sending, "_parcel"),
        (smtp_module.SmtpChannel, "_connected"),
        (smtplib.SMTP, "starttls"),
        (smtplib.SMTP, "mail"),
        (smtplib.SMTP, "rcpt"),
        (smtplib.SMTP, "docmd"),
        (sending, "_begin"),
    )
    for module, name in before:
        assert forked(office, module, name) == -signal.SIGKILL, name
        assert office.facts(case, "notice") == []
    assert mail.messages == []
    assert forked(office, os, "abort") == -signal.SIGTERM
    assert forked(office, os, "abort") == -signal.SIGTERM
    assert [one.state for one in office.sendings(case)] == [State.SENT]
    assert (len(mail.messages), len(office.facts(case, "notice"))) == (1, 1)


@pytest.mark.parametrize(
    ("module", "name", "when", "taken"),
    [
        (smtplib.SMTP, "send", whole, 0),
        (sending, "_settle", lambda *_: True, 1),
        (sending, "place_sent", lambda *_: True, 1),
        (sending, "append_gathered", lambda *_: True, 1),
    ],
    ids=["before the bytes", "after the reply", "before the fact", "before the commit"],
)
def test_killed_once_the_act_began_nobody_sends_it_again(office, mail, module, name, when, taken):
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    assert forked(office, module, name, when=when) == -signal.SIGKILL
    for _ in range(2):
        assert forked(office, os, "abort") == -signal.SIGTERM
    (one,) = office.sendings(case)
    assert (one.state, len(mail.messages)) == (State.UNCERTAIN, taken)
    assert office.facts(case, "notice") == []
    reason = "the server's log tells"
    service.resolve(office.desk, one.id, office.manager, sent=taken == 1, reason=reason)
    if not taken:
        office.order(letter)
        assert forked(office, os, "abort") == -signal.SIGTERM
    assert (len(mail.messages), len(office.facts(case, "notice"))) == (1, 1)


def test_killed_while_the_server_has_it_and_has_not_answered(office, mail):
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    mail.stops = {"."}
    pid = forked(office, os, "abort", wait=False)
    assert mail.reached.wait(20)
    os.kill(pid, signal.SIGKILL)
    assert _code(pid) == -signal.SIGKILL
    mail.go.set()
    assert forked(office, os, "abort") == -signal.SIGTERM
    assert [one.state for one in office.sendings(case)] == [State.UNCERTAIN]
    assert len(mail.messages) == 1


def test_killed_anywhere_there_is_one_print_job_and_one_fact(office, tmp_path):
    case, (letter,) = office.ready_with_draft("post")
    (one,) = office.order(letter)
    queue = tmp_path / "queue"

    def final(made, target):
        return target.parent == queue

    points = (
        (printed, "_write", lambda *_: True),
        (printed, "_sync", lambda *_: True),
        (sending, "_begin", lambda *_: True),
        (Path, "rename", final),
        (sending, "_settle", lambda *_: True),
    )
    for module, name, when in points:
        assert forked(office, module, name, when=when) == -signal.SIGKILL, name
    (queue / one.id).rename(tmp_path / "somebody took it")
    assert forked(office, os, "abort") == -signal.SIGTERM
    assert [found.state for found in office.sendings(case)] == [State.READY]
    assert not (queue / one.id).exists()
    (ready,) = office.sendings(case)
    office.declared(ready)
    assert len(office.facts(case, "notice")) == 1
