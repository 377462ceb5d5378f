"""The worker's part of handing out: read the bundle back, then make what is asked for."""

from archive.errors import StoreRefusedError
from stationd.bundles.attempts import reverify
from stationd.bundles.model import Order, OrderState
from stationd.bundles.work import Workshop
from stationd.handouts.service import make, refuse
from stationd.sealing import Sealer

__all__ = ["hand_out"]


def hand_out(shop: Workshop, order_id: str, sealer: Sealer) -> Order:
    """Verify a bundle anew and hand out what is asked for of it.

    Where the archive cannot be reached, what is asked for stays asked for.
    """
    began = shop.desk.clock.now()
    order = reverify(shop, order_id)
    shop.passed("verified anew")
    if order.state is not OrderState.VERIFIED:
        refuse(shop.desk, order, order.why or f"The bundle is {order.state}, not verified.")
    elif order.verified_at is not None and order.verified_at >= began:
        try:
            make(shop.desk, order, shop.store, sealer)
        except StoreRefusedError as error:
            refuse(shop.desk, order, str(error))
    shop.passed("handed out")
    return order
