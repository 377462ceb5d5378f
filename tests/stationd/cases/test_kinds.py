import pytest

from stationd.cases.kinds import (
    CHANNELS,
    KINDS,
    documents_for,
    kind_named,
    notice_kind,
    recordable,
)
from stationd.cases.model import Reason
from stationd.errors import MistakeError


@pytest.mark.parametrize("reason", list(Reason))
def test_what_a_reason_needs_are_documents_that_people_record(reason: Reason) -> None:
    kinds = [KINDS[name] for name in documents_for(reason)]
    assert kinds
    assert all(kind.needs_document and not kind.by_program for kind in kinds)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [(Reason.NONPAYMENT, "termination"), (Reason.CUSTOMER_REQUEST, "confirmation")],
)
def test_each_reason_has_its_notice(reason: Reason, kind: str) -> None:
    assert notice_kind(reason) == kind


def test_people_do_not_record_what_the_program_states() -> None:
    assert "effective" not in recordable()
    assert "dispute" in recordable()
    with pytest.raises(MistakeError, match="There is no fact of kind retention to record"):
        kind_named("retention")


def test_an_unknown_kind_is_told_those_there_are() -> None:
    with pytest.raises(MistakeError, match="there are: billing_statement"):
        kind_named("rumour")


def test_a_known_kind_is_given() -> None:
    assert kind_named("dispute").title == "dispute by the customer"


def test_what_travels_by_post_gets_the_mail_allowance() -> None:
    assert {channel for channel, posted in CHANNELS.items() if posted} == {
        "post",
        "certified",
        "courier",
    }


@pytest.mark.parametrize("name", list(KINDS))
def test_a_kind_fits_its_column(name: str) -> None:
    assert len(name) <= 32
