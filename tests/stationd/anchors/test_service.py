"""Anchors: begun, stamped, stored; resumable after a kill anywhere."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.checkpoint import read_note
from archive.errors import AuthorityUnavailableError, ObjectDiffersError, StoreUnavailableError
from archive.seal import LogKey
from archive.stores.base import Held
from archive.stores.directory import DirectoryStore
from archive.stores.s3 import S3Store
from archive.timestamps import read_reply
from stationd.anchors import store
from stationd.anchors.model import Anchor
from stationd.anchors.service import LEASE, Anchorage, begin, key_of, work
from stationd.clock import SetClock
from stationd.db import schema
from stationd.db.engine import Database
from stationd.db.kept import read_kept
from stationd.desk import Desk
from stationd.ledger import checkpoints
from stationd.ledger.service import LedgerTree
from stationd.schedule.checks import read_check
from stationd.schedule.store import take_lease

ORIGIN = "log.example.com/station-1"
POINTS = [
    "answered",
    "stamped",
    "sent entries",
    "put entries",
    "sent 0.tsr",
    "put 0.tsr",
    "sent note",
    "put note",
    "stored",
]


def anchor(desk: Desk, n: int) -> Anchor:
    with desk.database.reading() as connection:
        return store.read_anchor(connection, n)


def files(folder: Path) -> list[str]:
    found = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return sorted(name for name in found if not name.endswith(".held.json"))


def check(desk: Desk, name: str) -> tuple[str, str]:
    with desk.database.reading() as connection:
        found = read_check(connection, name)
    assert found is not None
    return found.outcome, found.detail


def test_the_newest_note_is_stamped_and_stored_with_its_entries(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
    log_key: LogKey,
    tmp_path: Path,
) -> None:
    numbers = [checkpoint() for _ in range(3)]
    assert begin(desk, tree, anchorage.states) == numbers[-1]
    assert work(anchorage) == 1
    made = anchor(desk, 2)
    assert read_note(made.note, ORIGIN, log_key.public).size == 3
    stamp = read_reply(made.stamps[0].reply)
    assert (stamp.policy, made.stamps[0].policy) == ("2.999.1", "2.999.1")
    assert made.good
    base = tmp_path / "store" / "ledger/station-1/2026/03/02"
    assert files(base) == ["000000002.entries", "000000002.note", "000000002.tsr"]
    assert (base / "000000002.note").read_bytes() == made.note
    assert (base / "000000002.tsr").read_bytes() == made.stamps[0].reply
    entries = (base / "000000002.entries").read_bytes().splitlines()
    assert [json.loads(one)["n"] for one in entries] == [0, 1, 2]


def test_entries_go_on_where_the_anchor_before_ended(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
    tmp_path: Path,
) -> None:
    for _ in range(2):
        checkpoint()
        checkpoint()
        begin(desk, tree, anchorage.states)
        work(anchorage)
    (path,) = (tmp_path / "store").rglob("000000003.entries")
    assert [json.loads(one)["n"] for one in path.read_bytes().splitlines()] == [2, 3]


def test_without_a_signed_checkpoint_there_is_nothing_to_stamp(
    desk: Desk, tree: LedgerTree, anchorage: Anchorage
) -> None:
    assert begin(desk, tree, anchorage.states) is None
    assert work(anchorage) == 0


def test_a_checkpoint_that_is_not_signed_yet_is_waited_for(
    desk: Desk, tree: LedgerTree, anchorage: Anchorage, checkpoint: Callable[..., int]
) -> None:
    checkpoint()
    with desk.database.writing() as connection:
        checkpoints.record_checkpoint(connection, 1, b"{}", bytes(32), desk.clock.now())
    assert begin(desk, tree, anchorage.states) is None


def test_beginning_twice_changes_nothing(
    desk: Desk, tree: LedgerTree, anchorage: Anchorage, checkpoint: Callable[..., int]
) -> None:
    checkpoint()
    first = begin(desk, tree, anchorage.states)
    assert begin(desk, tree, anchorage.states) == first


def test_only_the_newest_that_was_begun_is_stamped(
    desk: Desk,
    clock: SetClock,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
) -> None:
    anchorage.authorities[0].away = True  # type: ignore[attr-defined]
    checkpoint()
    begin(desk, tree, anchorage.states)
    with pytest.raises(AuthorityUnavailableError, match="first: away"):
        work(anchorage)
    clock.advance(timedelta(hours=1))
    anchorage.authorities[0].away = False  # type: ignore[attr-defined]
    assert work(anchorage) == 0, "begun an hour ago: there are newer ones"
    checkpoint()
    begin(desk, tree, anchorage.states)
    assert work(anchorage) == 1
    assert (anchor(desk, 0).stamps, anchor(desk, 1).good) == ((), True)


def test_an_authority_that_is_away_stops_no_checkpoint_and_is_told(
    desk: Desk, tree: LedgerTree, anchorage: Anchorage, checkpoint: Callable[..., int]
) -> None:
    anchorage.authorities[0].away = True  # type: ignore[attr-defined]
    checkpoint()
    begin(desk, tree, anchorage.states)
    with pytest.raises(AuthorityUnavailableError):
        work(anchorage)
    assert checkpoint() == 1
    assert check(desk, "authority first") == ("failed", "first: away")


def test_every_authority_stamps_and_one_that_is_away_holds_up_nobody(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    shelf_of: Callable[[str], object],
    checkpoint: Callable[..., int],
    tmp_path: Path,
) -> None:
    away, second, third = (shelf_of(name) for name in ("away", "second", "third"))
    away.away = True  # type: ignore[attr-defined]
    several = replace(anchorage, authorities=[away, second, third])
    checkpoint()
    begin(desk, tree, anchorage.states)
    assert work(several) == 1
    assert [one.authority for one in anchor(desk, 0).stamps] == ["second", "third"]
    names = [name.rpartition("/")[2] for name in files(tmp_path / "store")]
    assert names == [
        "000000000.entries",
        "000000000.note",
        "000000000.third.tsr",
        "000000000.tsr",
    ]
    assert check(desk, "authority away")[0] == "failed"
    assert check(desk, "authority second") == ("passed", "stamped checkpoint 0")


@pytest.mark.parametrize("ahead", [timedelta(hours=27), timedelta(minutes=-3)])
def test_a_stamp_outside_of_26_hours_is_kept_but_is_no_point(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
    ahead: timedelta,
) -> None:
    anchorage.authorities[0].ahead = ahead  # type: ignore[attr-defined]
    checkpoint()
    begin(desk, tree, anchorage.states)
    assert work(anchorage) == 1
    assert not anchor(desk, 0).good
    outcome, detail = check(desk, "authority first")
    assert (outcome, "so it is no point" in detail) == ("failed", True)
    with desk.database.reading() as connection:
        assert store.find_point(connection, 0) is None
        assert store.read_progress(connection).good is None


def test_a_good_stamp_comes_before_one_that_is_not(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    shelf_of: Callable[[str], object],
    checkpoint: Callable[..., int],
) -> None:
    fast, right = shelf_of("fast"), shelf_of("right")
    fast.ahead = timedelta(days=2)  # type: ignore[attr-defined]
    checkpoint()
    begin(desk, tree, anchorage.states)
    work(replace(anchorage, authorities=[fast, right]))
    made = anchor(desk, 0)
    assert [(one.authority, one.good) for one in made.stamps] == [("right", True), ("fast", False)]
    assert made.good


def test_further_signature_lines_are_stamped_and_kept(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
    log_key: LogKey,
) -> None:
    checkpoint()
    line = "\u2014 witness.example.com AAAAAGZ1cnRoZXI="
    with desk.database.writing() as connection:
        store.record_cosignatures(connection, 0, [line])
        store.record_cosignatures(connection, 0, [line])
        store.record_cosignatures(connection, 0, [])
    begin(desk, tree, anchorage.states)
    work(anchorage)
    made = anchor(desk, 0)
    assert made.note.decode().splitlines()[-1] == line
    assert read_note(made.note, ORIGIN, log_key.public).size == 1


# --- The archive away, and one that lies ---


class Away(DirectoryStore):
    """A store that is away for a while."""

    away = True

    def put(self, key: str, path: Path, **more: object) -> str:  # type: ignore[override]
        if self.away:
            raise StoreUnavailableError("S3 is away")
        return super().put(key, path, **more)  # type: ignore[arg-type]


@pytest.mark.both_databases
def test_stamps_go_on_while_the_archive_is_away_and_all_follow_later(
    desk: Desk,
    clock: SetClock,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
    tmp_path: Path,
) -> None:
    kept = Away(tmp_path / "away")
    waiting = replace(anchorage, store=kept)
    for _ in range(3):
        clock.advance(timedelta(hours=1))
        checkpoint()
        begin(desk, tree, anchorage.states)
        with pytest.raises(StoreUnavailableError):
            work(waiting)
    with desk.database.reading() as connection:
        progress = store.read_progress(connection)
    assert progress.good is not None
    assert progress.good[0] == 2
    assert progress.unstored == anchor(desk, 0).begun_at
    kept.away = False
    assert work(waiting) == 3
    assert len(files(tmp_path / "away")) == 9
    with desk.database.reading() as connection:
        assert store.read_progress(connection).unstored is None


class Lying(DirectoryStore):
    """A locked store that says something else than it was asked for."""

    locked = True

    def __init__(self, path: Path, **lie: object) -> None:
        super().__init__(path)
        self._lie = lie

    def head(self, key: str, version_id: str) -> Held:
        held = replace(super().head(key, version_id), mode="COMPLIANCE")
        return replace(held, **self._lie)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "lie",
    [
        ({"size": 3}, "3 bytes instead of"),
        ({"sha256": "0" * 64}, "hash 0000"),
        ({"mode": None}, "lock mode None"),
        ({"retain_until": None}, "locked until None"),
    ],
)
def test_an_archive_that_holds_something_else_is_found_out(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
    tmp_path: Path,
    lie: tuple[dict[str, object], str],
) -> None:
    checkpoint()
    begin(desk, tree, anchorage.states)
    with pytest.raises(ObjectDiffersError, match=lie[1]):
        work(replace(anchorage, store=Lying(tmp_path / "lying", **lie[0])))
    with desk.database.reading() as connection:
        assert read_kept(connection, schema.anchor_objects, 0) == []


@pytest.mark.system
def test_the_objects_lie_locked_in_a_bucket(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
    s3_store: S3Store,
    clock: SetClock,
) -> None:
    clock.advance(timedelta(days=3650))
    checkpoint()
    begin(desk, tree, anchorage.states)
    work(replace(anchorage, store=s3_store))
    with desk.database.reading() as connection:
        kept = read_kept(connection, schema.anchor_objects, 0)
    endings = [(one.key.rpartition(".")[2], one.mode) for one in kept]
    assert endings == [(name, "COMPLIANCE") for name in ("entries", "note", "tsr")]
    assert all(
        one.retain_until is not None
        and one.retain_until >= clock.now() + timedelta(days=3650) - timedelta(seconds=1)
        for one in kept
    )


# --- Killed ---


def killed_at(point: str, anchorage: Anchorage) -> bool:
    """Work in a child that ends without a word at ``point``; tell whether it did."""
    desk = anchorage.desk
    desk.database.close()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            own = replace(desk, database=Database(str(desk.database.engine.url)))

            def passed(reached: str) -> None:
                if reached == point:
                    os._exit(77)

            work(replace(anchorage, desk=own, passed=passed))
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 77


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_the_next_pass_ends_with_one_of_each(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
    tmp_path: Path,
    point: str,
) -> None:
    checkpoint()
    begin(desk, tree, anchorage.states)
    assert killed_at(point, anchorage)
    before = anchor(desk, 0).stamps
    work(anchorage)
    after = anchor(desk, 0)
    assert len(after.stamps) == 1
    assert before in ((), after.stamps), "a stamp once noted is the one that is stored"
    assert len(files(tmp_path / "store")) == 3
    with desk.database.reading() as connection:
        assert len(read_kept(connection, schema.anchor_objects, 0)) == 3
    assert work(anchorage) == 0


@pytest.mark.both_databases
def test_another_workers_lease_is_respected(
    desk: Desk, tree: LedgerTree, anchorage: Anchorage, checkpoint: Callable[..., int]
) -> None:
    checkpoint()
    begin(desk, tree, anchorage.states)
    with desk.database.writing() as connection:
        now = desk.clock.now()
        take_lease(connection, LEASE, "node-2", now=now, length=timedelta(minutes=1))
    assert work(anchorage) == 0
    assert anchor(desk, 0).stamps == ()


def test_keys_name_station_day_and_number(
    desk: Desk, tree: LedgerTree, anchorage: Anchorage, checkpoint: Callable[..., int]
) -> None:
    checkpoint()
    begin(desk, tree, anchorage.states)
    made = anchor(desk, 0)
    assert key_of("south_1", made, "note") == "ledger/south_5f1/2026/03/02/000000000.note"
