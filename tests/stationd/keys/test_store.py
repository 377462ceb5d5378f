"""Keys of groups and what frames showed, as rows; on both databases."""

import pytest

from stationd.accounts.model import SealedKey
from stationd.clock import iso, parse_iso
from stationd.keys import store
from stationd.keys.model import GroupKeys, KeyUse, What

pytestmark = pytest.mark.both_databases

EARLY, LATE = "2026-03-01T00:00:00.000000Z", "2026-03-02T00:00:00.000000Z"


def use(what=What.OLD_KEY, at=LATE, **fields):
    given = {"group": "main", "number": "1", "key": "", "count": 1, **fields}
    return KeyUse(what=what, first_at=at, last_at=at, **given)


def test_the_keys_of_a_group_are_replaced(database):
    first = GroupKeys(group="main", keys=(SealedKey(sealed="a"),))
    second = GroupKeys(group="main", keys=(SealedKey(sealed="b", overlap=9),), encrypted_only=True)
    other = GroupKeys(group="lines")
    with database.writing() as connection:
        for keys in (first, other, second):
            store.record_group_keys(connection, keys)
    with database.reading() as connection:
        assert store.read_group_keys(connection) == [other, second]
        assert store.read_group_keys(connection, "main") == [second]
        assert store.read_group_keys(connection, "none") == []


@pytest.mark.parametrize("order", [(EARLY, LATE), (LATE, EARLY)], ids=["in order", "late"])
def test_uses_add_up_in_any_order(database, order):
    for at in order:
        with database.writing() as connection:
            store.record_uses(connection, [use(at=at, count=2)])
    with database.reading() as connection:
        (found,) = store.read_uses(connection, since=EARLY)
    assert (found.count, found.first_at, found.last_at) == (4, EARLY, LATE)


def test_nothing_is_stored_of_nothing(database):
    with database.writing() as connection:
        store.record_uses(connection, [])
    with database.reading() as connection:
        assert store.read_uses(connection, since=EARLY) == []


def test_the_first_frame_under_a_key_is_found_by_its_number(database):
    opened = [
        use(What.CHANGED, EARLY, key="k"),
        use(What.OPENED, LATE, key="k"),
        use(What.OPENED, LATE, key="k", number="2"),
        use(What.CLEAR, EARLY),
    ]
    with database.writing() as connection:
        store.record_uses(connection, opened)
    with database.reading() as connection:
        assert store.read_seen(connection) == {
            ("main", "1"): {"k": parse_iso(EARLY)},
            ("main", "2"): {"k": parse_iso(LATE)},
        }
        assert store.read_seen(connection, "main", "2").keys() == {("main", "2")}
        assert store.read_seen(connection, "lines") == {}


def test_a_digest_changes_with_keys_of_groups_and_changes_that_are_seen(database):
    def digest():
        with database.reading() as connection:
            return store.digest_keys(connection)

    found = [digest()]
    for act in (
        lambda c: store.record_group_keys(c, GroupKeys(group="main")),
        lambda c: store.record_uses(c, [use(What.CHANGED, key="k")]),
    ):
        with database.writing() as connection:
            act(connection)
        found.append(digest())
    assert len(set(found)) == 3
    with database.writing() as connection:
        store.record_uses(connection, [use(What.OPENED, key="k"), use(What.STALE)])
    assert digest() == found[-1]
    assert iso(parse_iso(EARLY)) == EARLY
