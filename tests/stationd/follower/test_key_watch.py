"""What frames show of the keys that panels use."""

from datetime import timedelta
from typing import Any

import pytest

from receivers.dc09.cipher import encrypt
from receivers.dc09.framing import Style, seal
from receivers.session import Account, Key
from stationd.clock import SetClock, iso, parse_iso
from stationd.desk import Desk
from stationd.follower.key_watch import KeyWatch
from stationd.follower.service import follow
from stationd.journal.model import Kind
from stationd.keys.model import KeyUse, What
from stationd.keys.store import read_seen, read_uses

OLD, NEW = bytes(16), bytes(range(16))
EVER = "2000-01-01T00:00:00.000000Z"
ACCOUNT = Account("1234", (Key(OLD), Key(NEW, name="changed:new")))


def accounts(account: Account | None = ACCOUNT) -> Any:
    known = {} if account is None else {account.number: account}
    return lambda group: known.get if group == "main" else {}.get


def sealed(key: bytes, number: str = "1234", data: bytes = b"|#1234|NBA5]") -> bytes:
    clear = data + b"_12:00:00,03-02-2026"
    clear = b"p" * (16 - len(clear) % 16) + clear
    head = b'"*SIA-DCS"0001L0#%b[' % number.encode()
    return seal(head + encrypt(key, clear), Style.STANDARD)


PLAIN = seal(b'"SIA-DCS"0001L0#1234[#1234|NBA5]', Style.STANDARD)


def shown(desk: Desk, journal: Any, account: Account | None = ACCOUNT, **more: Any) -> list[Any]:
    follow(desk, journal, node="n1", accounts=accounts(account), **more)
    with desk.database.reading() as connection:
        return [(one.number, one.what, one.count) for one in read_uses(connection, since=EVER)]


@pytest.mark.parametrize(
    ("raw", "fault", "what"),
    [
        (sealed(OLD), "old_key", What.OLD_KEY),
        (sealed(NEW), "early_key", What.EARLY_KEY),
        (sealed(b"X" * 16), "undecryptable", What.UNDECRYPTABLE),
        (PLAIN, "not_encrypted", What.NOT_ENCRYPTED),
        (sealed(OLD), "stale", What.STALE),
        (sealed(OLD), "replayed", What.REPLAYED),
        (PLAIN, None, What.CLEAR),
    ],
)
def test_what_a_panel_did_wrong_is_counted_by_its_number(
    desk: Desk, journal: Any, raw: bytes, fault: str | None, what: What
) -> None:
    journal.start()
    note = None if fault is None else {"fault": fault}
    for _ in range(3):
        journal.frame(raw, note=note)
    assert shown(desk, journal) == [("1234", what, 3)]


@pytest.mark.parametrize(
    ("raw", "account", "note"),
    [
        pytest.param(PLAIN, Account("1234"), None, id="no key, in clear"),
        pytest.param(sealed(OLD), ACCOUNT, None, id="a key that nothing waits for"),
        pytest.param(sealed(b"X" * 16), None, {"fault": "undecryptable"}, id="nobody's number"),
        pytest.param(PLAIN, ACCOUNT, {"fault": "shape"}, id="another fault"),
        pytest.param(b"\nno frame\r", ACCOUNT, None, id="unreadable"),
        pytest.param(
            seal(b'"SIA-DCS"0001L0[#1234|NBA5]', Style.STANDARD), ACCOUNT, None, id="no head"
        ),
    ],
)
def test_what_says_nothing_of_keys_is_not_counted(
    desk: Desk, journal: Any, raw: bytes, account: Account | None, note: dict[str, str] | None
) -> None:
    journal.start()
    journal.frame(raw, note=note)
    assert shown(desk, journal, account) == []


def test_entries_of_other_kinds_and_lines_nobody_described_say_nothing(
    desk: Desk, journal: Any
) -> None:
    journal.frame(PLAIN)
    journal.start()
    journal.write(Kind.GARBLED, PLAIN, "ip", {"fault": "old_key"})
    assert shown(desk, journal) == []


def test_the_first_frame_under_a_new_key_is_told_with_its_time_and_once(
    desk: Desk, journal: Any, clock: SetClock
) -> None:
    watch = KeyWatch()
    journal.start()
    first = journal.frame(sealed(NEW))
    shown(desk, journal, key_watch=watch)
    for _ in range(3):
        journal.frame(sealed(NEW), after=timedelta(minutes=1))
    assert shown(desk, journal, key_watch=watch) == []
    with desk.database.reading() as connection:
        seen = read_seen(connection)
    at = clock.now() - timedelta(minutes=3)
    assert seen == {("main", "1234"): {"new": parse_iso(iso(at))}}
    assert first.raw == sealed(NEW)


@pytest.mark.parametrize("fault", ["old_key", "stale"])
def test_a_frame_that_was_not_acknowledged_is_no_first_use(
    desk: Desk, journal: Any, fault: str
) -> None:
    journal.start()
    journal.frame(sealed(NEW), note={"fault": fault})
    shown(desk, journal)
    with desk.database.reading() as connection:
        assert read_seen(connection) == {}


def test_a_fault_is_told_each_time_and_a_first_use_is_not() -> None:
    watch = KeyWatch()
    uses = [
        KeyUse(group="g", number="1", what=what, key="k", count=1, first_at="a", last_at="a")
        for what in (What.OLD_KEY, What.OPENED, What.CHANGED)
    ]
    watch.stored(uses)
    assert watch._stored == {("g", "1", What.OPENED, "k"), ("g", "1", What.CHANGED, "k")}
