"""Keys added, ended and shown, and the panels that use the wrong one."""

import json
from datetime import timedelta

import pytest

from stationd.accounts.store import read_transmitter
from stationd.clock import iso
from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError
from stationd.keys.model import DEFAULT_OVERLAP, Ends, KeyUse, State, What
from stationd.keys.service import Holder, add_key, end_key, faults, sealed_key, show
from stationd.keys.store import read_group_keys, record_uses
from stationd.ledger.store import append_close, read_head, read_heads, read_records
from stationd.staff.model import Person, Role

PANEL, GROUP = Holder("main", "01A4"), Holder("main")
FIRST, SECOND = bytes(16), bytes(range(32))
OVERLAP = Ends(overlap=3600)


@pytest.fixture
def add(desk, sealer, clerk):
    def add(secret, holder=PANEL, ends=OVERLAP, begins=None, by=clerk, **more):
        sealed = sealed_key(secret, sealer, begins)
        add_key(desk, holder, sealed, ends=ends, sealer=sealer, by=by, **more)

    return add


def keys(desk):
    with desk.database.reading() as connection:
        return read_transmitter(connection, "main", "01A4").keys


def chain(desk, acct="1001"):
    with desk.database.reading() as connection:
        size = read_head(connection, acct, 1).size
        return [json.loads(one) for one in read_records(connection, acct, 1, 1, size)]


def use(desk, what, number="01A4", key="", count=1):
    at = iso(desk.clock.now())
    used = KeyUse(
        group="main", number=number, what=what, key=key, count=count, first_at=at, last_at=at
    )
    with desk.database.writing() as connection:
        record_uses(connection, [used])


def test_a_new_key_joins_the_old_one_and_the_ledger_is_told(desk, panel, sealer, add):
    add(FIRST)
    add(SECOND)
    assert [sealer.open(key.sealed) for key in keys(desk)] == [FIRST, SECOND]
    assert [key.valid_to for key in keys(desk)] == [None, None]
    told = chain(desk)[-1]
    assert (told["kind"], told["key"], told["overlap"]) == (
        "transmitter_key_added",
        keys(desk)[-1].id,
        3600,
    )


def test_no_key_stands_anywhere_but_sealed(desk, panel, sealer, add):
    add(SECOND)
    shown = show(desk, PANEL, sealer)
    for text in (repr(shown), repr(keys(desk)), json.dumps(chain(desk))):
        assert SECOND.hex() not in text
        assert repr(SECOND) not in text
    assert keys(desk)[0].sealed not in repr(keys(desk))


def test_a_key_that_counts_is_not_added_again_and_one_that_ended_may_be(desk, panel, sealer, add):
    add(FIRST)
    with pytest.raises(MistakeError, match="66E94B is there already"):
        add(FIRST)
    add(SECOND, ends=Ends(until=desk.clock.now()))
    desk.clock.advance(timedelta(seconds=1))
    add(FIRST)
    assert len(keys(desk)) == 3


def test_the_first_key_of_a_panel_goes_on_from_that_of_its_group(desk, panel, sealer, add):
    add(FIRST, GROUP)
    shown = show(desk, PANEL, sealer)
    assert (shown.of_group, [line.check for line in shown.keys]) == (True, ["66E94B"])
    add(SECOND)
    shown = show(desk, PANEL, sealer)
    assert (shown.of_group, shown.state) == (False, State.BOTH)
    assert [line.bits for line in shown.keys] == [128, 256]


def test_the_keys_of_a_group_are_told_in_the_stations_chain(desk, sealer, add, clerk):
    add(FIRST, GROUP, encrypted_only=True)
    add(SECOND, GROUP)
    end_key(desk, GROUP, "66e94b", desk.clock.now(), sealer=sealer, by=clerk)
    with desk.database.reading() as connection:
        (of_group,) = read_group_keys(connection)
    assert (of_group.encrypted_only, len(of_group.keys)) == (True, 2)
    assert [one.get("kind") for one in chain(desk, "station")][-3:] == [
        "group_key_added",
        "group_key_added",
        "group_key_ended",
    ]


