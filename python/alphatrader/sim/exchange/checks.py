"""What the gateway and the exchange refuse, with the codes and texts of the real ones."""

from decimal import Decimal

from msgspec import Struct

from alphatrader.sim.exchange.account import Account
from alphatrader.sim.exchange.orders import Order, OrderRequest
from alphatrader.sim.market.types import ListedContract

ORDER_TYPES = frozenset({"MKT", "LMT", "STP", "STP LMT"})
TIMES_IN_FORCE = frozenset({"DAY", "GTC", "IOC"})
MAX_ACTIVE_ORDERS_PER_SIDE = 20
"""Active orders a contract, side and account: the broker's documented limit."""


class Refusal(Struct, frozen=True):
    """Why an order was not taken. ``reaches_exchange``: a record remains (Inactive), as with the real code 201."""

    code: int
    text: str

    @property
    def reaches_exchange(self) -> bool:
        """Whether the refused order is shown as Inactive; requests that fail validation leave no trace."""
        return self.code == 201


def check_form(request: OrderRequest, contract: ListedContract, account_id: str) -> Refusal | None:
    """Check what can be checked without knowing market or account."""
    if request.unsupported:
        return _invalid(f"the SIMULATED gateway does not offer: {request.unsupported}")
    if request.side not in {"BUY", "SELL"}:
        return _invalid(f"Invalid side: {request.side!r}")
    if request.quantity <= 0:
        return Refusal(434, "The order size cannot be zero.")
    if request.quantity != request.quantity.to_integral_value():
        return _invalid("Fractional-sized order cannot be placed via API")
    if request.order_type not in ORDER_TYPES:
        return Refusal(387, "Unsupported order type for this exchange and security type.")
    if request.tif not in TIMES_IN_FORCE:
        return _invalid(f"Invalid time in force: {request.tif!r}")
    if request.account and request.account != account_id:
        return _invalid("Invalid account code")
    return _check_prices(request, contract)


def _check_prices(request: OrderRequest, contract: ListedContract) -> Refusal | None:
    needs_limit = request.order_type in {"LMT", "STP LMT"}
    needs_stop = request.order_type in {"STP", "STP LMT"}
    if needs_limit and (request.limit_price is None or request.limit_price <= 0):
        return _invalid("The limit price must be above zero")
    if needs_stop and (request.stop_price is None or request.stop_price <= 0):
        return _invalid("The stop price must be above zero")
    prices = [request.limit_price if needs_limit else None, request.stop_price if needs_stop else None]
    if any(price is not None and price % contract.min_tick != 0 for price in prices):
        return Refusal(110, "The price does not conform to the minimum price variation for this contract.")
    return None


def check_capacity(
    request: OrderRequest,
    contract: ListedContract,
    account: Account,
    live: list[Order],
    expected_price: Decimal,
    committed_cash: Decimal,
    parent: Order | None,
) -> Refusal | None:
    """Check what the account allows: no opening short, buying power, number of active orders.

    ``expected_price`` is what the order would pay at worst now; ``committed_cash`` what open buys may still spend. A
    child may sell what its parent will have bought.
    """
    same_side = [order for order in live if order.con_id == contract.con_id and order.side == request.side]
    if len(same_side) >= MAX_ACTIVE_ORDERS_PER_SIDE:
        return _rejected(f"at most {MAX_ACTIVE_ORDERS_PER_SIDE} active orders a contract and side are allowed")
    if request.side == "SELL":
        coverage = account.quantity(contract.con_id)
        if parent is not None and parent.side == "BUY" and not parent.done:
            coverage += parent.remaining
        if request.quantity > coverage:
            return _rejected(
                f"opening a short position is not permitted for this SIMULATED account (held {coverage}, "
                f"order {request.quantity:f})"
            )
        return None
    cost = expected_price * request.quantity * contract.multiplier
    available = account.cash - committed_cash
    if cost > available:
        return _rejected(
            "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH LOAN VALUE "
            f"[{available:.2f} USD] MUST EXCEED THE INITIAL MARGIN [{cost:.2f} USD]"
        )
    return None


def closed_market() -> Refusal:
    """Outside the session nothing is taken."""
    return _rejected("Exchange is closed.")


def _invalid(cause: str) -> Refusal:
    return Refusal(321, f"Error validating request.-'bF' : cause - {cause}")


def _rejected(reason: str) -> Refusal:
    return Refusal(201, f"Order rejected - reason:{reason}")
