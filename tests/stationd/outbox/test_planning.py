from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from stationd.accounts.model import Contract, Site
from stationd.outbox.planning import cure_end, day_end, leads_to, mail
from stationd.settings import PolicySettings

SITE = Site(id="s", customer_id="c", name="S", address="1", zone="America/Denver")
TICK = timedelta(microseconds=1)
POLICIES = PolicySettings()


def contract(notice=30, cure=None):
    return Contract(id="k", site_id="s", number="K", notice_days=notice, cure_days=cure)


@given(
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.integers(0, 60),
    st.integers(0, 60),
    st.booleans(),
    st.timedeltas(timedelta(), timedelta(days=5)),
)
def test_whenever_it_goes_out_before_its_last_moment_it_leads_to_no_later_instant(
    day, notice, cure, slow, before
):
    ways = ["post"] if slow else ["email"]
    send_by = day_end(day, SITE.zone)
    one = contract(notice, cure)
    stated = leads_to(one, SITE, POLICIES, sent_at=send_by - TICK, channels=ways)
    earlier = send_by - TICK - before
    assert leads_to(one, SITE, POLICIES, sent_at=earlier, channels=ways) <= stated


def test_a_day_ends_at_midnight_of_the_site_even_when_clocks_change():
    assert day_end(date(2026, 3, 8), SITE.zone) == datetime(2026, 3, 9, 6, tzinfo=UTC)
    assert day_end(date(2026, 3, 7), SITE.zone) == datetime(2026, 3, 8, 7, tzinfo=UTC)


def test_the_slowest_way_has_the_allowance():
    assert mail(POLICIES, ["email", "hand", "keypad"]) == timedelta()
    assert mail(POLICIES, ["email", "post"]) == timedelta(days=3)


def test_the_last_day_of_a_cure_is_counted_like_the_instant():
    send_by = day_end(date(2026, 3, 2), SITE.zone)
    told = {"send_by": send_by, "channels": ["email"]}
    assert cure_end(contract(cure=10), SITE, POLICIES, **told) == date(2026, 3, 12)
    assert cure_end(contract(), SITE, POLICIES, **told) is None
    posted = cure_end(contract(cure=10), SITE, POLICIES, send_by=send_by, channels=["post"])
    assert posted == date(2026, 3, 15)
    assert ZoneInfo(SITE.zone)
