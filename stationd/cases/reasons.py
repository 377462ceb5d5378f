"""What each reason asks for: its documents, its notice, the terms a contract must have for it.

Wholesale: where the contract is with a dealer, the dealer's written instruction is the authority
for what is done to a subscriber; what the station does to the dealer itself rests on the reason's
own documents.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from stationd.accounts.model import Party
from stationd.cases.model import Reason

__all__ = ["COUNSELS_TEXT", "RULES", "ReasonRule", "documents_for", "opening_documents"]

COUNSELS_TEXT = "counsels_text"
"""The notice of reasons whose letter counsel writes: it is made from no form."""

INSTRUCTION = "dealer_instruction"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonRule:
    """What a reason asks for.

    ``documents`` are groups, of each of which one kind has to be recorded; one of the first group
    opens the case.  ``notice`` None: none is sent.  ``ladder``: the customer is contacted first.
    ``by_company``: it is the company that ends the contract.  ``instructed``: where the contract is
    with a dealer, the dealer's instruction is needed as well.  ``dealers``: only for such
    contracts.
    """

    title: str
    documents: tuple[tuple[str, ...], ...]
    notice: str | None
    ladder: bool = False
    by_company: bool = False
    instructed: bool = True
    dealers: bool = False
    terms: tuple[str, ...] = ()


RULES: Mapping[Reason, ReasonRule] = MappingProxyType(
    {
        Reason.NONPAYMENT: ReasonRule(
            title="the customer does not pay",
            documents=(("billing_statement",),),
            notice="termination",
            ladder=True,
            by_company=True,
            terms=("default_clause", "payment_terms"),
        ),
        Reason.CUSTOMER_REQUEST: ReasonRule(
            title="the customer asked for it",
            documents=(("customer_writing", "recorded_call"), ("ending_statement",)),
            notice="confirmation",
        ),
        Reason.END_OF_TERM: ReasonRule(
            title="the term ends",
            documents=(("renewal_facts",),),
            notice="confirmation",
            terms=("renewal", "initial_term"),
        ),
        Reason.NONRENEWAL_BY_COMPANY: ReasonRule(
            title="the company does not renew",
            documents=(("renewal_facts",),),
            notice="termination",
            by_company=True,
            instructed=False,
            terms=("renewal", "initial_term", "renewal_notice_days"),
        ),
        Reason.DEALER_TRANSFER: ReasonRule(
            title="the dealer takes the account to another station",
            documents=((INSTRUCTION,), ("receiving_station",)),
            notice="confirmation",
            dealers=True,
        ),
        Reason.DEALER_DEFAULT: ReasonRule(
            title="the dealer does not pay",
            documents=(("dealer_billing",),),
            notice="termination",
            ladder=True,
            by_company=True,
            instructed=False,
            dealers=True,
            terms=("default_clause", "payment_terms"),
        ),
        Reason.TAKEOVER_BY_OTHER_COMPANY: ReasonRule(
            title="another company takes the customer",
            documents=(("customer_writing",),),
            notice="confirmation",
        ),
        Reason.COMPANY_DECISION: ReasonRule(
            title="the company decided it",
            documents=(("manager_grounds",), ("counsel_note",)),
            notice="termination",
            by_company=True,
            instructed=False,
        ),
        Reason.PREMISES_GONE: ReasonRule(
            title="the premises are gone",
            documents=(("supervision_evidence",), ("premises_visit", "returned_mail")),
            notice="termination",
            by_company=True,
        ),
        Reason.SALE_OF_ACCOUNTS: ReasonRule(
            title="the account is sold",
            documents=(("sale_schedule",),),
            notice="confirmation",
            instructed=False,
        ),
        Reason.BANKRUPTCY_REJECTION: ReasonRule(
            title="the contract was rejected in bankruptcy",
            documents=(("court_notice",),),
            notice=COUNSELS_TEXT,
        ),
        Reason.DEATH_OF_CUSTOMER: ReasonRule(
            title="the customer died",
            documents=(("representative_authority",),),
            notice=COUNSELS_TEXT,
        ),
        Reason.DUPLICATE_OR_ERROR: ReasonRule(
            title="the account is a duplicate or an error",
            documents=(("continuity_proof",),),
            notice=None,
        ),
    }
)


def documents_for(reason: Reason, party: Party | None = None) -> tuple[tuple[str, ...], ...]:
    """Return the groups of documents that ``reason`` needs one of each from (G2)."""
    rule = RULES[reason]
    instructed = party is Party.DEALER and rule.instructed
    if instructed and (INSTRUCTION,) not in rule.documents:
        return ((INSTRUCTION,), *rule.documents)
    return rule.documents


def opening_documents(reason: Reason, party: Party | None = None) -> tuple[str, ...]:
    """Return the kinds of document of which one opens a case (T1)."""
    return documents_for(reason, party)[0]
