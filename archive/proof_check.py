# ruff: noqa: PLR2004 - the sizes of the formats are written where they are checked
"""Check proofs against the state tree and the checkpoint log, sharing nothing with their maker.

Each function gives the root that a proof leads to, or None where it is no proof at all; the caller
compares the root with the one that is signed.
"""

import struct
from collections.abc import Sequence
from hashlib import sha256

__all__ = [
    "log_root_from_consistency",
    "log_root_from_inclusion",
    "state_leaf",
    "state_root_from_absence",
    "state_root_from_siblings",
]

_U64 = struct.Struct(">Q")


def state_leaf(key: bytes, n: int, head: bytes) -> bytes:
    """Return the leaf of one chain in the state tree."""
    return sha256(b"stationd:state-leaf:v1\0" + key + _U64.pack(n) + head).digest()


def _bit(key: bytes, depth: int) -> int:
    return key[depth // 8] >> (7 - depth % 8) & 1


def _climb(key: bytes, node: bytes, siblings: Sequence[bytes]) -> bytes:
    for depth in range(len(siblings) - 1, -1, -1):
        pair = siblings[depth] + node if _bit(key, depth) else node + siblings[depth]
        node = sha256(b"stationd:state-node:v1\0" + pair).digest()
    return node


def state_root_from_siblings(
    key: bytes, n: int, head: bytes, siblings: Sequence[bytes]
) -> bytes | None:
    """Return the state root in which ``key`` has ``n`` and ``head``; None: no such proof.

    ``siblings`` run from the root downwards.
    """
    if not 16 <= len(siblings) <= 256 or any(len(sibling) != 32 for sibling in siblings):
        return None
    return _climb(key, state_leaf(key, n, head), siblings)


def state_root_from_absence(
    key: bytes, siblings: Sequence[bytes], other: tuple[bytes, int, bytes] | None
) -> bytes | None:
    """Return the state root in which ``key`` is absent; None: this proves nothing.

    ``other`` is the account that occupies the place, or None when the place is empty.
    """
    if not 16 <= len(siblings) <= 256 or any(len(sibling) != 32 for sibling in siblings):
        return None
    if other is None:
        return _climb(key, bytes(32), siblings)
    occupant, n, head = other
    shared = all(_bit(key, depth) == _bit(occupant, depth) for depth in range(len(siblings)))
    if occupant == key or not shared:
        return None
    return _climb(key, state_leaf(occupant, n, head), siblings)


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _to_a_right_child(fn: int, sn: int) -> tuple[int, int]:
    while not fn & 1 and fn:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn


def _whole_subtree(fn: int, sn: int) -> tuple[int, int]:
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn


def log_root_from_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes]
) -> bytes | None:
    """Return the log root of ``size`` in which ``leaf`` is entry ``index`` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return None
    fn, sn, root = index, size - 1, leaf
    for step in proof:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            root = _node(step, root)
            fn, sn = _to_a_right_child(fn, sn)
        else:
            root = _node(root, step)
        fn, sn = fn >> 1, sn >> 1
    return root if sn == 0 else None


def log_root_from_consistency(
    old_size: int, old_root: bytes, new_size: int, proof: Sequence[bytes]
) -> bytes | None:
    """Return the root of ``new_size`` that only appends to ``old_root`` (RFC 9162, 2.1.4.2)."""
    if old_size == new_size:
        return old_root if not proof else None
    if not 0 < old_size < new_size or not proof:
        return None
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    fn, sn = _whole_subtree(old_size - 1, new_size - 1)
    first = second = path[0]
    for step in path[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            first, second = _node(step, first), _node(step, second)
            fn, sn = _to_a_right_child(fn, sn)
        else:
            second = _node(second, step)
        fn, sn = fn >> 1, sn >> 1
    return second if sn == 0 and first == old_root else None
