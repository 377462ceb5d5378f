"""Proofs made from the database, checked by the bundle's checker."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from archive import point_check
from archive.log_key_check import LogKeys
from archive.note_check import Problem, Statement
from archive.proofs import Proofs, proof_files
from archive.seal import LogKey
from stationd.anchors.proofs import Chain, account_proofs
from stationd.anchors.service import Anchorage, begin, work
from stationd.anchors.views import States
from stationd.desk import Desk
from stationd.errors import NotFoundError
from stationd.ledger import service
from stationd.ledger.service import LedgerTree

ORIGIN = "log.example.com/station-1"
CHAIN = Chain(station="station-1", origin=ORIGIN, acct="4821", epoch=1)
OTHERS = tuple(f"{number}" for number in range(1000, 1300))


def close(desk: Desk, tree: LedgerTree, log_key: LogKey) -> int:
    return service.close_epoch(
        desk, tree, acct="4821", epoch=1, fields={"case": "c"}, origin=ORIGIN, log_key=log_key
    )


def problems(
    proofs: Proofs, anchorage: Anchorage, log_key: LogKey, *, closed: bool = False
) -> list[Problem]:
    files = dict(proof_files(proofs))
    last = proofs.points[-1]
    statement = Statement(
        station="station-1",
        acct="4821",
        epoch=1,
        records=proofs.records,
        head=last.head.hex(),
        account_key="",
        checkpoint=last.n,
        entry=last.entry.decode(),
        note="",
        origin=ORIGIN,
    )
    tsa = anchorage.authorities[0].trust_pem
    given = point_check.Given(statement, files.get, LogKeys(log_key.public_pem), tsa)
    read = point_check.read_proofs(files["data/proofs/proofs.json"])
    return point_check.check_proofs(read, given, closing=closed, closed=closed)


def proved(desk: Desk, states: States, points: list[int]) -> Proofs:
    with desk.database.reading() as connection:
        return account_proofs(connection, states, CHAIN, points)


def test_an_account_among_many_is_proved_at_each_anchor(
    desk: Desk, anchorage: Anchorage, anchored: Callable[..., int], log_key: LogKey, tmp_path: Path
) -> None:
    points = [anchored(*OTHERS), anchored(), anchored(*OTHERS[:50])]
    made = proved(desk, anchorage.states, points)
    assert [(point.n, point.size) for point in made.points] == [(0, 2), (1, 3), (2, 4)]
    assert problems(made, anchorage, log_key) == []
    again = proved(desk, States(tmp_path / "none"), points)
    assert dict(proof_files(again)) == dict(proof_files(made)), "with the cache and without it"


def test_at_the_close_the_next_epoch_is_absent(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    anchored: Callable[..., int],
    log_key: LogKey,
) -> None:
    first = anchored(*OTHERS)
    closed = close(desk, tree, log_key)
    begin(desk, tree, anchorage.states)
    work(anchorage)
    made = proved(desk, anchorage.states, [first, closed])
    assert made.absent is not None
    assert made.absent.at is None
    assert problems(made, anchorage, log_key, closed=True) == []


def test_when_signals_came_before_the_stamp_the_close_is_proved_at_its_own_checkpoint(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    anchored: Callable[..., int],
    log_key: LogKey,
) -> None:
    first = anchored(*OTHERS)
    closed = close(desk, tree, log_key)
    later = anchored()
    made = proved(desk, anchorage.states, [first, later])
    assert made.absent is not None
    assert made.absent.at is not None
    assert made.absent.at.n == closed
    assert problems(made, anchorage, log_key, closed=True) == []


def test_a_close_whose_checkpoint_was_never_marked_proves_no_absence(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    anchored: Callable[..., int],
    log_key: LogKey,
) -> None:
    first = anchored()
    close(desk, tree, log_key)
    with desk.database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER marks_no_delete")
        connection.exec_driver_sql("DELETE FROM marks WHERE n = 1")
        connection.exec_driver_sql("UPDATE published SET marked = FALSE")
    later = anchored()
    assert proved(desk, anchorage.states, [first, later]).absent is None


def test_a_stamp_that_came_too_late_is_no_point(
    desk: Desk, anchorage: Anchorage, anchored: Callable[..., int]
) -> None:
    anchorage.authorities[0].ahead = timedelta(days=2)  # type: ignore[attr-defined]
    n = anchored()
    with pytest.raises(NotFoundError, match="is no point"):
        proved(desk, anchorage.states, [n])


def test_proofs_stay_small(desk: Desk, anchorage: Anchorage, anchored: Callable[..., int]) -> None:
    made = proved(desk, anchorage.states, [anchored(*OTHERS)])
    (point,) = made.points
    assert len(point.siblings) * 32 < 700
    (text,) = json.loads(dict(proof_files(made))["data/proofs/proofs.json"])["points"]
    assert len(json.dumps(text)) < 3000