def test_a_key_is_ended_by_what_it_is_told_by_and_stays(desk, panel, sealer, add, clerk):
    add(FIRST)
    add(SECOND)
    shown = end_key(desk, PANEL, "66e94b", desk.clock.now(), sealer=sealer, by=clerk)
    assert [line.counts for line in shown.keys] == [False, True]
    assert chain(desk)[-1]["kind"] == "transmitter_key_ended"
    with pytest.raises(NotFoundError, match="66E94B"):
        end_key(desk, PANEL, "66E94B", desk.clock.now(), sealer=sealer, by=clerk)


def test_a_change_is_followed_to_its_end(desk, panel, sealer, add):
    now = desk.clock.now()
    add(FIRST)
    add(SECOND, begins=now + timedelta(hours=1))
    assert show(desk, PANEL, sealer).state is State.PENDING
    desk.clock.advance(timedelta(hours=2))
    assert show(desk, PANEL, sealer).state is State.BOTH
    use(desk, What.CHANGED, key=keys(desk)[-1].id)
    shown = show(desk, PANEL, sealer)
    assert shown.state is State.SEEN
    assert shown.keys[0].valid_to == desk.clock.now() + timedelta(hours=1)
    assert shown.keys[1].seen_at == desk.clock.now()
    desk.clock.advance(timedelta(hours=1))
    assert show(desk, PANEL, sealer).state is State.ONE


def test_a_closed_record_is_told_nothing_of_a_key(desk, panel, sealer, add):
    with desk.database.writing() as connection:
        append_close(connection, "1001", 1, fields={}, now=desk.clock.now(), ids=desk.ids)
    before = len(chain(desk))
    add(FIRST)
    assert len(chain(desk)) == before
    with desk.database.reading() as connection:
        assert [head.epoch for head in read_heads(connection, "1001")] == [1]


@pytest.mark.parametrize("length", [0, 15, 17, 33])
def test_a_key_needs_its_length(sealer, length):
    with pytest.raises(MistakeError, match="16, 24 or 32"):
        sealed_key(bytes(length), sealer)


def test_a_key_needs_a_panel_and_somebody_who_may(desk, panel, sealer, add):
    with pytest.raises(NotFoundError, match="no transmitter none"):
        add(FIRST, Holder("main", "none"))
    operator = Person(login="otto", name="Otto", role=Role.OPERATOR)
    with pytest.raises(NotAuthorisedError):
        add(FIRST, by=operator)
    with pytest.raises(NotAuthorisedError):
        end_key(desk, PANEL, "66E94B", desk.clock.now(), sealer=sealer, by=operator)


def test_panels_that_use_the_wrong_key_are_counted_newest_first(desk, panel):
    start = desk.clock.now()
    use(desk, What.UNDECRYPTABLE, "02")
    use(desk, What.OPENED, "03", key="k")
    desk.clock.advance(timedelta(hours=1))
    use(desk, What.OLD_KEY, count=3)
    desk.clock.advance(timedelta(hours=1))
    use(desk, What.OLD_KEY, count=2)
    found = faults(desk, since=start)
    assert [(one.number, one.what, one.count) for one in found] == [
        ("01A4", What.OLD_KEY, 5),
        ("02", What.UNDECRYPTABLE, 1),
    ]
    assert found[0].first_at == iso(start + timedelta(hours=1))
    assert len(faults(desk, since=start, limit=1)) == 1
    assert len(faults(desk, since=start + timedelta(minutes=1))) == 1


def test_a_day_is_what_an_old_key_has_left_unless_told_otherwise():
    assert DEFAULT_OVERLAP == 86400


def test_a_holder_is_named_in_sentences():
    assert (str(PANEL), str(GROUP)) == ("01A4 in group main", "group main")
