import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import merkle
from archive import proof_check as check

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/evidence-vectors.json").read_text())
ROOT_THREE = VECTORS["state_root_three"]
KEY_1, KEY_2 = (bytes.fromhex(VECTORS["account_key"][n]["key"]) for n in (0, 1))
HEAD = bytes.fromhex(VECTORS["chain"]["records"][-1]["head"])
PROOF = [bytes.fromhex(text) for text in VECTORS["proof_k1"]]
ABSENCE = [bytes.fromhex(text) for text in VECTORS["absence_proof_epoch2"]["siblings"]]
ROOTS = [bytes.fromhex(text) for text in VECTORS["log"]["roots"]]
LEAVES = [bytes.fromhex(text) for text in VECTORS["log"]["leaf_hashes"]]
INCLUSION = [bytes.fromhex(text) for text in VECTORS["log"]["inclusion_2_in_5"]]
CONSISTENCY = [bytes.fromhex(text) for text in VECTORS["log"]["consistency_3_to_5"]]


def test_an_account_stands_in_the_state_root() -> None:
    assert check.state_root_from_siblings(KEY_1, 2, HEAD, PROOF).hex() == ROOT_THREE  # type: ignore[union-attr]
    assert check.state_root_from_siblings(KEY_1, 3, HEAD, PROOF).hex() != ROOT_THREE  # type: ignore[union-attr]


def test_an_account_that_is_not_there_is_proved_absent() -> None:
    assert check.state_root_from_absence(KEY_2, ABSENCE, None).hex() == ROOT_THREE  # type: ignore[union-attr]


def test_another_occupant_proves_absence_where_it_shares_the_path() -> None:
    tree = merkle.StateTree()
    tree.update(KEY_1, 2, HEAD)
    near = KEY_1[:-1] + bytes([KEY_1[-1] ^ 1])

    root = check.state_root_from_absence(near, tree.siblings(KEY_1), (KEY_1, 2, HEAD))

    assert root == tree.root()


@pytest.mark.parametrize(("key", "other"), [(KEY_1, (KEY_1, 2, HEAD)), (KEY_2, (KEY_1, 2, HEAD))])
def test_an_occupant_of_another_place_proves_nothing(key, other) -> None:
    assert check.state_root_from_absence(key, PROOF, other) is None


@pytest.mark.parametrize("siblings", [PROOF[:15], [*PROOF, b"short"], [bytes(32)] * 257])
def test_a_path_of_another_length_is_no_proof(siblings: list[bytes]) -> None:
    assert check.state_root_from_siblings(KEY_1, 2, HEAD, siblings) is None
    assert check.state_root_from_absence(KEY_2, siblings, None) is None


@given(st.integers(1, 40), st.data())
def test_every_entry_of_every_log_is_included(size: int, data: st.DataObject) -> None:
    tree = merkle.LogTree()
    leaves = [sha256(bytes([n])).digest() for n in range(size)]
    for leaf in leaves:
        tree.append(leaf)
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    small = merkle.LogTree()
    for leaf in leaves[:old]:
        small.append(leaf)

    proof = tree.inclusion(index, size)
    consistency = tree.consistency(old, size)

    assert check.log_root_from_inclusion(leaves[index], index, size, proof) == tree.root()
    assert check.log_root_from_consistency(old, small.root(), size, consistency) == tree.root()


def test_the_published_proofs_of_the_log_hold() -> None:
    assert check.log_root_from_inclusion(LEAVES[2], 2, 5, INCLUSION) == ROOTS[4]
    assert check.log_root_from_consistency(3, ROOTS[2], 5, CONSISTENCY) == ROOTS[4]


def test_a_wrong_proof_of_the_log_gives_no_root() -> None:
    assert check.log_root_from_inclusion(LEAVES[2], 5, 5, INCLUSION) is None
    assert check.log_root_from_inclusion(LEAVES[2], 2, 5, INCLUSION[:-1]) is None
    assert check.log_root_from_inclusion(LEAVES[2], 2, 5, [*INCLUSION, LEAVES[0]]) is None
    assert check.log_root_from_consistency(3, ROOTS[1], 5, CONSISTENCY) is None
    assert check.log_root_from_consistency(3, ROOTS[2], 5, []) is None
    assert check.log_root_from_consistency(0, ROOTS[2], 5, CONSISTENCY) is None
    assert check.log_root_from_consistency(3, ROOTS[2], 5, [*CONSISTENCY, LEAVES[0]]) is None
    assert check.log_root_from_consistency(5, ROOTS[4], 5, []) == ROOTS[4]
    assert check.log_root_from_consistency(5, ROOTS[4], 5, CONSISTENCY) is None
