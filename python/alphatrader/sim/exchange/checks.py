"""What the gateway and the exchange refuse by the form of an order alone, with the codes and texts of the real ones."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from alphatrader.sim.exchange.order_types import ALGORITHMS, ORDER_TYPES, TIMES_IN_FORCE, TRIGGER_METHODS
from alphatrader.sim.exchange.orders import OrderRequest
from alphatrader.sim.market.types import ListedContract

_UNSUPPORTED_TYPE = "Unsupported order type for this exchange and security type."


class Refusal(Struct, frozen=True):
    """Why an order was not taken. ``reaches_exchange``: a record remains (Inactive), as with the real code 201."""

    code: int
    text: str

    @property
    def reaches_exchange(self) -> bool:
        """Whether the refused order is shown as Inactive; requests that fail validation leave no trace."""
        return self.code == 201


def check_form(
    request: OrderRequest, contracts: Sequence[ListedContract], account_id: str, now_ns: int
) -> Refusal | None:
    """Check what can be checked without knowing the market's state or the account."""
    if request.unsupported:
        return invalid(f"the SIMULATED gateway does not offer: {request.unsupported}")
    if request.side not in {"BUY", "SELL"}:
        return invalid(f"Invalid side: {request.side!r}")
    if request.cash_quantity:
        return Refusal(10244, "Cash Quantity cannot be used for this order.")
    if request.quantity <= 0:
        return Refusal(434, "The order size cannot be zero.")
    if request.quantity != request.quantity.to_integral_value():
        return invalid("Fractional-sized order cannot be placed via API")
    if request.account and request.account != account_id:
        return invalid("Invalid account code")
    return (
        _check_type(request, contracts)
        or _check_times(request, now_ns)
        or _check_legs(request)
        or _check_prices(request, contracts)
    )


def _check_type(request: OrderRequest, contracts: Sequence[ListedContract]) -> Refusal | None:
    kind = ORDER_TYPES.get(request.order_type)
    stock = not request.legs and contracts[0].sec_type == "STK"
    if kind is None or (kind.stock_only and not stock) or (request.legs and not kind.combinations):
        return Refusal(387, _UNSUPPORTED_TYPE)
    if any(contract.sec_type == "IND" for contract in contracts):
        return Refusal(460, "No trading permissions.")
    if request.tif == "OPG" and not (stock and request.order_type in {"MKT", "LMT"}):
        return Refusal(387, _UNSUPPORTED_TYPE)
    if kind.auction and request.tif in {"IOC", "FOK"}:
        return Refusal(387, _UNSUPPORTED_TYPE)
    if request.algo and request.algo not in ALGORITHMS:
        return Refusal(439, "The order processing failed. Algorithm definition not found.")
    if request.trigger_method not in TRIGGER_METHODS:
        return invalid(f"Invalid trigger method: {request.trigger_method}")
    if not 0 <= request.oca_type <= 3:
        return invalid(f"Invalid OCA type: {request.oca_type}")
    return None


def _check_times(request: OrderRequest, now_ns: int) -> Refusal | None:
    if request.tif not in TIMES_IN_FORCE:
        return invalid(f"Invalid time in force: {request.tif!r}")
    if request.tif == "GTD" and not request.good_till_ns:
        return invalid("Missing Good-Till-Date")
    if request.tif == "GTD" and request.good_till_ns <= now_ns:
        return invalid("The Good-Till-Date is in the past")
    return None


def _check_legs(request: OrderRequest) -> Refusal | None:
    if not request.legs:
        return None
    if len(request.legs) < 2 or len({leg.con_id for leg in request.legs}) != len(request.legs):
        return invalid("A combination has at least two different legs")
    if any(leg.ratio <= 0 or leg.action not in {"BUY", "SELL"} for leg in request.legs):
        return invalid("Invalid leg of a combination")
    return None


def _check_prices(request: OrderRequest, contracts: Sequence[ListedContract]) -> Refusal | None:
    kind = ORDER_TYPES[request.order_type]
    limit, stop = request.limit_price, request.stop_price
    if kind.limit == "client" and (limit is None or (limit <= 0 and not request.legs)):
        return invalid("The limit price must be above zero")
    if kind.trigger in {"stop", "touch"} and (stop is None or stop <= 0):
        return invalid("The stop price must be above zero")
    if kind.trigger == "trail":
        distances = [distance for distance in (request.trail_amount, request.trail_percent) if distance is not None]
        if len(distances) != 1 or distances[0] <= 0 or (request.trail_percent or 0) >= 100:
            return invalid("A trailing order needs either a trailing amount or a trailing percent")
        if request.order_type == "TRAIL LIMIT" and request.limit_offset is None and limit is None:
            return invalid("A TRAIL LIMIT order needs a limit price or a limit price offset")
    prices = [limit, stop if kind.trigger in {"stop", "touch"} else None]
    if any(price is not None and price % tick_at(contracts, price) != 0 for price in prices):
        return Refusal(110, "The price does not conform to the minimum price variation for this contract.")
    return None


def tick_at(contracts: Sequence[ListedContract], price: Decimal) -> Decimal:
    """Return the price step at a price in dollars; of a combination, its legs' smallest step."""
    steps = []
    for contract in contracts:
        step = contract.min_tick
        if len(contracts) == 1:
            for floor, above in contract.price_steps:
                step = above if price >= floor else step
        steps.append(step)
    return min(steps)


def closed_market() -> Refusal:
    """Nothing is taken: the contract trades no more, or not before an order of this kind would be dead."""
    return rejected("Exchange is closed.")


def invalid(cause: str) -> Refusal:
    """The gateway itself refuses: no trace is left."""
    return Refusal(321, f"Error validating request.-'bF' : cause - {cause}")


def rejected(reason: str) -> Refusal:
    """The broker refuses: the order is shown as Inactive."""
    return Refusal(201, f"Order rejected - reason:{reason}")
