"""Followers of one station database, whichever it is: hostile bytes, and several at once."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from archive import ledger_check, merkle
from receivers.registry import RECEIVERS
from receivers.session import Account
from stationd.clock import SetClock
from stationd.db import schema
from stationd.db.engine import Database
from stationd.desk import Desk
from stationd.errors import DatabaseUnavailableError
from stationd.follower.service import follow
from stationd.follower.store import read_place
from stationd.ids import CountedIds, SystemIds
from stationd.journal import chain
from stationd.journal.model import Draft, Entry, Kind, encode_body
from stationd.schedule.store import release_lease, take_lease
from stationd.settings import PolicySettings
from tests.fuzz.targets import samples, sealed

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LISTENERS = {
    name: {"receiver": name, "group": f"of-{name}"[:32], "mode": "primary", "options": {}}
    for name in RECEIVERS
}
# What a text of a frame must not do to a database: end it, break its encoding, or overflow it.
HOSTILE = (b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"A" * 300, b"'; --", b"%s%(x)s", b"\\")
JOURNALS = count(1)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture
def desk(database: Database) -> Desk:
    return at_desk(database)


def at_desk(database: Database) -> Desk:
    return Desk(
        database=database,
        clock=SetClock(NOW + timedelta(days=1)),
        ids=SystemIds(),
        station="station-1",
        policies=PolicySettings(),
    )


def nobody(_group: str) -> Callable[[str], Account | None]:
    return lambda _number: None


class Written:
    """A journal in memory, of drafts that may say anything."""

    def __init__(self) -> None:
        self.id = f"{next(JOURNALS):032x}"
        self.entries: list[Entry] = []
        self._link = chain.first_link(self.id.encode())
        self._ids = CountedIds(7)
        note = {"version": "0.1.0", "pid": 7, "listeners": LISTENERS}
        self.write(Kind.STARTED, note=json.dumps(note).encode())

    def write(
        self, kind: Kind, raw: bytes = b"", listener: str = "", note: bytes = b"", peer: str = ""
    ) -> None:
        position = len(self.entries) + 1
        draft = Draft(
            received_at=int(NOW.timestamp() * 1e9) + position * 1_000_000_000,
            ticks=position * 1_000_000_000,
            listener=listener,
            peer=peer,
            kind=kind,
            raw=raw,
            note=note,
            salt=self._ids.salt(),
        )
        body = encode_body(draft)
        self._link = chain.link(self._link, position, body)
        values = {name: getattr(draft, name) for name in Draft.__slots__}
        self.entries.append(Entry(**values, position=position, link=self._link))

    def read(self, after: int, most: int) -> list[Entry]:
        return self.entries[after : after + most]


def rows(desk: Desk, query: sa.Select[Any]) -> Sequence[Any]:
    with desk.database.reading() as connection:
        return connection.execute(query).all()


def check_chains(desk: Desk) -> None:
    """Compute every chain anew with the verifier's code, and compare it with its head."""
    leaves: dict[tuple[str, int], list[bytes]] = {}
    for row in rows(desk, sa.select(schema.records).order_by("acct", "epoch", "seq")):
        found = leaves.setdefault((row.acct, row.epoch), [])
        found.append(merkle.leaf(row.body))
        assert row.seq == len(found)
    for head in rows(desk, sa.select(schema.heads)):
        key = ledger_check.account_key(desk.station, head.acct, head.epoch)
        assert head.head == ledger_check.chain(key, leaves[head.acct, head.epoch])
        assert head.size == len(leaves[head.acct, head.epoch])


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """Return a frame of some protocol, with something hostile in it or in place of a part."""
    frame = draw(st.sampled_from(samples()))
    start = draw(st.integers(0, len(frame)))
    end = start + draw(st.integers(0, 4))
    return frame[:start] + draw(st.sampled_from(HOSTILE) | st.binary(max_size=4)) + frame[end:]


# Texts that decoders give as they came: with a NUL in each, and longer than any column.
SPOILT = [
    b"3011\0      1234BA0005\x14",
    b"12:01 06/15/25 11 1234 \0E130\r",
    b"12:01 06/15 11 [\0#1234|NBA5]\r",
    b"12:01 06/15 11 [#1234|NBA" + b"1" * 300 + b"]\r",
    b"12:01 06/15/25 11 1234 " + b"E" * 300 + b"\r",
    b"|[R|IA1|LB|A\x00123456|V55600|D0514|T1019|N0005|Z1|CA|]K1\r",
    b"|[R|IA1|LB|A123456|V55600|D0514|T1019|N0005|Z\x001|C\0A|]K1\r",
    b"|[R|IA1|LB|A" + b"1" * 300 + b"|V55600|D0514|T1019|N0005|Z1|CA|]K1\r",
    b"S01001[#001234|Nri01/OP" + b"1" * 300 + b"]\x14",
    sealed(3, b"NBA001*'x\0y'NM]"),
    sealed(3, b"NBA" + b"1" * 90 + b"]"),
    sealed(3, b"Nid" + b"7" * 60 + b"/BA1]"),
    sealed(3, b"NBA1|A" + b"\0" * 4 + b"]"),
    sealed(17, b"NBA001*'x\0y'NM"),
]


