import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import merkle
from archive.merkle import LogTree, Occupant, StateTree

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "evidence-vectors.json").read_bytes())
STATION = "station-1"
KEY = bytes.fromhex(VECTORS["account_key"][0]["key"])
ABSENT = bytes.fromhex(VECTORS["account_key"][1]["key"])


def unhex(values):
    return [bytes.fromhex(value) for value in values]


# The same trees a second time, written apart and as plainly as the format page has them.


def plain_state(accounts, depth=0):
    """Hash the sparse tree over ``{key: leaf}``, every level by the words of the page."""
    if depth >= 16 and not accounts:
        return bytes(32)
    if depth >= 16 and len(accounts) == 1:
        return next(iter(accounts.values()))
    if not accounts:
        return plain_node(*[plain_state({}, depth + 1)] * 2)
    left = {key: leaf for key, leaf in accounts.items() if not plain_bit(key, depth)}
    right = {key: leaf for key, leaf in accounts.items() if plain_bit(key, depth)}
    return plain_node(plain_state(left, depth + 1), plain_state(right, depth + 1))


def plain_bit(key, depth):
    return int(f"{int.from_bytes(key, 'big'):0256b}"[depth])


def plain_node(left, right):
    return sha256(b"stationd:state-node:v1\0" + left + right).digest()


def climb(key, terminal, siblings):
    """Compute the root from what stands at a place and the siblings on the way to it."""
    for depth in reversed(range(len(siblings))):
        pair = (siblings[depth], terminal) if plain_bit(key, depth) else (terminal, siblings[depth])
        terminal = plain_node(*pair)
    return terminal


