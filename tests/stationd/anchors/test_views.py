"""The state of an anchor: from its file, or from marks and records."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.merkle import account_key
from archive.proof_check import state_root_from_siblings
from stationd.anchors import store
from stationd.anchors.service import begin
from stationd.anchors.views import States, proof_at, state_root
from stationd.desk import Desk
from stationd.errors import LedgerBrokenError
from stationd.ledger.checkpoints import read_entry
from stationd.ledger.service import LedgerTree

ACCOUNTS = tuple(f"{number}" for number in range(1000, 1040))


@pytest.fixture
def begun(
    desk: Desk, tree: LedgerTree, states: States, checkpoint: Callable[..., int]
) -> list[int]:
    """Three checkpoints that were marked, with more accounts and records each time."""
    numbers = []
    for count in (5, 20, 40):
        numbers.append(checkpoint(*ACCOUNTS[:count]))
        begin(desk, tree, states)
    return numbers


def entry(desk: Desk, n: int) -> bytes:
    with desk.database.reading() as connection:
        found = read_entry(connection, n)
    assert found is not None
    return found


def proven(desk: Desk, states: States, n: int, acct: str, size: int) -> bytes | None:
    """Return the state root that a proof at ``n`` leads to."""
    key = account_key(desk.station, acct, 1)
    with desk.database.reading() as connection:
        view = states.view(connection, n, state_root(entry(desk, n)))
        siblings, occupant = proof_at(view, store.read_sharing(connection, key, n), key)
        head = store.read_head_at(connection, acct, 1, size)
    assert occupant is not None
    assert (occupant.key, occupant.size) == (key, size)
    return state_root_from_siblings(key, size, head, siblings)


@pytest.mark.parametrize(("place", "size"), [(0, 2), (1, 3), (2, 4)])
def test_an_account_is_proven_at_every_mark_with_and_without_the_file(
    desk: Desk, states: States, begun: list[int], tmp_path: Path, place: int, size: int
) -> None:
    n = begun[place]
    root = bytes.fromhex(json.loads(entry(desk, n))["state_root"])
    assert proven(desk, states, n, "1000", size) == root
    bare = States(tmp_path / "elsewhere")
    assert proven(desk, bare, n, "1000", size) == root
    assert (tmp_path / "elsewhere" / f"{n:09}.state").is_file()


def test_a_damaged_file_is_made_again(
    desk: Desk, states: States, begun: list[int], tmp_path: Path
) -> None:
    path = tmp_path / "states" / f"{begun[1]:09}.state"
    path.write_bytes(b"damaged")
    assert proven(desk, states, begun[1], "1010", 2) is not None
    assert path.read_bytes() != b"damaged"


def test_another_anchors_file_in_its_place_is_made_again(
    desk: Desk, states: States, begun: list[int], tmp_path: Path
) -> None:
    folder = tmp_path / "states"
    (folder / f"{begun[0]:09}.state").replace(folder / f"{begun[1]:09}.state")
    assert proven(desk, states, begun[1], "1010", 2) == state_root(entry(desk, begun[1]))


def test_records_that_were_changed_do_not_come_to_the_signed_state(
    desk: Desk, begun: list[int], tmp_path: Path
) -> None:
    with desk.database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER records_no_update")
        connection.exec_driver_sql("UPDATE records SET head = zeroblob(32) WHERE acct = '1003'")
    bare = States(tmp_path / "elsewhere")
    with desk.database.reading() as connection, pytest.raises(LedgerBrokenError, match="fsck"):
        bare.view(connection, begun[2], state_root(entry(desk, begun[2])))


def test_files_that_are_not_kept_go(states: States, begun: list[int], tmp_path: Path) -> None:
    assert states.prune({begun[0]}) == 2
    assert [path.name for path in (tmp_path / "states").iterdir()] == [f"{begun[0]:09}.state"]


def test_a_folder_that_cannot_be_written_is_no_trouble(
    desk: Desk, begun: list[int], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    blocked = States(tmp_path / "file")
    assert proven(desk, blocked, begun[0], "1000", 2) is not None
