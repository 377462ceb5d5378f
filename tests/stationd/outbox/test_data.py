from dataclasses import replace
from datetime import date

import pytest

from stationd.accounts.model import Party
from stationd.cases.model import Reason
from stationd.cases.reasons import RULES
from stationd.outbox.data import _GROUNDS, read_known, to_whom
from stationd.outbox.service import look
from tests.stationd.outbox.conftest import bill


@pytest.fixture
def known(office):
    case = office.ready()
    with office.desk.database.reading() as connection:
        return read_known(connection, case, date(2026, 3, 2))


@pytest.mark.parametrize(
    ("to", "channel", "found"),
    [
        ("customer", "email", ("Acme", "acme@example.com")),
        ("customer", "post", ("Acme", "1 Main St, Aurora, CO")),
        ("authority", "post", ("Fire Marshal", "9 Fire Lane")),
        ("issuer", "email", ("Lab", "lab@example.com")),
    ],
)
def test_name_and_address_are_those_on_file(known, to, channel, found):
    assert to_whom(known, to, channel) == found


def test_a_dealers_address_is_given_and_never_the_subscribers(known):
    with_dealer = replace(known, contract=replace(known.contract, party=Party.DEALER))
    assert to_whom(with_dealer, "customer", "post") == ("", "")


def test_what_is_not_due_yet_is_not_asked_for(office):
    bill(office.desk, "I-30", 100, date(2026, 6, 1), "June")
    case = office.ready(Reason.NONPAYMENT)
    (letter,) = office.draft_letter(case, "termination")
    text = look(office.desk, letter.id, office.manager).text.content.decode()
    assert "I-30" not in text
    assert "USD 135.50" in text


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_with_a_form_has_its_words_and_a_class_without_a_debt(reason):
    text, kind = _GROUNDS[reason]
    assert text or RULES[reason].notice not in ("termination", "confirmation")
    assert kind
    for word in ("paid", "pay", "due", "default", "debt"):
        assert word not in kind
