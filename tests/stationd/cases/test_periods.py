from datetime import UTC, date, datetime, timedelta

from stationd.accounts.model import Contract, Site
from stationd.cases.effective import effective
from stationd.cases.periods import inputs
from stationd.settings import PolicySettings

SENT = datetime(2026, 3, 2, 15, tzinfo=UTC)
SITE = Site(id="s", customer_id="c", name="Shop", address="1", zone="America/Chicago")


def test_contract_site_and_policies_give_the_instant() -> None:
    contract = Contract(id="k", site_id="s", number="K", notice_days=30, cure_days=40)
    given = inputs(contract, SITE, PolicySettings(), sent_at=SENT, mail=timedelta(days=3))
    assert (given.notice_days, given.cure_days, given.clause, given.hour) == (30, 40, None, 12)
    # 43 days from 2 March end with 14 April; the next noon in Chicago.
    assert effective(given).instant == datetime(2026, 4, 15, 17, tzinfo=UTC)


def test_a_date_of_the_contract_or_the_customer_lengthens() -> None:
    terms = {"clause_date": "2026-06-30"}
    contract = Contract(id="k", site_id="s", number="K", terms=terms)
    asked = date(2026, 7, 1)
    given = inputs(
        contract, SITE, PolicySettings(), sent_at=SENT, mail=timedelta(), requested=asked
    )
    assert (given.clause, given.requested) == (date(2026, 6, 30), asked)
    assert effective(given).instant == datetime(2026, 7, 1, 17, tzinfo=UTC)
