"""Proving an account at a moment that no bundle shows, on request."""

from collections.abc import Sequence

from archive.proofs import Proofs
from stationd.anchors import store
from stationd.anchors.proofs import Chain, account_proofs
from stationd.anchors.views import States
from stationd.desk import Desk
from stationd.errors import MistakeError

__all__ = ["prove"]


def prove(desk: Desk, states: States, chain: Chain, anchor: int, to: int | None) -> Proofs:
    """Return the proofs of ``chain`` at ``anchor``, up to anchor ``to``; None: the newest.

    Raises `MistakeError` where an anchor is no point or does not cover the account.
    """
    with desk.database.reading() as connection:
        points = [n for n, _ in store.read_points(connection, 2**62)]
        end = points[-1] if to is None and points else to
        if end is None or not {anchor, end} <= set(points) or anchor > end:
            raise MistakeError(_nothing(points, anchor, end))
        return account_proofs(connection, states, chain, sorted({anchor, end}))


def _nothing(points: Sequence[int], anchor: int, end: int | None) -> str:
    """Return why nothing is proved from ``anchor`` to ``end``, and the next anchor there is."""
    later = [n for n in points if n > anchor]
    helps = f"; the next is {later[0]}" if later and anchor not in points else ""
    until = "the newest" if end is None else end
    return (
        f"From checkpoint {anchor} to {until} nothing can be proved: both must be anchors that are "
        f"points, in this order{helps} (`stationctl ledger anchors`)."
    )
