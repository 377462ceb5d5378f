"""The sites of a simulated day, built in and from a file."""

import pytest

from stationd.simulate.happening import Form
from stationd.simulate.simulated import SIMULATED
from stationd.simulate.sites import SITES, Plot, Site, SitesError, Way, read, sites_of


def test_the_built_in_sites_show_every_way_form_plot_and_key_length():
    assert {site.way for site in SITES} == set(Way)
    assert {site.form for site in SITES} == set(Form)
    assert {site.plot for site in SITES} == set(Plot)
    assert {len(site.key) for site in SITES if site.key} == {16, 24, 32}
    assert len({site.number for site in SITES}) == len(SITES)


def test_a_file_names_sites():
    text = (
        "number,way,form,plot,key_hex,hangs_up\n"
        "AB12,dc09_tcp,sia,burglary,{},yes\n"
        "0007,serial,basic,,,\n"
    )
    assert read(text.format("00" * 24)) == (
        Site(
            number="AB12",
            way=Way.DC09_TCP,
            form=Form.SIA,
            plot=Plot.BURGLARY,
            key=bytes(24),
            hangs_up=True,
        ),
        Site(number="0007", way=Way.SERIAL, form=Form.BASIC),
    )


def test_three_columns_are_enough():
    assert read("number,way,form\n1,serial,sia\n")[0].plot is Plot.QUIET


def test_every_bad_line_is_named():
    text = (
        "number,way,form,plot,key_hex,hangs_up\n"
        "1,serial,sia,,,\n"
        "2,pigeon,sia,,,\n"
        "3,dc09_tcp,sia,,abcd,\n"
        "4,serial,sia,,,yes\n"
        "5,dc09_udp,basic,,,\n"
        "a b,serial,sia,,,\n"
    )
    with pytest.raises(SitesError) as caught:
        read(text)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "line 3",
        "line 4",
        "line 5",
        "line 6",
        "line 7",
    ]


@pytest.mark.parametrize("header", ["number,way", "number,way,form,colour", ""])
def test_an_unknown_header_is_refused(header):
    with pytest.raises(SitesError, match="the header must be"):
        read(header + "\n")


def test_a_site_may_report_by_a_simulated_receiver():
    assert read("number,way,form\n0007,mx8000,sia\n") == (
        Site(number="0007", way="mx8000", form=Form.SIA),
    )


def test_only_panels_have_keys():
    row = "number,way,form,key_hex\n0007,{},sia,{}\n"
    assert read(row.format("dc09", "00" * 16))[0].key == bytes(16)
    with pytest.raises(SitesError, match="mx8000 is a receiver's line"):
        read(row.format("mx8000", "00" * 16))


@pytest.mark.parametrize("name", SIMULATED)
def test_a_receiver_has_sites_of_its_own_of_which_a_station_knows_two(name):
    sites = sites_of(name, SIMULATED[name])
    assert [site.way for site in sites] == [name] * 3
    assert [site.plot for site in sites] == [Plot.BURGLARY, Plot.POWER_LOSS, Plot.UNKNOWN]
    assert {site.form for site in sites} == set(SIMULATED[name].forms)


def test_no_two_receivers_have_a_number_in_common_with_another():
    numbers = [number for row in SIMULATED.values() for number in row.numbers]
    assert len(set(numbers)) == len(numbers)
