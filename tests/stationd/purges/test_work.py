"""What goes and what stays, whatever happens in between."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
import sqlalchemy as sa

from archive.errors import StoreRefusedError, StoreUnavailableError
from archive.stores.directory import DirectoryStore
from archive.verify import verify
from stationd.audit.fsck import fsck
from stationd.bundles import service as bundles
from stationd.bundles.model import Kind, OrderState
from stationd.db import schema
from stationd.db.purging import PURGED_FACT
from stationd.errors import RefusedError
from stationd.holds.model import HoldKind, Reach, Scope
from stationd.holds.service import set_hold, set_hold_on
from stationd.ledger.model import RecordDraft
from stationd.ledger.store import append
from stationd.purges import service, store
from stationd.purges import work as module
from stationd.purges.model import ItemState, PurgeState
from stationd.purges.work import work
from stationd.retention.model import DataClass
from stationd.retention.service import override
from stationd.retention.service import plan as plan_of

SECRET = b"the-panel-said-so"
OURS = schema.records.c.acct == "1234"


class KilledError(BaseException):
    """The process ends here."""


def killed_at(shop, point, after=0):
    """Return a workshop whose process ends when it passes ``point`` once more than ``after``."""
    left = [after]

    def passed(name):
        left[0] -= name == point
        if left[0] < 0:
            raise KilledError

    return replace(shop, passed=passed)


def at(shop, point, act, *, after=0):
    """Return a workshop that acts when it passes ``point`` once more than ``after``."""
    left = [after]

    def passed(name):
        if name == point:
            left[0] -= 1
            if left[0] == -1:
                act()

    return replace(shop, passed=passed)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(module, "BATCH", 5)


def states(station, purge):
    return {
        one.data_class.value: (one.state.value, one.why)
        for one in service.items(station.desk, purge.id)
    }


def gone(station, purge):
    return {one.data_class.value: one.counts for one in service.items(station.desk, purge.id)}


def bodies(station):
    """Return how many records of the account have their bytes."""
    query = sa.select(sa.func.count()).where(OURS, schema.records.c.body.is_not(None))
    return station.rows(query)[0][0]


ALL = {
    "records": {"records": 42, "entries": 38, "documents": 2},
    "cases": {"facts": 2, "documents": 1, "steps": 2},
}
FILES = {"bundles": {"objects": 10, "delete_markers": 0, "other_versions": 0}}


def test_the_bytes_go_and_every_hash_stays(purged):
    station = purged.station
    assert service.read(station.desk, purged.purge.id).state is PurgeState.ENDED
    # The chain of the station alone has grown, by what was done.
    grown = [row for row in purged.after[0] if row not in purged.before[0]]
    assert {row.acct for row in grown} == {"station"}
    assert purged.after[1] == purged.before[1]
    assert set(purged.before[0]) < set(purged.after[0])
    assert bodies(station) == 0
    assert gone(station, purged.purge) == ALL
    assert station.rows(sa.select(schema.signals).where(schema.signals.c.acct == "1234")) == []
    account = sa.select(schema.accounts.c.record).where(schema.accounts.c.acct == "1234")
    assert station.rows(account) == [("purged",)]
    facts = station.rows(sa.select(schema.case_facts.c.fact))
    assert facts == [(PURGED_FACT,), (PURGED_FACT,)]
    assert set(station.rows(sa.select(schema.case_steps.c.results))) == {("[]",)}
    rows = [row.row for row in station.rows(sa.select(schema.case_steps.c.row))]
    # The case tells that its record was purged, in the chain of the station.
    assert rows == ["T1", "T19"]


def test_what_another_account_stands_on_stays_whole(purged):
    station = purged.station
    kept = sa.select(schema.entries.c.position).where(schema.entries.c.body.is_not(None))
    assert station.rows(kept) == [(40,)]
    others = schema.records.c.acct == "5678"
    assert None not in [row.body for row in station.rows(sa.select(schema.records).where(others))]


def test_the_bundle_made_before_verifies_as_before_and_none_is_made_any_more(purged, maria):
    station = purged.station
    for order in bundles.orders(station.desk, acct="1234"):
        (path,) = (station.folder / "sealed" / str(order.name)).glob("*.asice")
        assert verify(path, station.shop.anchors)
        with pytest.raises(RefusedError, match="was purged; its hashes stay"):
            bundles.order(station.desk, "1234", Kind.ON_REQUEST, maria, epoch=order.epoch)


def test_the_places_of_purged_records_show_their_hashes(purged):
    station = purged.station
    query = sa.select(schema.records.c.leaf).where(OURS).order_by("epoch", "seq")
    found = service.tombstones(station.desk, "1234")
    assert [one.leaf for one in found] == [row.leaf for row in station.rows(query)]
    assert [one.seq for one in service.tombstones(station.desk, "1234", (1, 38))] == [39, 40, 1, 2]
    assert service.tombstones(station.desk, "5678") == []


def test_the_certificate_says_all_and_its_hashes_are_in_the_ledger(purged):
    station = purged.station
    as_json, as_text = service.certificate(station.desk, purged.purge.id)
    (told,) = [one for one in station.custody() if one["kind"] == "purge_certificate"]
    assert told["sha256"] == sha256(as_json).hexdigest()
    assert told["text"]["sha256"] == sha256(as_text).hexdigest()
    said = json.loads(as_json)
    assert said["list_sha256"] == purged.purge.list_sha256
    assert [said[who]["by"] for who in ("proposed", "approved")] == ["maria", "ada"]
    assert [one["outcome"] for one in said["items"]] == ["destroyed", "destroyed"]
    assert said["items"][0]["destroyed"] == ALL["records"]
    assert "write-ahead log was emptied" in said["remains"]


def test_the_ledger_derives_again_and_later_bundles_verify(purged):
    station = purged.station
    derived = fsck(station.desk, origin=station.shop.origin, public=station.log_key.public)
    assert (derived.faults, derived.records > 42) == ([], True)
    station.renew()
    assert station.make_bundle("5678").state is OrderState.VERIFIED


def test_nothing_of_what_was_said_is_left_in_the_files_of_the_database(purged, ada):
    station = purged.station
    service.compact(station.desk, by=ada)
    for path in station.folder.glob("station.sqlite3*"):
        assert SECRET not in path.read_bytes(), path


def test_nothing_goes_before_the_time_to_object_is_over(station, approved):
    purge = approved()
    station.clock.step(timedelta(microseconds=-1))
    assert work(station.shop) == 0
    assert bodies(station) == 42
    station.clock.step(timedelta(microseconds=1))
    work(station.shop)
    assert states(station, purge) == {"records": ("done", ""), "cases": ("done", "")}


def killed_every(shop, number, killed):
    """Return a workshop whose process ends at every ``number``th of the points it passes."""

    def passed(name):
        killed.append(name)
        if len(killed) % number == 0:
            raise KilledError

    return replace(shop, passed=passed)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("number", [2, 3])
def test_killed_again_and_again_all_of_it_goes_once_and_only_once(station, approved, number):
    purge = approved(12)
    passed = []
    while service.read(station.desk, purge.id).state is not PurgeState.ENDED:
        with suppress(KilledError):
            work(killed_every(station.shop, number, passed))
    # Where it was killed it came by again, so every point is one of a kill.
    assert {"read back", "taking", "taken", "going", "removed", "gone"} <= set(passed)
    assert gone(station, purge) == {**ALL, **FILES}
    assert bodies(station) == 0
    assert [path for path in (station.folder / "store").rglob("*") if path.is_file()] == []
    kinds = [one["kind"] for one in station.custody() if one.get("purge") == purge.id]
    assert kinds[2:] == ["purged", "purged", "purged", "purge_certificate"]


# --- Holds, and what else forbids ---


HOLDS = {
    "account": Reach(of="1234"),
    "site": Reach(scope=Scope.SITE, of="s1234"),
    "customer": Reach(scope=Scope.CUSTOMER, of="c1234"),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("scope", "point", "after"),
    [("account", "read back", 1), ("site", "taken", 0), ("customer", "taken", 4)],
)
def test_a_hold_that_is_set_stops_the_sweep_before_its_next_removal(
    station, approved, maria, scope, point, after
):
    purge = approved()
    left = []

    def hold():
        left.append(bodies(station))
        set_hold_on(station.desk, HOLDS[scope], HoldKind.RECORDS, "claim", by=maria)

    work(at(station.shop, point, hold, after=after))
    assert [bodies(station)] == left
    state, why = states(station, purge)["records"]
    assert (state, why.partition(" ")[0]) == ("refused", "hold")
    assert states(station, purge)["cases"][0] == "refused"
    assert service.read(station.desk, purge.id).state is PurgeState.ENDED
    said = json.loads(service.certificate(station.desk, purge.id)[0])
    outcome = "destroyed in part" if left[0] < 42 else "not destroyed"
    assert said["items"][0]["outcome"] == outcome


def test_a_hold_on_others_stops_nothing_and_one_of_any_kind_stops(station, approved, maria):
    purge = approved()
    set_hold(station.desk, "5678", HoldKind.RECORDS, "claim", by=maria)
    own = at(
        station.shop,
        "taken",
        lambda: set_hold(station.desk, "1234", HoldKind.SERVICE, "claim", by=maria),
        after=1,
    )
    work(own)
    assert gone(station, purge)["records"] == ALL["records"]
    assert states(station, purge)["cases"][0] == "refused"


@pytest.mark.usefixtures("small")
def test_a_hold_between_two_files_keeps_the_rest_and_the_removed_one_is_known_gone(
    station, approved, maria
):
    purge = approved(12)
    with suppress(KilledError):
        work(killed_at(station.shop, "removed", 2))
    hold = set_hold(station.desk, "1234", HoldKind.RECORDS, "claim", by=maria)
    work(station.shop)
    assert states(station, purge)["bundles"] == ("refused", f"hold {hold.id}")
    assert gone(station, purge)["bundles"]["objects"] == 3
    files = [
        one
        for order in bundles.orders(station.desk, acct="1234")
        for one in bundles.objects(station.desk, order.id)
    ]
    there = [one for one in files if one.gone_at is None]
    assert len(there) == 7
    for one in there:
        assert station.shop.store.head(one.key, one.version_id).size == one.size


def test_a_rule_that_became_longer_keeps_it(station, approved, maria):
    purge = approved()
    override(
        station.desk,
        DataClass.RECORDS,
        120,
        source="law",
        by=maria,
        dealer_id="",
        jurisdiction="CO",
    )
    with station.desk.database.writing() as connection:
        connection.execute(sa.update(schema.sites).values(jurisdiction="CO"))
    work(station.shop)
    state, why = states(station, purge)["records"]
    assert (state, why.endswith("by law")) == ("refused", True)
    assert bodies(station) == 42


def test_a_record_that_came_since_keeps_everything(station, approved):
    purge = approved()
    draft = RecordDraft("1234", "signal", "machine", {"text": "back again"})
    with station.desk.database.writing() as connection:
        now = station.clock.now() - timedelta(days=366 * 7 + 30)
        append(connection, [draft], station="station-1", now=now, ids=station.desk.ids)
    work(station.shop)
    assert states(station, purge)["records"] == (
        "refused",
        "records have come since it was listed",
    )
    assert bodies(station) == 43


def test_cases_and_bundles_stay_while_records_do(station, approved):
    purge = approved(12)
    with station.desk.database.writing() as connection:
        (records, *_rest) = store.read_items(connection, purge.id)
        store.update_item(connection, records, state=ItemState.REFUSED.value)
    work(station.shop)
    why = ("refused", "its records are still there and go first")
    assert [states(station, purge)[name] for name in ("cases", "bundles")] == [why, why]


# --- The bundles that hold what goes ---


def test_bundles_are_read_back_right_before_and_again_when_that_is_an_hour_ago(
    station, approved, monkeypatch
):
    monkeypatch.setattr(module, "BATCH", 10)
    approved()
    seen = []
    two_hours = timedelta(hours=2)
    shop = at(station.shop, "taken", lambda: station.clock.advance(two_hours), after=1)
    inner = shop.passed
    work(replace(shop, passed=lambda name: (seen.append(name), inner(name))))
    first = seen.index("taken")
    assert seen[:first].count("read back") == 2
    assert seen[first:].count("read back") == 2


def spoil(station):
    """Change a byte of the closing bundle in the archive."""
    (path,) = (station.folder / "store").rglob("*-closing.asice")
    path.chmod(0o640)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_nothing_goes_when_the_bundle_in_the_archive_does_not_verify(station, approved):
    purge = approved()
    spoil(station)
    work(station.shop)
    assert "that holds it is stored, not verified" in states(station, purge)["records"][1]
    assert states(station, purge)["cases"][0] == "refused"
    assert bodies(station) == 42


class Away(DirectoryStore):
    def head(self, key, version_id):
        raise StoreUnavailableError("away")

    def remove(self, key, version_id, *, now):
        raise StoreUnavailableError("away")


class Locked(DirectoryStore):
    def remove(self, key, version_id, *, now):
        raise StoreRefusedError("it is locked")


def test_while_the_archive_is_away_nothing_goes_and_it_is_tried_again(station, approved):
    purge = approved()
    work(replace(station.shop, store=Away(station.folder / "store")))
    assert bodies(station) == 42
    assert service.read(station.desk, purge.id).why == "away"
    assert work(station.shop) == 0
    station.clock.advance(module.RETRY)
    work(station.shop)
    assert gone(station, purge) == ALL
    assert service.read(station.desk, purge.id).why == ""


def test_another_worker_that_has_a_bundle_is_waited_for(station, approved):
    purge = approved()
    later = station.clock.now() + timedelta(minutes=5)
    with station.desk.database.writing() as connection:
        values = {"lease_by": "node-2", "lease_until": later.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        connection.execute(sa.update(schema.orders).values(**values))
    work(station.shop)
    assert "another worker has the lease" in service.read(station.desk, purge.id).why
    assert bodies(station) == 42


# --- Bundles ---


def test_after_their_own_period_bundles_go_last_with_their_sealed_copies(station, approved):
    purge = approved(12)
    work(station.shop)
    assert gone(station, purge) == {**ALL, **FILES}
    assert [path for path in (station.folder / "store").rglob("*") if path.is_file()] == []
    assert list((station.folder / "sealed").iterdir()) == []
    orders = bundles.orders(station.desk, acct="1234")
    assert {(one.state, one.facts) for one in orders} == {(OrderState.PURGED, None)}
    assert None not in {one.content_id for one in orders}
    assert plan_of(station.desk, "1234") == []


def test_a_version_that_the_archive_keeps_locked_ends_the_item(station, approved):
    purge = approved(12)
    work(replace(station.shop, store=Locked(station.folder / "store")))
    assert states(station, purge)["bundles"] == ("refused", "it is locked")
    assert states(station, purge)["cases"] == ("done", "")


class Going(DirectoryStore):
    """A folder that is away when a file is to be removed."""

    remove = Away.remove


def test_an_archive_that_goes_away_between_files_is_waited_for(station, approved):
    purge = approved(12)
    work(replace(station.shop, store=Going(station.folder / "store")))
    assert states(station, purge)["bundles"][0] == "running"
    assert service.read(station.desk, purge.id).why == "away"
    station.clock.advance(module.RETRY)
    work(station.shop)
    assert gone(station, purge)["bundles"] == FILES["bundles"]


def test_a_bundle_ordered_since_the_list_was_made_keeps_all_bundles(station, approved, maria):
    purge = approved(12)
    bundles.order(station.desk, "1234", Kind.ON_REQUEST, maria)
    work(station.shop)
    state, why = states(station, purge)["bundles"]
    assert (state, why.endswith("was ordered since it was listed")) == ("refused", True)


# --- Ending ---


def test_somebody_who_reads_keeps_the_log_from_being_emptied_and_that_is_said(station, approved):
    purge = approved()
    with station.desk.database.engine.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.exec_driver_sql("SELECT count(*) FROM records").all()
        work(station.shop)
        reader.rollback()
    remains = json.loads(service.certificate(station.desk, purge.id)[0])["remains"]
    assert "was not emptied, since somebody was reading" in remains


@pytest.mark.usefixtures("small")
def test_a_purge_that_is_withdrawn_while_it_runs_stops_and_is_certified(station, approved, maria):
    purge = approved()
    stop = at(
        station.shop, "taken", lambda: service.withdraw(station.desk, purge.id, by=maria), after=1
    )
    work(stop)
    assert states(station, purge)["records"] == ("refused", "withdrawn by maria")
    said = json.loads(service.certificate(station.desk, purge.id)[0])
    assert (said["withdrawn_by"], said["items"][0]["destroyed"]["records"]) == ("maria", 10)
    assert bodies(station) == 32


def test_one_call_takes_a_bounded_number_of_steps(station, approved, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 1)
    approved()
    assert work(station.shop) == 40
    assert 0 < bodies(station) < 42
