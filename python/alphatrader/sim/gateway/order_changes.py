"""What a modification of a live order may not change, before the exchange sees it."""

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.exchange.checks import Refusal
from alphatrader.sim.exchange.orders import Order, OrderRequest

NO_OCA_REVISION = Refusal(10326, "OCA group revision is not allowed.")

_KINDS = (frozenset({"MKT", "LMT"}), frozenset({"STP", "STP LMT"}), frozenset({"MIT", "LIT"}))
"""Types that may be changed into one another."""
_LASTING = frozenset({"DAY", "GTC"})
"""Times in force that may be changed into one another."""


def refusal_of_change(order: Order, asked: OrderRequest, behaviours: Behaviours) -> Refusal | None:
    """Return why a live order may not be changed like this, None if the exchange shall decide."""
    if order.done:
        return None
    if asked.oca_group and asked.oca_group != order.oca_group:
        return NO_OCA_REVISION
    if not behaviours.on("order_kind_fixed"):
        return None
    if order.order_type != asked.order_type and not any(
        {order.order_type, asked.order_type} <= kind for kind in _KINDS
    ):
        return Refusal(329, f"Order modify failed. Cannot change to the new order type:{asked.order_type}")
    if order.tif != asked.tif and not {order.tif, asked.tif} <= _LASTING:
        return Refusal(462, f"Order modify failed. Cannot change to the new Time in Force:{asked.tif}")
    return None
