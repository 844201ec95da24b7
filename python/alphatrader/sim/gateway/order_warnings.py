"""What a gateway remarks on an order that it takes."""

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.exchange.orders import OrderRequest
from alphatrader.sim.gateway.order_features import warnings_of_features
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.order_terms import WireTerms

Remark = tuple[int, str]

TIF_PRESET: Remark = (10349, "Order TIF was set to DAY based on order preset.")
OUTSIDE_RTH_IGNORED: Remark = (
    2109,
    "Order Event Warning:Attribute 'Outside Regular Trading Hours' is ignored based on the order type and destination. "
    "PlaceOrder is now being processed.",
)
SWEEP_IGNORED: Remark = (
    131,
    "The sweep-to-fill flag and display size are only valid for US stocks routed through SMART, and will be ignored.",
)
_REGULAR_HOURS_ONLY = frozenset({"MKT", "MOC", "LOC", "MTL"})


def warnings_of(
    asked: OrderRequest, terms: WireTerms, contract: ListedContract | None, behaviours: Behaviours
) -> list[Remark]:
    """Return the remarks on a new order, in the order in which they are made."""
    warnings = warnings_of_features(terms, behaviours)
    stock = contract is not None and contract.sec_type == "STK"
    if asked.outside_rth and (not stock or asked.order_type in _REGULAR_HOURS_ONLY):
        warnings.append(OUTSIDE_RTH_IGNORED)
    if (terms.sweep_to_fill or terms.display_size) and not stock:
        warnings.append(SWEEP_IGNORED)
    if not terms.tif and behaviours.on("tif_preset_reported"):
        warnings.append(TIF_PRESET)
    return warnings
