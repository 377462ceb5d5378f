"""Proving an account at a moment that no bundle shows, on request."""

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
        if end is None or end not in points or anchor not in points or anchor > end:
            near = [n for n in points if n >= anchor][:1]
            helps = f"; the next is {near[0]}" if near and near[0] != anchor else ""
            until = "the newest" if end is None else end
            msg = (
                f"From checkpoint {anchor} to {until} nothing can be proved: both must be "
                f"anchors that are points, in this order{helps} (`stationctl ledger anchors`)."
            )
            raise MistakeError(msg)
        return account_proofs(connection, states, chain, sorted({anchor, end}))
