"""`stationctl prove` writes what the bundle's checker reads."""

import json
from datetime import timedelta
from itertools import count

import pytest

from archive.authorities.http import HttpAuthority
from archive.ceremony import make_keys
from archive.point_check import read_proofs
from archive.seal import LogKey
from archive.stores.directory import DirectoryStore
from stationd.anchors.service import Anchorage, begin, work
from stationd.anchors.views import States
from stationd.clock import SystemClock
from stationd.ledger.service import LedgerTree, checkpoint


@pytest.fixture
def anchored(opened, desk, config, tmp_path, authority: HttpAuthority):
    """A station whose first checkpoint was stamped."""
    made = make_keys(tmp_path / "keys", station="south", now=SystemClock().now(), serials=count(1))
    with config.open("a") as file:
        file.write(
            f'\n[archive]\nsealed = "{tmp_path}/sealed"\n'
            f'[archive.store]\nkind = "directory"\npath = "{tmp_path}/store"\n'
        )
    tree = LedgerTree.load(desk)
    log_key = LogKey.load(made.log_key)
    checkpoint(desk, tree, origin="log.example.com/south", log_key=log_key)
    states = States(tmp_path / "states")
    begin(desk, tree, states)
    work(
        Anchorage(
            desk=desk,
            authorities=[authority],
            store=DirectoryStore(tmp_path / "store"),
            states=states,
            retention=timedelta(days=1),
            holder="n-1",
        )
    )


def test_an_account_is_proved_into_a_folder(anchored, value, tmp_path):
    told = value("prove", "1001", "--anchor", "0", "--into", tmp_path / "proof")
    assert (told["size"], told["to"]) == (2, 0)
    base = tmp_path / "proof/data/proofs"
    assert sorted(path.name for path in (base / "anchors").iterdir()) == ["0.note", "0.tsr"]
    proofs = read_proofs((base / "proofs.json").read_bytes())
    assert (proofs.acct, proofs.points[0].n) == ("1001", 0)
    assert json.loads((base / "proofs.json").read_bytes())["station"] == "south"


def test_what_is_no_anchor_says_where_to_look(anchored, run, tmp_path):
    result = run("prove", "1001", "--anchor", "5", "--into", tmp_path / "proof")
    assert result.exit_code == 2
    assert "stationctl ledger anchors" in result.output
