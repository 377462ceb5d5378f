"""The records of a simulated ITI receiver."""

from datetime import UTC, datetime

from stationd.simulate import iti
from stationd.simulate.happening import Event, Happening, Stamp

STAMP = Stamp(5, datetime(1997, 5, 14, 10, 19, 30, tzinfo=UTC))
ALARM = Happening("E", "130", "BA", "A", 1)


def test_a_generic_report_has_account_zone_and_condition_in_their_places():
    assert iti.write(Event("2345", ALARM), STAMP) == (b"\n1B1j23458b01A\r",)


def test_a_report_of_the_computer_interface_names_its_fields():
    assert iti.interface(Event("123456", ALARM), STAMP) == (
        b"|[R|IA1|LB|A123456|V55600|D0514|T1019|N0005|Z1|CA|]K1\r",
    )


def test_the_computer_interface_cuts_long_accounts():
    assert b"|A345678|" in iti.interface(Event("12345678", ALARM), STAMP)[0]


def test_a_supervisory_record_has_date_and_time():
    assert iti.interface_beat(STAMP) == b"|[S|IA1|D970514|T101930|V042097|L6.1|]K1\r"
