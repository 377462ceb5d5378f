import pytest

from stationd.accounts.model import Party
from stationd.cases.kinds import KINDS
from stationd.cases.model import Reason
from stationd.cases.reasons import COUNSELS_TEXT, RULES, documents_for, opening_documents
from stationd.imports.plan import TERMS
from stationd.letters.model import KINDS as LETTERS


def test_every_reason_has_its_rule() -> None:
    assert set(RULES) == set(Reason)


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("party", list(Party))
def test_what_a_reason_needs_is_what_people_record(reason: Reason, party: Party) -> None:
    groups = documents_for(reason, party)
    assert groups
    assert all(not KINDS[kind].by_program for group in groups for kind in group)
    assert all(KINDS[kind].needs_document for kind in opening_documents(reason, party))


@pytest.mark.parametrize("reason", list(Reason))
def test_a_reasons_letter_and_terms_exist(reason: Reason) -> None:
    rule = RULES[reason]
    assert rule.notice is None or rule.notice in {*LETTERS, COUNSELS_TEXT}
    assert set(rule.terms) <= set(TERMS)


def test_a_dealers_instruction_opens_what_is_done_to_its_subscriber() -> None:
    assert opening_documents(Reason.NONPAYMENT, Party.DEALER) == ("dealer_instruction",)
    assert opening_documents(Reason.NONPAYMENT, Party.STATION) == ("billing_statement",)
    assert documents_for(Reason.NONPAYMENT, Party.DEALER)[1:] == (("billing_statement",),)


def test_a_dealer_does_not_instruct_its_own_default() -> None:
    assert opening_documents(Reason.DEALER_DEFAULT, Party.DEALER) == ("dealer_billing",)


def test_an_instruction_is_asked_for_once() -> None:
    groups = documents_for(Reason.DEALER_TRANSFER, Party.DEALER)
    assert groups.count(("dealer_instruction",)) == 1
