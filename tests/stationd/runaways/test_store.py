"""Runs as rows, and how much accounts have sent lately."""

from dataclasses import replace
from typing import Any

import pytest

from stationd.db.engine import Database
from stationd.runaways import store
from stationd.runaways.model import Run
from stationd.signals.store import record_signals

pytestmark = pytest.mark.both_databases

RUN = Run(
    acct="4821",
    began_at="2026-03-02T15:00:00.000000Z",
    last_at="2026-03-02T15:05:00.000000Z",
    ended_at=None,
    count=60,
    most=50,
    within=600,
    quiet=600,
)


def signal(acct: str, seq: int) -> dict[str, Any]:
    names = ("listener", "receiver_group", "number", "signal_class", "code", "name", "zone", "user")
    texts = dict.fromkeys((*names, "area", "text", "marks"), "")
    return {
        "acct": acct,
        "epoch": 1,
        "seq": seq,
        "received_at": f"2026-03-02T15:{seq:02}:00.000000Z",
        **texts,
    }


def test_a_run_is_one_row_that_grows_and_ends(database: Database) -> None:
    later = replace(RUN, count=70, last_at="2026-03-02T15:06:00.000000Z")
    with database.writing() as connection:
        store.record_runs(connection, [])
        store.record_runs(connection, [RUN])
        store.record_runs(connection, [later])
        assert store.read_open(connection) == [later]
        over = replace(later, ended_at="2026-03-02T15:16:00.000000Z")
        store.record_runs(connection, [over])
        assert store.read_open(connection) == []
        assert store.read_runs(connection, "4821") == [over]
        assert store.read_ended(connection, ["4821", "9"]) == {"4821": over.last_at}


def test_what_was_sent_lately_is_counted_and_the_last_of_it_is_read(database: Database) -> None:
    with database.writing() as connection:
        rows = [signal("1", seq) for seq in range(1, 6)] + [signal("2", 1)]
        record_signals(connection, rows)
        since = "2026-03-02T15:03:00.000000Z"
        assert store.count_recent(connection, ["1", "2", "3"], since) == {"1": 3}
        assert store.read_recent(connection, "1", since, 10) == [
            "2026-03-02T15:05:00.000000Z",
            "2026-03-02T15:04:00.000000Z",
        ]
        assert len(store.read_recent(connection, "1", since, 1)) == 1
