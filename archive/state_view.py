"""The state tree of one moment, without its chains: the hashes of two depths, and one bucket.

The 65,536 hashes of depth 16 stand for all chains.  With them a proof needs only the few chains
that share its key's first 16 bits; with the 256 hashes of depth 8 beside them, it needs 510 hashes
above those instead of 65,535.
"""

import zlib
from collections.abc import Iterable, Sequence
from hashlib import sha256

from archive.errors import MalformedError
from archive.merkle import Occupant, StateTree, state_leaf

__all__ = ["StateView"]

_HASH = 32
_UPPER, _LOWER = 8, 16
_SIZE = _HASH * ((1 << _UPPER) + (1 << _LOWER))
_STATE_NODE = b"stationd:state-node:v1\0"


class StateView:
    """What proofs of one moment need; made from a whole tree, or read from its packed bytes."""

    def __init__(self, upper: bytes, lower: bytes) -> None:
        self._upper = upper
        self._lower = lower

    @classmethod
    def of(cls, tree: StateTree) -> "StateView":
        """Return the view of a tree as it is now."""
        return cls(tree.layer(_UPPER), tree.layer(_LOWER))

    @classmethod
    def unpack(cls, packed: bytes) -> "StateView":
        """Return what `pack` wrote, or raise `MalformedError`."""
        try:
            hashes = zlib.decompress(packed)
        except zlib.error:
            hashes = b""
        if len(hashes) != _SIZE:
            raise MalformedError("this is not the state of an anchor; it is made again from marks")
        return cls(hashes[: _HASH << _UPPER], hashes[_HASH << _UPPER :])

    def pack(self) -> bytes:
        """Return the view as bytes for a file: 2 MiB at most, less while buckets are empty."""
        return zlib.compress(self._upper + self._lower, 1)

    def root(self) -> bytes:
        """Return the root over all chains."""
        return _climb(self._upper, 0)[1]

    def siblings(self, key: bytes, sharing: Iterable[Occupant]) -> list[bytes]:
        """Return the siblings on the way to ``key``, root downwards.

        ``sharing`` are all chains whose keys begin with the same 16 bits.  Raises `MalformedError`
        where they are not those that the view was made with.
        """
        if not self.holds(key, sharing := sorted(sharing, key=_key_of)):
            raise MalformedError(
                f"the chains with keys {key[:2].hex()}… are not those that the state was made of; "
                "run the audit (`stationctl ledger fsck`)"
            )
        bucket = int.from_bytes(key[:2])
        path, _ = _climb(self._group(bucket), bucket & 0xFF)
        above, _ = _climb(self._upper, bucket >> 8)
        return [*above, *path, *_way(sharing, key)[0]]

    def holds(self, key: bytes, sharing: Iterable[Occupant]) -> bool:
        """Tell whether ``sharing``, all chains that share 16 bits of ``key``, are those of it."""
        bucket = int.from_bytes(key[:2])
        if _subtree(sorted(sharing, key=_key_of), _LOWER) != _at(self._lower, bucket):
            return False
        return _climb(self._group(bucket), bucket & 0xFF)[1] == _at(self._upper, bucket >> 8)

    def _group(self, bucket: int) -> bytes:
        """Return the 256 hashes of depth 16 under one node of depth 8."""
        first = bucket & 0xFF00
        return self._lower[first * _HASH : (first + 256) * _HASH]

    def occupant(self, key: bytes, sharing: Iterable[Occupant]) -> Occupant | None:
        """Return the chain at the place of ``key``: its own, another's, or None."""
        return _way(sorted(sharing, key=_key_of), key)[1]


def _key_of(chain: Occupant) -> bytes:
    return chain.key


def _halves(chains: Sequence[Occupant], depth: int) -> tuple[list[Occupant], list[Occupant]]:
    left = [one for one in chains if not one.key[depth >> 3] >> (7 - (depth & 7)) & 1]
    return left, list(chains[len(left) :])


def _subtree(chains: Sequence[Occupant], depth: int) -> bytes:
    """Return the hash of a compressed subtree of sorted chains, at depth 16 or below."""
    if len(chains) < 2:  # noqa: PLR2004  (none, or exactly one)
        return state_leaf(chains[0].key, chains[0].size, chains[0].head) if chains else bytes(_HASH)
    left, right = _halves(chains, depth)
    return sha256(_STATE_NODE + _subtree(left, depth + 1) + _subtree(right, depth + 1)).digest()


def _way(chains: Sequence[Occupant], key: bytes) -> tuple[list[bytes], Occupant | None]:
    """Return the siblings from depth 16 down to ``key``, and who stands at its place."""
    path: list[bytes] = []
    depth = _LOWER
    while len(chains) > 1:
        left, right = _halves(chains, depth)
        ones = key[depth >> 3] >> (7 - (depth & 7)) & 1
        chains, beside = (right, left) if ones else (left, right)
        depth += 1
        path.append(_subtree(beside, depth))
    return path, chains[0] if chains else None


def _at(hashes: bytes, index: int) -> bytes:
    return hashes[index * _HASH : (index + 1) * _HASH]


def _climb(row: bytes, index: int) -> tuple[list[bytes], bytes]:
    """Return the siblings of ``index`` in a row of 2^k hashes, root downwards, and the root."""
    path: list[bytes] = []
    while len(row) > _HASH:
        path.append(_at(row, index ^ 1))
        row = b"".join(
            sha256(_STATE_NODE + row[at : at + 2 * _HASH]).digest()
            for at in range(0, len(row), 2 * _HASH)
        )
        index >>= 1
    return path[::-1], row
