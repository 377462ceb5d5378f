r"""The hashes of the ledger: account chains, the state tree, the checkpoint log.

H is SHA-256, u32 and u64 are big-endian, lp(b) = u32(len b) ‖ b.  What is hashed begins with a
tag that names its purpose and version, so that no two kinds of hash can be confused:

    account_key = H("stationd:acctkey:v1\0"    ‖ lp(station) ‖ lp(acct) ‖ u32(epoch))
    head_0      = H("stationd:genesis:v1\0"    ‖ account_key)
    leaf_n      = H("stationd:record:v1\0"     ‖ record bytes)
    head_n      = H("stationd:chain:v1\0"      ‖ head_{n-1} ‖ u64(n) ‖ leaf_n)
    state_leaf  = H("stationd:state-leaf:v1\0" ‖ account_key ‖ u64(n) ‖ head_n)
    state_node  = H("stationd:state-node:v1\0" ‖ left ‖ right)

**State tree.**  A sparse Merkle tree over all chains; bits of the account key, most significant
first, choose left (0) or right (1).  Depths 0 to 15 are always hashed.  From depth 16 down an
empty subtree is 32 zero bytes, a subtree of exactly one account is that account's leaf, and any
other is the node of its halves.  One key has one place, so one account has one value.

So the tree falls into 65,536 *buckets* at depth 16 and a full binary tree above them.  A bucket
holds its accounts as one sorted run of rows; it is hashed again from its rows when one of them
has changed (about 15 rows at a million accounts), and then the paths above all changed buckets
are hashed together, level by level, each node once.

**Checkpoint log.**  The append-only tree of RFC 9162: leaf H(0x00 ‖ entry), node
H(0x01 ‖ left ‖ right).
"""

import struct
from dataclasses import dataclass
from hashlib import sha256

__all__ = [
    "LogTree",
    "Occupant",
    "StateTree",
    "account_key",
    "genesis",
    "head",
    "leaf",
    "log_leaf",
    "state_leaf",
]

_HASH = 32
_ZERO = bytes(_HASH)

# Depth of the buckets: above it every node is hashed, below it subtrees are compressed.
_DEPTH = 16
_BUCKETS = 1 << _DEPTH

_ACCOUNT_KEY = b"stationd:acctkey:v1\0"
_GENESIS = b"stationd:genesis:v1\0"
_RECORD = b"stationd:record:v1\0"
_CHAIN = b"stationd:chain:v1\0"
_STATE_LEAF = b"stationd:state-leaf:v1\0"
_STATE_NODE = b"stationd:state-node:v1\0"


def account_key(station: str, acct: str, epoch: int) -> bytes:
    """Return the name of a chain as the tree knows it."""
    return sha256(
        _ACCOUNT_KEY + _lp(station.encode()) + _lp(acct.encode()) + struct.pack(">I", epoch)
    ).digest()


def genesis(key: bytes) -> bytes:
    """Return the head of the chain of account ``key`` before its first record."""
    return sha256(_GENESIS + key).digest()


def leaf(record: bytes) -> bytes:
    """Return the hash of a record's exact bytes."""
    return sha256(_RECORD + record).digest()


def head(previous: bytes, n: int, leaf: bytes) -> bytes:
    """Return the head of a chain after its record ``n``."""
    return sha256(_CHAIN + previous + n.to_bytes(8) + leaf).digest()


def state_leaf(key: bytes, n: int, head: bytes) -> bytes:
    """Return what stands in the state tree for a chain of ``n`` records."""
    return sha256(_STATE_LEAF + key + n.to_bytes(8) + head).digest()


def log_leaf(entry: bytes) -> bytes:
    """Return the hash of a checkpoint entry in the log."""
    return sha256(b"\0" + entry).digest()


def _lp(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _state_node(left: bytes, right: bytes) -> bytes:
    return sha256(_STATE_NODE + left + right).digest()


def _log_node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Occupant:
    """The chain that stands at a place of the state tree."""

    key: bytes
    size: int
    head: bytes


# A row of a bucket: key, size, head, and the leaf made of the three.
_SIZE_AT = _HASH
_HEAD_AT = _SIZE_AT + 8
_LEAF_AT = _HEAD_AT + _HASH
_ROW = _LEAF_AT + _HASH


class StateTree:
    """The state tree over all chains, in memory, hashed again only where it changed.

    About 100 bytes an account.  Not for several threads at once.
    """

    def __init__(self) -> None:
        self._buckets = [b""] * _BUCKETS
        # The full tree above the buckets as a heap: the root is node 1, the children of node i
        # are 2i and 2i + 1, and bucket b is node _BUCKETS + b.
        self._nodes = bytearray(_HASH * 2 * _BUCKETS)
        self._changed: set[int] = set()
        self._accounts = 0
        self._hash_empty()

    def __len__(self) -> int:
        """Return how many chains stand in the tree."""
        return self._accounts

    def update(self, key: bytes, size: int, head: bytes) -> None:
        """Let the chain ``key`` stand with ``size`` records and ``head``."""
        bucket = int.from_bytes(key[:2])
        rows = self._buckets[bucket]
        at = _find(rows, key)
        after = at
        if rows[at : at + _HASH] == key:
            after = at + _ROW
        else:
            self._accounts += 1
        row = key + size.to_bytes(8) + head + state_leaf(key, size, head)
        self._buckets[bucket] = rows[:at] + row + rows[after:]
        self._changed.add(bucket)

    def root(self) -> bytes:
        """Return the root over all chains as they stand now."""
        self._hash_changed()
        return self._node(1)

    def layer(self, depth: int) -> bytes:
        """Return the hashes of all 2^depth nodes at a depth of at most 16, side by side."""
        self._hash_changed()
        return bytes(self._nodes[_HASH << depth : 2 * _HASH << depth])

    def siblings(self, key: bytes) -> list[bytes]:
        """Return the siblings on the way to ``key``, root downwards, at least 16.

        For a key that is not in the tree they lead to the place where it would be: an empty one,
        or one that another chain occupies (`occupant`).
        """
        self._hash_changed()
        node = _BUCKETS + int.from_bytes(key[:2])
        path = [self._node((node >> height) ^ 1) for height in range(_DEPTH)][::-1]
        rows, depth = self._buckets[node - _BUCKETS], _DEPTH
        while len(rows) > _ROW:
            split = _split(rows, depth)
            left, right = rows[:split], rows[split:]
            rows, beside = (right, left) if _bit(key, depth) else (left, right)
            depth += 1
            path.append(_subtree(beside, depth))
        return path

    def occupant(self, key: bytes) -> Occupant | None:
        """Return the chain at the place of ``key``: its own, another's, or None."""
        rows, depth = self._buckets[int.from_bytes(key[:2])], _DEPTH
        while len(rows) > _ROW:
            split = _split(rows, depth)
            rows = rows[split:] if _bit(key, depth) else rows[:split]
            depth += 1
        if not rows:
            return None
        return Occupant(
            key=rows[:_SIZE_AT],
            size=int.from_bytes(rows[_SIZE_AT:_HEAD_AT]),
            head=rows[_HEAD_AT:_LEAF_AT],
        )

    def _node(self, index: int) -> bytes:
        return bytes(self._nodes[index * _HASH : (index + 1) * _HASH])

    def _hash_empty(self) -> None:
        """Fill the tree of no accounts: equal subtrees, so one hash a level."""
        empty = _ZERO
        for depth in reversed(range(_DEPTH)):
            empty = _state_node(empty, empty)
            first = 1 << depth
            self._nodes[first * _HASH : 2 * first * _HASH] = empty * first

    def _hash_changed(self) -> None:
        """Hash the changed buckets, then what is above them, level by level."""
        nodes = self._nodes
        parents = set()
        for bucket in self._changed:
            node = _BUCKETS + bucket
            nodes[node * _HASH : (node + 1) * _HASH] = _subtree(self._buckets[bucket], _DEPTH)
            parents.add(node >> 1)
        self._changed.clear()
        # Two children lie side by side, so a node is hashed from one slice.
        while parents - {0}:
            above = set()
            for node in parents:
                children = nodes[2 * node * _HASH : (2 * node + 2) * _HASH]
                nodes[node * _HASH : (node + 1) * _HASH] = sha256(_STATE_NODE + children).digest()
                above.add(node >> 1)
            parents = above


def _find(rows: bytes, key: bytes) -> int:
    """Return where the row of ``key`` is, or would be, in sorted ``rows``."""
    low, high = 0, len(rows) // _ROW
    while low < high:
        middle = (low + high) // 2
        if rows[middle * _ROW : middle * _ROW + _HASH] < key:
            low = middle + 1
        else:
            high = middle
    return low * _ROW


def _bit(key: bytes, depth: int) -> int:
    return key[depth >> 3] >> (7 - (depth & 7)) & 1


def _split(rows: bytes, depth: int) -> int:
    """Return where the right half of ``rows`` begins: the first key with a one at ``depth``."""
    at, mask = depth >> 3, 0x80 >> (depth & 7)
    low, high = 0, len(rows) // _ROW
    while low < high:
        middle = (low + high) // 2
        if rows[middle * _ROW + at] & mask:
            high = middle
        else:
            low = middle + 1
    return low * _ROW


def _subtree(rows: bytes, depth: int) -> bytes:
    """Return the hash of a compressed subtree at ``depth`` (16 or below)."""
    if not rows:
        return _ZERO
    if len(rows) == _ROW:
        return rows[_LEAF_AT:]
    split = _split(rows, depth)
    return _state_node(_subtree(rows[:split], depth + 1), _subtree(rows[split:], depth + 1))


# Of the log's complete subtrees every fourth level is kept: memory stays at 16/15 of the leaves,
# and any node in between is at most fifteen hashes away.
_STRIDE = 4


class LogTree:
    """The checkpoint log's tree (RFC 9162): append, root, and the two proofs."""

    def __init__(self) -> None:
        self._levels = [bytearray()]
        self._size = 0

    @property
    def size(self) -> int:
        """How many entries the log has."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Append the hash of an entry (`log_leaf`)."""
        self._levels[0] += leaf
        self._size += 1
        height = _STRIDE
        while self._size % (1 << height) == 0:
            level = height // _STRIDE
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += self._complete(height, (self._size >> height) - 1)
            height += _STRIDE

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the whole log, or of its first ``size`` entries."""
        size = self._size if size is None else size
        self._require(0 <= size <= self._size, f"the log has {self._size} entries, not {size}")
        return self._range(0, size) if size else sha256().digest()

    def inclusion(self, n: int, size: int) -> list[bytes]:
        """Return the proof that entry ``n`` (from 0) is in the log of ``size`` (RFC 9162 2.1.3)."""
        self._require(0 <= n < size <= self._size, f"no entry {n} in {size} of {self._size}")
        path = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _left(end - start)
            if n < middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the log of ``new`` begins with that of ``old`` (RFC 9162 2.1.4).

        Nothing needs to be proved of an empty log, nor of two equal ones: both give no hashes.
        """
        self._require(0 <= old <= new <= self._size, f"not {old} to {new} of {self._size}")
        if old in (0, new):
            return []
        path = []
        start, end = 0, new
        while end != old:
            middle = start + _left(end - start)
            if old <= middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start = middle
        # The subtree reached is whole in the old log.  When it is all of the old log, whoever
        # checks has its hash already.
        if start > 0:
            path.append(self._range(start, end))
        return path[::-1]

    def _require(self, holds: bool, otherwise: str) -> None:  # noqa: FBT001
        if not holds:
            raise ValueError(otherwise)

    def _complete(self, height: int, index: int) -> bytes:
        """Return the hash of the complete subtree ``index`` of 2^height entries."""
        level, between = divmod(height, _STRIDE)
        if not between and level < len(self._levels):
            kept = bytes(self._levels[level][index * _HASH : (index + 1) * _HASH])
            if kept:
                return kept
        return _log_node(
            self._complete(height - 1, 2 * index), self._complete(height - 1, 2 * index + 1)
        )

    def _range(self, start: int, end: int) -> bytes:
        """Return the root over entries ``start`` to ``end``; ``start`` as RFC 9162 splits."""
        parts = []
        while start < end:
            height = (end - start).bit_length() - 1
            parts.append(self._complete(height, start >> height))
            start += 1 << height
        root = parts.pop()
        while parts:
            root = _log_node(parts.pop(), root)
        return root


def _left(length: int) -> int:
    """Return the largest power of two below ``length``."""
    return 1 << (length - 1).bit_length() - 1
