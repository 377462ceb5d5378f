"""A few contracts with lines, cases, dealers and bundles."""

import pytest

from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import add_dealer, open_account
from stationd.billing.mapping import Arrangement
from stationd.billing.service import import_lines
from stationd.cases.model import Attachment, Reason
from stationd.cases.payments import note_payments
from stationd.cases.service import open_case, record_fact, step
from stationd.desk import Desk
from stationd.staff.model import Person, Role
from tests.stationd.billing.conftest import file_of

MARIA = Person(login="maria", name="Maria", role=Role.MANAGER)
CARL = Person(login="carl", name="Carl", role=Role.CLERK)
LINES = """number,kind,account,on,amount
R-1,invoice,1001,2025-12-01,90.00
R-2,invoice,1002,2026-02-20,500.00
R-3,invoice,1003,2026-03-20,10.00
P-3,payment,1003,2026-02-01,25.00
"""


@pytest.fixture
def station(desk: Desk) -> Desk:
    """Contracts 1001 to 1004; 1001 is contacted, 1004 has no lines."""
    dealer = add_dealer(desk, "North", by=MARIA)
    for n, tier in enumerate(("basic", "platinum", "basic", "tm"), start=1001):
        owner = dealer.id if n == 1002 else None
        terms = {"tier": tier, "started": f"2024-0{n - 1000}-10", "initial_term": "24 months"}
        opening = Opening(
            customer=Customer(id=f"c{n}", name=f"Customer {n}", dealer_id=owner),
            site=Site(
                id=f"s{n}", customer_id=f"c{n}", name="S", address="1 St", zone="America/Denver"
            ),
            contract=Contract(
                id=f"k{n}", site_id=f"s{n}", number=f"K-{n}", terms={**terms, "renewal": "fixed"}
            ),
            acct=str(n),
        )
        open_account(desk, opening, by=MARIA)
    usual = Arrangement(source="books", defaults={"currency": "USD"})
    import_lines(desk, file_of(LINES, usual), by=MARIA, credited=note_payments)
    paper = Attachment(name="s.pdf", media_type="application/pdf", content=b"statement")
    case = open_case(
        desk, "1001", Reason.NONPAYMENT, MARIA, kind="billing_statement", document=paper
    )
    step(desk, case.id, "start", MARIA)
    review = {"contract": "K-1001", "default_on": "2025-12-02", "amount": "90", "clause": "9.1"}
    record_fact(desk, case.id, "breach_review", {**review, "paid_through": "2025-11-30"}, CARL)
    step(desk, case.id, "facts_ok", MARIA)
    return desk
