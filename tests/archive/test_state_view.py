"""Proofs from the hashes of two depths are those of the whole tree."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import MalformedError
from archive.merkle import Occupant, StateTree
from archive.state_view import StateView


def chain(number: int, prefix: int | None = None) -> Occupant:
    digest = sha256(number.to_bytes(8)).digest()
    key = digest if prefix is None else prefix.to_bytes(2) + digest[2:]
    return Occupant(key=key, size=number + 1, head=sha256(digest).digest())


def tree_of(chains: list[Occupant]) -> StateTree:
    tree = StateTree()
    for one in chains:
        tree.update(one.key, one.size, one.head)
    return tree


def sharing(chains: list[Occupant], key: bytes) -> list[Occupant]:
    return [one for one in chains if one.key[:2] == key[:2]]


@given(
    st.lists(st.tuples(st.integers(0, 2**32), st.sampled_from([None, 0, 1, 256, 65_535]))),
    st.tuples(st.integers(0, 2**32), st.sampled_from([None, 0, 1, 256, 65_535])),
)
def test_a_proof_is_that_of_the_whole_tree(
    numbers: list[tuple[int, int | None]], asked: tuple[int, int | None]
) -> None:
    chains = list({one.key: one for one in (chain(*number) for number in numbers)}.values())
    tree, key = tree_of(chains), chain(*asked).key
    view = StateView.unpack(StateView.of(tree).pack())
    assert view.root() == tree.root()
    assert view.siblings(key, sharing(chains, key)) == tree.siblings(key)
    assert view.occupant(key, sharing(chains, key)) == tree.occupant(key)


def test_chains_other_than_those_of_the_state_give_no_proof() -> None:
    chains = [chain(1), chain(2, prefix=int.from_bytes(chain(1).key[:2]))]
    view = StateView.of(tree_of(chains))
    with pytest.raises(MalformedError, match="fsck"):
        view.siblings(chains[0].key, chains[:1])


def test_depths_that_do_not_agree_give_no_proof() -> None:
    one = chain(1)
    tree = tree_of([one])
    mixed = StateView(bytes(32 * 256), tree.layer(16))
    assert not mixed.holds(one.key, [one])
    with pytest.raises(MalformedError, match="fsck"):
        mixed.siblings(one.key, [one])


@pytest.mark.parametrize("packed", [b"", b"x" * 40, StateView(b"1", b"2").pack()])
def test_other_bytes_are_no_state(packed: bytes) -> None:
    with pytest.raises(MalformedError, match="made again"):
        StateView.unpack(packed)
