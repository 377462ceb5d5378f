"""What happens in a simulated day."""

import pytest

from stationd.simulate.happening import Form, Happening
from stationd.simulate.script import Act, Outage, on_a_panel, script
from stationd.simulate.sites import SITES, Plot, Site, Way

DAY = 86400.0
ALARM = Happening("E", "130", "BA", "A", 3, "HALL DOOR")


def site(form, way=Way.SERIAL):
    return Site(number="1234", way=way, form=form)


def test_the_same_seed_gives_the_same_day():
    assert script(7, SITES) == script(7, SITES)


def test_another_seed_gives_another_day():
    assert script(7, SITES) != script(8, SITES)


@pytest.mark.parametrize("seed", range(20))
def test_a_day_has_its_acts_in_order_and_within_it(seed):
    times = [act.at for act in script(seed, SITES)]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] < DAY


def of(number):
    return [
        act.happening.sia
        for act in script(1, SITES)
        if isinstance(act, Act) and act.site.number == number
    ]


@pytest.mark.parametrize(
    ("plot", "codes"),
    [
        (Plot.BURGLARY, ["BA", "BA", "BV", "BR", "BR", "BC"]),
        (Plot.POWER_LOSS, ["AT", "YT", "AR", "YR"]),
        (Plot.LINK_LOSS, ["LT", "LR"]),
        (Plot.QUIET, []),
    ],
)
def test_each_plot_is_played_between_opening_closing_and_timer_tests(plot, codes):
    for place in SITES:
        if place.plot is plot:
            said = of(place.number)
            assert [code for code in said if code not in {"OP", "CL", "RP"}] == codes
            assert [code for code in said if code in {"OP", "CL"}] == ["OP", "CL"]
            assert said.count("RP") == 4


def test_a_site_nobody_knows_reports_too():
    assert of("9999") == ["FA", "RP"]


def test_each_way_has_one_damaged_frame():
    damaged = [act for act in script(1, SITES) if isinstance(act, Act) and act.damaged]
    assert sorted(act.site.way for act in damaged) == sorted(Way)


def test_lines_with_a_link_loss_go_away_and_come_back():
    outages = [act for act in script(1, SITES) if isinstance(act, Outage)]
    assert {act.way for act in outages} == {Way.SURGARD, Way.DC09_TCP}


@pytest.mark.parametrize(
    ("form", "token", "content"),
    [
        (Form.CONTACT_ID, "ADM-CID", "#1234|1130 01 003"),
        (Form.SIA, "SIA-DCS", "#1234|Nri1/BA03^HALL DOOR^"),
    ],
)
def test_a_panel_says_each_form(form, token, content):
    said = on_a_panel(Act(0.0, site(form, Way.DC09_TCP), ALARM))
    assert (said.token, said.content, said.damaged) == (token, content, False)
