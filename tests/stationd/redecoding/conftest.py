"""A station with a journal taken over, and tools that read it anew."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from receivers.own_codes import OwnCodes, parse
from receivers.registry import RECEIVERS
from receivers.session import Account
from stationd.desk import Desk
from stationd.follower.model import ListenerFacts
from stationd.follower.service import follow
from stationd.ledger.store import read_records
from stationd.redecoding.model import Asked, Report, Tools
from stationd.redecoding.service import redecode
from stationd.staff.model import Person, Role

ANNA = Person(login="anna", name="Anna", role=Role.ADMINISTRATOR)
EVERYTHING = Asked()
OWN = """
name = "south"
[[codes]]
format = "sia"
code = "BA"
class = "medical"
name = "cold room door"
vendor = "acme"
"""


def nobody(_group: str) -> Callable[[str], Account | None]:
    return lambda _number: None


class Kept:
    """What a test does with the kept entries of one journal."""

    def __init__(self, desk: Desk, journal: Any) -> None:
        self.desk = desk
        self.journal = journal
        self.tools = Tools(
            receivers=RECEIVERS, accounts=nobody, table="stationd-codes-1:0", software="stationd 0"
        )

    def take(self) -> None:
        """Follow the journal to its end."""
        while follow(self.desk, self.journal, node="n1", accounts=nobody):
            pass

    def own(self, text: str = OWN) -> OwnCodes:
        """Read with codes of its own from now on."""
        own = parse(text)
        self.tools = replace(self.tools, own=own)
        return own

    def now(self, listener: str, receiver: str, **options: str | int | bool) -> None:
        """Read with these options of a listener from now on."""
        facts = ListenerFacts(receiver=receiver, group="x", mode="primary", options=options)
        self.tools = replace(self.tools, now={**self.tools.now, listener: facts})

    def apply(self, asked: Asked = EVERYTHING, **more: Any) -> Report:
        """Read anew and record."""
        return redecode(self.desk, asked, self.tools, by=ANNA, **more)

    def records(self, acct: str, epoch: int = 1) -> list[dict[str, Any]]:
        """Return the records of a chain."""
        with self.desk.database.reading() as connection:
            return [json.loads(one) for one in read_records(connection, acct, epoch, 1, 10_000)]


def counts(report: Report) -> Mapping[str, int]:
    """Return what a report counts, without what it does not."""
    return {name: count for name, count in report.counts.items() if count}


@pytest.fixture
def kept(desk: Desk, journal: Any, roll: Any) -> Kept:
    roll.account("4821")
    roll.link("4821", "main", "1234")
    journal.start()
    return Kept(desk, journal)
