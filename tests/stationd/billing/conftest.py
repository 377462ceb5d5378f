"""Two contracts, a mapping, and files of billing lines."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.billing.mapping import Arrangement
from stationd.billing.model import Line
from stationd.billing.service import File, ImportReport, import_lines
from stationd.desk import Desk
from stationd.staff.model import Person, Role

MARIA = Person(login="maria", name="Maria", role=Role.MANAGER)
HEAD = "number,kind,account,on,due_on,amount,period_from,period_through\n"
INVOICE = "R-1,invoice,1001,2026-01-01,2026-01-15,90.00,2026-01-01,2026-01-31\n"
PAYMENT = "P-1,payment,1001,2026-02-20,,90.00,,\n"
USUAL = Arrangement(source="books", defaults={"currency": "USD"})


def nobody(_connection: Any, _desk: Desk, _lines: Sequence[Line], _by: Person) -> list[Any]:
    return []


@pytest.fixture
def station(desk: Desk) -> Desk:
    for acct, zone in (("1001", "America/Denver"), ("1002", "Pacific/Auckland")):
        opening = Opening(
            customer=Customer(id=f"c{acct}", name="Berg"),
            site=Site(id=f"s{acct}", customer_id=f"c{acct}", name="S", address="1 St", zone=zone),
            contract=Contract(id=f"k{acct}", site_id=f"s{acct}", number=f"K-{acct}"),
            acct=acct,
        )
        open_account(desk, opening, by=MARIA)
    return desk


def file_of(text: str | bytes, arrangement: Arrangement = USUAL, name: str = "may.csv") -> File:
    data = text.encode() if isinstance(text, str) else text
    return File(name=name, open=lambda: io.BytesIO(data), format="csv", arrangement=arrangement)


@pytest.fixture
def take(station: Desk) -> Callable[..., ImportReport]:
    def take(text: str | bytes, arrangement: Arrangement = USUAL, **more: Any) -> ImportReport:
        given = {"by": MARIA, "credited": nobody, **more}
        return import_lines(station, file_of(text, arrangement), **given)

    return take


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder
