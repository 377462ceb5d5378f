"""The state of each anchor: which size and head every chain had, as proofs need it.

It is made of the marks in the database and of the heads that records keep.  So that a proof need
not read a million of them, the hashes of two depths lie beside, a file an anchor; they are a cache
and can be made again.
"""

import json
from contextlib import suppress
from pathlib import Path

from archive.errors import MalformedError
from archive.merkle import Occupant, StateTree
from archive.state_view import StateView
from stationd.anchors import store
from stationd.db.engine import Connection
from stationd.errors import LedgerBrokenError

__all__ = ["States", "proof_at", "state_root"]

_ENDING = ".state"


class States:
    """The states of anchors, with their cache in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, n: int, tree: StateTree) -> None:
        """Keep what proofs at checkpoint ``n`` need of its tree."""
        self._write(n, StateView.of(tree))

    def view(self, connection: Connection, n: int, root: bytes) -> StateView:
        """Return the state of mark ``n``, whose root is ``root``; raise where it comes to another.

        Raises `LedgerBrokenError`.
        """
        with suppress(OSError, MalformedError):
            found = StateView.unpack(self._path(n).read_bytes())
            if found.root() == root:
                return found
        tree = StateTree()
        for chain in store.read_state(connection, n):
            tree.update(chain.key, chain.size, chain.head)
        if tree.root() != root:
            msg = (
                f"The chains as they are now do not come to the state that checkpoint {n} has "
                "signed; `stationctl ledger fsck` says which were changed."
            )
            raise LedgerBrokenError(msg)
        view = StateView.of(tree)
        self._write(n, view)
        return view

    def prune(self, kept: set[int]) -> int:
        """Remove the files of all anchors but ``kept``; return how many went."""
        gone = 0
        for path in self._folder.glob(f"*{_ENDING}"):
            if not path.stem.isdigit() or int(path.stem) not in kept:
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def _path(self, n: int) -> Path:
        return self._folder / f"{n:09}{_ENDING}"

    def _write(self, n: int, view: StateView) -> None:
        """Replace the file of ``n`` in one step; a cache that cannot be written is no trouble."""
        path = self._path(n)
        fresh = path.with_suffix(".new")
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(view.pack())
            fresh.replace(path)


def state_root(entry: bytes) -> bytes:
    """Return the state root that a checkpoint's entry gives."""
    return bytes.fromhex(json.loads(entry)["state_root"])


def proof_at(
    view: StateView, sharing: list[Occupant], key: bytes
) -> tuple[list[bytes], Occupant | None]:
    """Return the siblings on the way to ``key``, and who stands at its place."""
    return view.siblings(key, sharing), view.occupant(key, sharing)
