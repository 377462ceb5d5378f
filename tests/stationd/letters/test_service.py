from datetime import timedelta

import pytest

from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError
from stationd.ledger.store import read_documents
from stationd.letters.service import forms, sign_form, withdraw_form
from stationd.staff.model import Person, Role

FORM = ("form.pdf", b"the form")
OLGA = Person(login="olga", name="Olga", role=Role.ATTORNEY)
MARIA = Person(login="maria", name="Maria", role=Role.MANAGER)
CARLA = Person(login="carla", name="Carla", role=Role.CLERK)


def test_an_attorney_signs_a_form_for_a_year(desk, clock):
    made = sign_form(desk, "termination", "T-1", content=FORM, by=OLGA)
    assert (made.signed_by, made.sign_off) == ("olga", None)
    assert made.expires_at == clock.now() + timedelta(days=365)
    assert forms(desk) == forms(desk, kind="termination") == [made]
    assert forms(desk, kind="confirmation") == []


def test_a_manager_hands_in_counsels_document(desk):
    with pytest.raises(NotAuthorisedError):
        sign_form(desk, "termination", "T-1", content=FORM, by=MARIA)
    counsel = ("counsel.pdf", b"we sign it off")
    made = sign_form(desk, "termination", "T-1", content=FORM, by=MARIA, sign_off=counsel)
    with desk.database.reading() as connection:
        kept = read_documents(connection, [made.doc, made.sign_off])
    assert [(one.content, one.compartment) for one in kept] == [
        (b"the form", "internal"),
        (b"we sign it off", "privileged"),
    ]
    with pytest.raises(NotAuthorisedError):
        sign_form(desk, "termination", "T-2", content=FORM, by=CARLA, sign_off=counsel)
    assert sign_form(desk, "termination", "T-2", content=FORM, by=OLGA, sign_off=counsel).sign_off


@pytest.mark.parametrize(
    ("kind", "version", "says"),
    [
        ("poem", "T-1", "There is no letter poem"),
        ("termination", " ", "1 to 40 printable"),
        ("termination", "x" * 41, "1 to 40 printable"),
        ("termination", "a\nb", "1 to 40 printable"),
    ],
)
def test_a_form_that_cannot_be_is_not_signed(desk, kind, version, says):
    with pytest.raises(MistakeError, match=says):
        sign_form(desk, kind, version, content=FORM, by=OLGA)


def test_another_text_is_another_version(desk, clock):
    sign_form(desk, "termination", "T-1", content=FORM, by=OLGA)
    with pytest.raises(MistakeError, match="another text is another version"):
        sign_form(desk, "termination", "T-1", content=FORM, by=OLGA)
    sign_form(desk, "termination", "T-1", content=FORM, by=OLGA, jurisdiction="US-CO")
    with pytest.raises(MistakeError, match="ends at a time to come"):
        sign_form(desk, "termination", "T-2", content=FORM, by=OLGA, expires_at=clock.now())


def test_a_form_is_withdrawn_once(desk, clock, chain):
    sign_form(desk, "termination", "T-1", content=FORM, by=OLGA)
    with pytest.raises(NotAuthorisedError):
        withdraw_form(desk, "termination", "T-1", by=CARLA)
    with pytest.raises(NotFoundError):
        withdraw_form(desk, "termination", "T-9", by=MARIA)
    withdraw_form(desk, "termination", "T-1", by=MARIA)
    withdraw_form(desk, "termination", "T-1", by=OLGA)
    assert forms(desk)[0].withdrawn_at == clock.now()
    kinds = [one["kind"] for one in chain("station") if one["type"] == "config"]
    assert kinds == ["form_signed", "form_withdrawn"]


def test_a_text_is_signed_only_if_it_holds_what_its_kind_must(desk):
    with pytest.raises(MistakeError, match=r"does not say notice\.ends_at"):
        sign_form(desk, "termination", "T-1", content=("form.txt", b"Go away."), by=OLGA)
    assert forms(desk) == []
