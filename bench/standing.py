"""The standing board of a large station: 100,000 contracts, each with billing lines.

    python bench/standing.py

Makes the station in a folder of its own, adds every contract's lines up, and asks the board in
several ways, each several times.  Printed as JSON: how long each took at most, in seconds.
"""

import argparse
import json
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from stationd.accounts.model import (
    Account,
    Contract,
    Customer,
    Dealer,
    RecordState,
    Service,
    Site,
    Standing,
)
from stationd.accounts.store import (
    record_accounts,
    record_contracts,
    record_customers,
    record_dealers,
    record_sites,
)
from stationd.billing.model import Import, Line, LineKind
from stationd.billing.restanding import make_anew, restand_due
from stationd.billing.store import record_import, record_lines
from stationd.board.model import Asked, Sort
from stationd.board.service import board, move_renewals
from stationd.cases.model import Case, Reason
from stationd.cases.store import record_case
from stationd.clock import SetClock
from stationd.db.engine import Database
from stationd.db.revision import migrate
from stationd.desk import Desk
from stationd.ids import CountedIds
from stationd.schedule.store import record_due
from stationd.settings import PolicySettings
from stationd.staff.model import Person, Role

_NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
_ZONES = ("America/Denver", "America/New_York", "Pacific/Honolulu", "Europe/Berlin")
_TIERS = ("tm", "basic", "platinum")
_MARIA = Person(login="maria", name="Maria", role=Role.MANAGER)
_PIECE = 5000
_ROUNDS = 3

_ASKED = {
    "most days past due": Asked(),
    "all rows of a page of 1000": Asked(limit=1000),
    "over 30 days, platinum": Asked(over=30, tier="platinum"),
    "in default": Asked(standing=Standing.IN_DEFAULT, sort=Sort.BALANCE),
    "largest balance": Asked(sort=Sort.BALANCE),
    "one dealer": Asked(dealer="Dealer 7"),
    "renewal within 30 days": Asked(renews_within=30, sort=Sort.RENEWAL),
    "cases in contact": Asked(state="contacting", sort=Sort.NEXT),
    "next step due": Asked(due=True, sort=Sort.NEXT),
    "without a case, by account": Asked(state="none", sort=Sort.ACCOUNT),
    "bundle verified": Asked(bundle="verified"),
    "without a bundle, by next step": Asked(bundle="none", sort=Sort.NEXT),
    "nothing found": Asked(tier="platinum", bundle="failed", sort=Sort.NEXT),
}


def _fill(desk: Desk, count: int, lines: int) -> None:
    with desk.database.writing() as connection:
        record_dealers(connection, [Dealer(id=f"d{n}", name=f"Dealer {n}") for n in range(50)])
        one = Import(id="i", source="bench", name="bench", sha256=bytes(32), by="maria", at=_NOW)
        record_import(connection, one)
    for first in range(0, count, _PIECE):
        numbers = range(first, min(first + _PIECE, count))
        with desk.database.writing() as connection:
            record_customers(connection, [_customer(n) for n in numbers])
            record_sites(connection, [_site(n) for n in numbers])
            record_contracts(connection, [_contract(n) for n in numbers])
            record_accounts(connection, [_account(n) for n in numbers])
            record_lines(connection, [_line(n, k) for n in numbers for k in range(lines)])
            for n in numbers:
                if n % 20 == 0:
                    record_case(connection, _case(n))
                    record_due(connection, f"k{n}", "notice.evaluate", [_NOW + timedelta(hours=n)])


def _customer(n: int) -> Customer:
    return Customer(id=f"c{n}", name=f"Customer {n}", dealer_id=f"d{n % 50}")


def _site(n: int) -> Site:
    zone = _ZONES[n % len(_ZONES)]
    return Site(id=f"s{n}", customer_id=f"c{n}", name=f"Site {n}", address=f"{n} St", zone=zone)


def _contract(n: int) -> Contract:
    started = date(2019, 1, 1) + timedelta(days=n % 2000)
    terms = {
        "started": started.isoformat(),
        "initial_term": "36 months",
        "renewal": "fixed",
        "tier": _TIERS[n % 5 % 3],
        "termination_clause": "12.1 " + "and so on " * 20,
    }
    return Contract(id=f"k{n}", site_id=f"s{n}", number=f"K-{n}", terms=terms)


def _account(n: int) -> Account:
    return Account(
        acct=f"{n:06}",
        contract_id=f"k{n}",
        service=Service.ACTIVE,
        record=RecordState.OPEN,
        epoch=1,
        details={},
        opened_at=_NOW,
    )


def _line(n: int, k: int) -> Line:
    """Return a monthly invoice and its payment in turn; every third customer pays nothing."""
    on = date(2025, 12, 1) + timedelta(days=30 * (k // 2) + n % 28)
    paid = k % 2 == 1 and n % 3 != 0
    return Line(
        id=f"{n}-{k}",
        contract_id=f"k{n}",
        kind=LineKind.PAYMENT if paid else LineKind.INVOICE,
        number=f"{n}-{k}",
        on=on,
        due_on=on + timedelta(days=14),
        amount=4900 + n % 300,
        currency="USD",
        imported_at=_NOW,
        source="bench",
        import_id="i",
    )


def _case(n: int) -> Case:
    return Case(
        id=f"k{n}",
        acct=f"{n:06}",
        contract_id=f"k{n}",
        reason=Reason.NONPAYMENT,
        state="contacting" if n % 40 else "noticed",
        previous_state=None,
        version=1,
        overdue=False,
        opened_at=_NOW,
        opened_by="maria",
    )


def _timed(desk: Desk, asked: Asked) -> dict[str, float | int]:
    took = []
    rows: list[object] = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        rows = list(board(desk, asked, _MARIA)[0])
        took.append(time.perf_counter() - began)
    return {"rows": len(rows), "most_s": round(max(took), 3)}


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contracts", type=int, default=100_000)
    parser.add_argument("--lines", type=int, default=6, help="of each contract")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'station.sqlite3'}")
        migrate(database, copy_to=None)
        clock = SetClock(_NOW)
        desk = Desk(
            database=database,
            clock=clock,
            ids=CountedIds(),
            station="bench",
            policies=PolicySettings(),
        )
        _fill(desk, options.contracts, options.lines)
        told: dict[str, object] = {"contracts": options.contracts, "lines": options.lines}
        for name, act in (("add_up_s", make_anew), ("renewals_s", move_renewals)):
            began = time.perf_counter()
            act(desk)
            told[name] = round(time.perf_counter() - began, 1)
        clock.advance(timedelta(days=1))
        began = time.perf_counter()
        told["looked_at_next_day"] = restand_due(desk)
        told["next_day_s"] = round(time.perf_counter() - began, 1)
        told["board"] = {name: _timed(desk, asked) for name, asked in _ASKED.items()}
        database.close()
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
