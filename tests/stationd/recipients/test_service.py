import json
from datetime import timedelta

import pytest

from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError, RefusedError
from stationd.ledger.store import read_head, read_records
from stationd.recipients import service
from stationd.staff.model import Person, Role
from tests.stationd.recipients.certificates import make_certificate


@pytest.fixture
def manager():
    return Person(login="maria", name="Maria", role=Role.MANAGER)


@pytest.fixture
def adler(tmp_path):
    return make_certificate(tmp_path)


def records(desk):
    with desk.database.reading() as connection:
        size = read_head(connection, "station", 1).size
        found = [json.loads(one) for one in read_records(connection, "station", 1, 1, size)]
    return [one for one in found if str(one.get("kind")).startswith("recipient")]


def test_a_certificate_is_taken_up_once_its_fingerprint_agrees(desk, manager, adler) -> None:
    pem, fingerprint = adler
    colons = ":".join(fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()

    one = service.add(desk, "J. Adler", pem, colons, manager)

    assert service.recipients(desk) == [one]
    holder, recipient = service.usable(desk, "J. Adler")
    assert (holder, recipient.fingerprint) == (one, fingerprint)
    assert service.usable(desk, colons[:23])[0] == one


def test_records_name_the_certificate_and_not_the_person(desk, manager, adler) -> None:
    pem, fingerprint = adler
    service.add(desk, "J. Adler", pem, fingerprint, manager)
    service.end(desk, fingerprint[:16], manager)

    assert [(one["kind"], one["certificate"]) for one in records(desk)] == [
        ("recipient_added", fingerprint),
        ("recipient_ended", fingerprint),
    ]
    assert "Adler" not in json.dumps(records(desk))


def test_another_fingerprint_than_the_one_that_was_told_is_refused(desk, manager, adler) -> None:
    with pytest.raises(MistakeError, match="Ask the recipient by telephone"):
        service.add(desk, "J. Adler", adler[0], "00" * 32, manager)
    assert service.recipients(desk) == []


@pytest.mark.parametrize(
    ("name", "pem", "text"),
    [(" ", None, "one named person"), ("A", b"x", "not taken up: this is no certificate")],
)
def test_what_is_no_certificate_of_a_person_is_refused(
    name, pem, text, desk, manager, adler
) -> None:
    with pytest.raises(MistakeError, match=text):
        service.add(desk, name, pem or adler[0], adler[1], manager)


def test_a_certificate_is_taken_up_once(desk, manager, adler) -> None:
    service.add(desk, "J. Adler", *adler, manager)
    with pytest.raises(MistakeError, match=r"taken up before, as J\. Adler's\."):
        service.add(desk, "B. Oe", *adler, manager)

    service.end(desk, "J. Adler", manager)

    with pytest.raises(MistakeError, match=r"as J\. Adler's and was ended\."):
        service.add(desk, "J. Adler", *adler, manager)
    with pytest.raises(NotFoundError, match=r"no certificate of J\. Adler in use"):
        service.usable(desk, "J. Adler")


def test_of_two_certificates_of_a_person_one_is_named_by_its_digits(
    desk, manager, adler, tmp_path
) -> None:
    other = make_certificate(tmp_path, "other")
    for pem, fingerprint in (adler, other):
        service.add(desk, "J. Adler", pem, fingerprint, manager)

    with pytest.raises(MistakeError, match=r"2 certificates of J\. Adler: [0-9a-f]{16}, "):
        service.usable(desk, "J. Adler")
    assert service.usable(desk, other[1][:12])[0].fingerprint == other[1]


def test_a_certificate_that_is_over_is_not_used(desk, manager, tmp_path) -> None:
    pem, fingerprint = make_certificate(tmp_path, until=desk.clock.now() + timedelta(days=3))
    service.add(desk, "J. Adler", pem, fingerprint, manager)

    desk.clock.advance(timedelta(days=4))

    with pytest.raises(RefusedError, match=r"The certificate of J\. Adler cannot be used any more"):
        service.usable(desk, "J. Adler")


def test_who_hands_nothing_out_takes_up_no_certificate(desk, adler) -> None:
    operator = Person(login="o", name="O", role=Role.OPERATOR)

    with pytest.raises(NotAuthorisedError):
        service.add(desk, "J. Adler", *adler, operator)
    with pytest.raises(NotAuthorisedError):
        service.end(desk, "J. Adler", operator)
