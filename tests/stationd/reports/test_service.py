import csv
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stationd.accounts.model import Contract, Opening
from stationd.accounts.service import open_account
from stationd.accounts.store import read_contract, read_customer, read_site
from stationd.clock import SetClock
from stationd.db.engine import Database
from stationd.errors import UnavailableError
from stationd.reports.service import unmonitored, write_retention_plan, write_unmonitored
from stationd.staff.model import Person, Role
from tests.stationd.cases.conftest import Office, furnished

pytestmark = pytest.mark.both_databases

MARIA = Person(login="maria", name="Maria Manager", role=Role.MANAGER)
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture
def office(database: Database, clock: SetClock) -> Office:
    return Office(furnished(database, clock, MARIA), clock, MARIA)


def test_a_location_is_on_the_list_of_the_month_in_which_service_ended(
    office: Office, tmp_path: Path
) -> None:
    case = office.ended()
    assert case.ended_at is not None
    month = case.ended_at.date().replace(day=1)
    (found,) = unmonitored(office.desk, month, UTC_ZONE)
    assert (found.acct, found.name, found.ended_at) == ("1234", "Shop", case.ended_at)
    assert unmonitored(office.desk, date(2026, 1, 1), UTC_ZONE) == []
    office.clock.advance(timedelta(days=31))
    folder = tmp_path / "reports"
    said = write_unmonitored(office.desk, folder, UTC_ZONE)
    assert said.endswith("1 location(s) no longer monitored")
    assert write_unmonitored(office.desk, folder, UTC_ZONE) == said
    (path,) = folder.iterdir()
    assert path.name == f"unmonitored-{month:%Y-%m}.csv"
    with path.open(newline="") as file:
        assert [row["account"] for row in csv.DictReader(file)] == ["1234"]


def test_a_site_where_another_account_goes_on_is_monitored(office: Office) -> None:
    with office.desk.database.reading() as connection:
        contract = read_contract(connection, "k1")
        site = read_site(connection, contract.site_id)
        customer = read_customer(connection, site.customer_id)
    second = Opening(
        customer=customer,
        site=site,
        contract=Contract(id="k2", site_id=site.id, number="K-2", notice_days=30),
        acct="5678",
    )
    open_account(office.desk, second, by=MARIA)
    case = office.ended()
    assert case.ended_at is not None
    assert unmonitored(office.desk, case.ended_at.date(), UTC_ZONE) == []


def test_the_plan_of_the_week_takes_the_place_of_the_one_before(
    office: Office, tmp_path: Path
) -> None:
    said = write_retention_plan(office.desk, tmp_path, UTC_ZONE)
    assert said == write_retention_plan(office.desk, tmp_path, UTC_ZONE)
    (path,) = tmp_path.glob("*.csv")
    assert path.name == "retention-plan-2026-W10.csv"
    assert path.read_text().startswith("may_go,account,class")


def test_a_folder_that_cannot_be_written_is_named(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UnavailableError, match=r"worker\.reports"):
        write_unmonitored(office.desk, file / "reports", UTC_ZONE)