@example(frames=SPOILT, said="\0", noise=b"\0")
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frames=st.lists(spoilt(), min_size=1, max_size=20),
    said=st.text(max_size=20),
    noise=st.binary(max_size=9),
)
def test_whatever_was_heard_is_taken(
    desk: Desk, frames: list[bytes], said: str, noise: bytes
) -> None:
    journal = Written()
    cause = json.dumps({"scope": "listener", "cause": said + "\0\ud800"}).encode()
    for raw in frames:
        for listener in LISTENERS:
            journal.write(Kind.FRAME, raw, listener, peer="192.0.2.7:4000" + "0" * 90)
    for listener in LISTENERS:
        journal.write(Kind.GARBLED, noise, listener, b'{"fault":"noise"}')
        journal.write(Kind.LINK_DOWN, b"", listener, cause)
    while follow(desk, journal, node="n1", accounts=nobody):
        pass
    kept = sa.select(schema.entries.c.body).where(schema.entries.c.journal == journal.id)
    found = [row.body for row in rows(desk, kept.order_by(schema.entries.c.position))]
    assert found == [encode_body(entry) for entry in journal.entries]


def test_two_who_follow_one_journal_at_once_take_each_entry_once(
    desk: Desk, database_url: str
) -> None:
    journal = Written()
    for number in range(300):
        journal.write(Kind.FRAME, b"5011 18%04dE13001%03d\x14" % (number % 5, number), "surgard")
    together(database_url, [(journal, "n1")] * 3)
    signals = rows(desk, sa.select(schema.records).where(schema.records.c.type == "signal"))
    assert Counter(row.position for row in signals) == Counter(range(2, 302))
    check_chains(desk)


def test_nodes_that_follow_at_once_append_to_the_same_chains(desk: Desk, database_url: str) -> None:
    journals = [Written() for _ in range(3)]
    for journal in journals:
        for number in range(100):
            raw = b"5011 18%04dE13001%03d\x14" % (number % 5, number)
            journal.write(Kind.FRAME, raw, "surgard")
    together(database_url, [(journal, f"n{n}") for n, journal in enumerate(journals)])
    signals = rows(desk, sa.select(schema.records).where(schema.records.c.type == "signal"))
    places = Counter((row.journal, row.position) for row in signals)
    assert places == Counter((j.id, position) for j in journals for position in range(2, 102))
    check_chains(desk)
    with desk.database.reading() as connection:
        places = [read_place(connection, j.id, f"n{n}") for n, j in enumerate(journals)]
    assert [place.position for place in places] == [101] * 3


def together(url: str, followed: list[tuple[Written, str]]) -> None:
    """Follow with a thread and a database object for each; all must come to the end."""
    ready = threading.Barrier(len(followed))
    failed: list[BaseException] = []

    def run(journal: Written, node: str) -> None:
        database = Database(url)
        desk = at_desk(database)
        ready.wait()
        try:
            while rest(desk, journal, node):
                # Who waits too long for the others on a busy machine tries again, as workers do.
                with suppress(DatabaseUnavailableError):
                    follow(desk, journal, node=node, accounts=nobody, most=7)
        except BaseException as error:  # noqa: BLE001  (told to the test)
            failed.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=run, args=one) for one in followed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def rest(desk: Desk, journal: Written, node: str) -> int:
    with desk.database.reading() as connection:
        return len(journal.entries) - read_place(connection, journal.id, node).position


def test_of_many_who_ask_for_a_lease_at_once_one_has_it(desk: Desk, database_url: str) -> None:
    ready = threading.Barrier(4)
    held: dict[str, bool] = {}

    def ask(holder: str) -> None:
        database = Database(database_url)
        ready.wait()
        while holder not in held:
            with suppress(DatabaseUnavailableError), database.writing() as connection:
                held[holder] = take_lease(
                    connection, "worker", holder, now=NOW, length=timedelta(seconds=30)
                )
        database.close()

    threads = [threading.Thread(target=ask, args=(f"n{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [holder for holder, has in held.items() if has]

    def other(now: datetime) -> bool:
        with desk.database.writing() as connection:
            return take_lease(connection, "worker", "late", now=now, length=timedelta(seconds=30))

    assert not other(NOW + timedelta(seconds=30))
    assert other(NOW + timedelta(seconds=30, microseconds=1))
    with desk.database.writing() as connection:
        release_lease(connection, "worker", winner)
        assert not take_lease(connection, "worker", winner, now=NOW, length=timedelta(seconds=1))