def plain_log(leaves):
    """RFC 9162 2.1.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = plain_split(len(leaves))
    return sha256(b"\x01" + plain_log(leaves[:k]) + plain_log(leaves[k:])).digest()


def plain_split(length):
    return max(1 << i for i in range(length.bit_length()) if 1 << i < length)


def plain_path(m, leaves):
    """RFC 9162 2.1.3.1, word for word."""
    if len(leaves) == 1:
        return []
    k = plain_split(len(leaves))
    if m < k:
        return [*plain_path(m, leaves[:k]), plain_log(leaves[k:])]
    return [*plain_path(m - k, leaves[k:]), plain_log(leaves[:k])]


def plain_subproof(m, leaves, whole):
    """RFC 9162 2.1.4.1, word for word."""
    if m == len(leaves):
        return [] if whole else [plain_log(leaves)]
    k = plain_split(len(leaves))
    if m <= k:
        return [*plain_subproof(m, leaves[:k], whole), plain_log(leaves[k:])]
    return [*plain_subproof(m - k, leaves[k:], whole=False), plain_log(leaves[:k])]


def tree_of(accounts):
    tree = StateTree()
    for key, (size, head) in accounts.items():
        tree.update(key, size, head)
    return tree


def log_of(leaves):
    log = LogTree()
    for leaf in leaves:
        log.append(leaf)
    return log


@pytest.fixture
def three_chains():
    head = bytes.fromhex(VECTORS["chain"]["records"][-1]["head"])
    tree = StateTree()
    tree.update(KEY, 2, head)
    for more in VECTORS["state_more"]:
        tree.update(bytes.fromhex(more["key"]), more["size"], bytes.fromhex(more["head"]))
    return tree


@pytest.mark.parametrize("case", VECTORS["account_key"], ids=lambda c: f"{c['acct']}-{c['epoch']}")
def test_an_account_key_is_that_of_the_vectors(case):
    key = merkle.account_key(case["station"], case["acct"], case["epoch"])

    assert key.hex() == case["key"]


@pytest.mark.parametrize("case", VECTORS["state_more"], ids=lambda c: c["acct"])
def test_the_keys_of_the_state_are_those_of_their_accounts(case):
    assert merkle.account_key(STATION, case["acct"], 1).hex() == case["key"]


def test_the_chain_is_that_of_the_vectors():
    first, second = VECTORS["chain"]["records"]
    start = merkle.genesis(KEY)
    leaves = [merkle.leaf(bytes.fromhex(record["record_hex"])) for record in (first, second)]
    head = merkle.head(start, 1, leaves[0])

    assert start.hex() == VECTORS["chain"]["genesis"]
    assert [leaf.hex() for leaf in leaves] == [first["leaf"], second["leaf"]]
    assert head.hex() == first["head"]
    assert merkle.head(head, 2, leaves[1]).hex() == second["head"]


@pytest.mark.parametrize("record", VECTORS["chain"]["records"], ids=["open", "signal"])
def test_a_record_of_the_vectors_is_canonical(record):
    assert record["record"].encode().hex() == record["record_hex"]


def test_the_leaf_of_one_chain_is_that_of_the_vectors():
    head = bytes.fromhex(VECTORS["chain"]["records"][-1]["head"])

    assert merkle.state_leaf(KEY, 2, head).hex() == VECTORS["state_leaf_k1"]


def test_the_roots_of_the_state_are_those_of_the_vectors(three_chains):
    one = StateTree()
    one.update(KEY, 2, bytes.fromhex(VECTORS["chain"]["records"][-1]["head"]))

    assert StateTree().root().hex() == VECTORS["state_root_empty"]
    assert one.root().hex() == VECTORS["state_root_one"]
    assert three_chains.root().hex() == VECTORS["state_root_three"]


def test_the_proof_of_an_account_is_that_of_the_vectors(three_chains):
    assert three_chains.siblings(KEY) == unhex(VECTORS["proof_k1"])


def test_the_proof_of_an_absent_epoch_is_that_of_the_vectors(three_chains):
    proof = VECTORS["absence_proof_epoch2"]

    assert three_chains.siblings(ABSENT) == unhex(proof["siblings"])
    assert (three_chains.occupant(ABSENT) is None) is proof["terminal_empty"]


def test_the_log_is_that_of_the_vectors():
    vectors = VECTORS["log"]
    leaves = [merkle.log_leaf(entry.encode()) for entry in vectors["entries"]]
    log = log_of(leaves)

    assert leaves == unhex(vectors["leaf_hashes"])
    assert [log.root(size) for size in range(1, 6)] == unhex(vectors["roots"])
    assert log.inclusion(2, 5) == unhex(vectors["inclusion_2_in_5"])
    assert log.consistency(3, 5) == unhex(vectors["consistency_3_to_5"])


# Keys that share long beginnings, so that buckets hold several chains and subtrees go deep.
KEYS = st.builds(
    lambda start, middle, end: (start + middle).ljust(31, b"\0") + end,
    st.sampled_from([b"\0\0", b"\x80\0", b"\x80\1", b"\xff\xff"]),
    st.binary(max_size=3),
    st.sampled_from([b"\0", b"\1", b"\xff"]),
)
SIZED = st.tuples(st.integers(1, 2**63), st.binary(min_size=32, max_size=32))
ACCOUNTS = st.dictionaries(KEYS, SIZED, max_size=12)


def leaves_of(accounts):
    return {key: merkle.state_leaf(key, size, head) for key, (size, head) in accounts.items()}


@settings(max_examples=60)
@given(ACCOUNTS)
def test_the_state_root_is_that_of_the_page(accounts):
    assert tree_of(accounts).root() == plain_state(leaves_of(accounts))


@settings(max_examples=60)
@given(ACCOUNTS, st.lists(st.tuples(KEYS, SIZED), max_size=8))
def test_the_root_does_not_depend_on_how_the_tree_came_about(accounts, later):
    grown = tree_of(accounts)
    for key, (size, head) in later:
        grown.update(key, size, head)
        grown.root()

    assert grown.root() == tree_of(accounts | dict(later)).root()
    assert len(grown) == len(accounts | dict(later))


@settings(max_examples=60)
@given(ACCOUNTS, KEYS)
def test_siblings_lead_from_any_place_to_the_root(accounts, key):
    tree = tree_of(accounts)
    siblings = tree.siblings(key)
    there = tree.occupant(key)
    terminal = merkle.state_leaf(there.key, there.size, there.head) if there else bytes(32)

    assert len(siblings) >= 16
    assert climb(key, terminal, siblings) == tree.root()
    assert (there is not None and there.key == key) is (key in accounts)


@settings(max_examples=60)
@given(ACCOUNTS)
def test_an_account_is_found_with_its_size_and_head(accounts):
    tree = tree_of(accounts)

    found = {key: tree.occupant(key) for key in accounts}

    assert found == {key: Occupant(key, *sized) for key, sized in accounts.items()}


def test_a_changed_account_changes_the_siblings_of_its_neighbour():
    tree = StateTree()
    near, far = b"\x80\0" + bytes(30), b"\x80\0" + b"\x80" + bytes(29)
    tree.update(near, 1, bytes(32))
    tree.update(far, 1, bytes(32))
    before = tree.siblings(near)

    tree.update(far, 2, bytes(32))

    assert tree.siblings(near)[:16] == before[:16]
    assert tree.siblings(near)[16:] == [merkle.state_leaf(far, 2, bytes(32))]


def test_asking_twice_hashes_nothing_again(monkeypatch):
    tree = tree_of({KEY: (1, bytes(32))})
    root = tree.root()
    monkeypatch.setattr(merkle, "_subtree", None)

    assert tree.root() == root


LEAVES = [sha256(bytes([n >> 8, n & 255])).digest() for n in range(600)]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 255, 256, 257, 600])
def test_the_log_root_is_that_of_the_rfc(size):
    log = log_of(LEAVES[:size])

    assert log.size == size
    assert log.root() == plain_log(LEAVES[:size])


@settings(max_examples=60)
@given(st.integers(1, 80).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
def test_an_inclusion_proof_is_that_of_the_rfc(case):
    n, size = case

    assert log_of(LEAVES[:90]).inclusion(n, size) == plain_path(n, LEAVES[:size])


@settings(max_examples=60)
@given(st.integers(1, 80).flatmap(lambda new: st.tuples(st.integers(1, new), st.just(new))))
def test_a_consistency_proof_is_that_of_the_rfc(case):
    old, new = case

    assert log_of(LEAVES[:90]).consistency(old, new) == plain_subproof(
        old, LEAVES[:new], whole=True
    )


def test_proofs_over_many_levels_are_those_of_the_rfc():
    log = log_of(LEAVES)

    assert log.inclusion(511, 600) == plain_path(511, LEAVES)
    assert log.consistency(256, 600) == plain_subproof(256, LEAVES, whole=True)
    assert log.consistency(511, 513) == plain_subproof(511, LEAVES[:513], whole=True)


def test_nothing_is_proved_of_an_empty_log_or_of_two_equal_ones():
    log = log_of(LEAVES[:5])

    assert log.consistency(0, 5) == []
    assert log.consistency(5, 5) == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda log: log.root(6),
        lambda log: log.root(-1),
        lambda log: log.inclusion(5, 5),
        lambda log: log.inclusion(0, 6),
        lambda log: log.inclusion(-1, 5),
        lambda log: log.consistency(3, 6),
        lambda log: log.consistency(4, 3),
        lambda log: log.consistency(-1, 3),
    ],
)
def test_what_the_log_does_not_have_is_refused(ask):
    with pytest.raises(ValueError, match=r"of 5|has 5"):
        ask(log_of(LEAVES[:5]))
