"""Anchors are listed; a witness's line on a note of ours is kept, another's note is not."""

import json
from collections.abc import Callable

import pytest

from archive import checkpoint as points
from archive.seal import LogKey
from stationd.anchors import listing
from stationd.anchors.service import Anchorage, begin, work
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError
from stationd.ledger.service import LedgerTree
from stationd.ledger.store import read_head, read_records
from stationd.staff.model import Person, Role

ORIGIN = "log.example.com/station-1"
LINE = "\u2014 witness.example.com AAAAAGZ1cnRoZXI="
MANAGER = Person(login="maria", name="Maria", role=Role.MANAGER)


def cosigned(desk: Desk, raw: bytes, log_key: LogKey, by: Person = MANAGER) -> tuple[int, int]:
    return listing.cosign(desk, raw, ORIGIN, log_key.public, by)


def test_stamped_checkpoints_are_listed_the_newest_first(
    desk: Desk, tree: LedgerTree, anchorage: Anchorage, checkpoint: Callable[..., int]
) -> None:
    for _ in range(2):
        checkpoint()
        begin(desk, tree, anchorage.states)
        work(anchorage)
    checkpoint()
    begin(desk, tree, anchorage.states)
    found = listing.newest(desk, 5)
    assert [(one.n, len(kept)) for one, kept in found] == [(1, 3), (0, 3)]
    assert len(listing.newest(desk, 1)) == 1


def test_a_witness_signs_a_note_and_its_line_is_kept_with_a_record(
    desk: Desk, checkpoint: Callable[..., int], log_key: LogKey
) -> None:
    checkpoint()
    n, note = listing.note(desk, None)
    assert (n, points.read_note(note, ORIGIN, log_key.public).size) == (0, 1)
    witnessed = note + f"{LINE}\n".encode()
    assert cosigned(desk, witnessed, log_key) == (0, 1)
    assert cosigned(desk, witnessed, log_key) == (0, 0), "once is enough"
    assert listing.note(desk, 0)[1] == witnessed
    with desk.database.reading() as connection:
        size = read_head(connection, "station", 1).size
        last = json.loads(read_records(connection, "station", 1, size, 1)[0])
    assert (last["kind"], last["lines"], last["by"]) == ("cosigned", [LINE], "maria")


def test_a_forked_log_signed_with_our_key_is_told_apart(
    desk: Desk, checkpoint: Callable[..., int], log_key: LogKey
) -> None:
    checkpoint()
    forked = points.note(
        origin=ORIGIN, size=1, root=bytes(32), sign=log_key.sign, public=log_key.public
    )
    with pytest.raises(MistakeError, match="another history"):
        cosigned(desk, forked, log_key)


def test_what_is_no_note_of_ours_is_refused(desk: Desk, log_key: LogKey) -> None:
    with pytest.raises(MistakeError, match="no note of ours"):
        cosigned(desk, b"hello\n\nhello\n", log_key)


def test_not_everybody_may_add_to_a_note(desk: Desk, log_key: LogKey) -> None:
    operator = Person(login="o", name="O", role=Role.OPERATOR)
    with pytest.raises(NotAuthorisedError):
        cosigned(desk, b"", log_key, operator)


def test_a_checkpoint_without_a_note_is_named(desk: Desk) -> None:
    for number in (None, 3):
        with pytest.raises(NotFoundError, match="no signed checkpoint"):
            listing.note(desk, number)
