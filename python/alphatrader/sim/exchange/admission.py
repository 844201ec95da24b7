"""May a new order enter? Form, session, buying power and coverage, by the market and the account as they are now."""

from decimal import Decimal

from alphatrader.sim.exchange.account import Account
from alphatrader.sim.exchange.checks import Refusal, check_capacity, check_form, closed_market
from alphatrader.sim.exchange.matching import exact
from alphatrader.sim.exchange.orders import Order, OrderRequest
from alphatrader.sim.exchange.registry import OrderRegistry
from alphatrader.sim.market.types import ListedContract, SimulatedMarket


class Admission:
    """Checks new orders before the exchange takes them."""

    def __init__(self, market: SimulatedMarket, account: Account, registry: OrderRegistry) -> None:
        self._market = market
        self._contracts = {contract.con_id: contract for contract in market.contracts()}
        self._account = account
        self._registry = registry

    def check_new(self, request: OrderRequest, contract: ListedContract, parent: Order | None) -> Refusal | None:
        """Return why the order is refused, None if it may enter."""
        if request.parent_id and (parent is None or parent.done):
            return Refusal(10006, "Missing parent order.")
        refusal = check_form(request, contract, self._account.account_id)
        if refusal is not None:
            return refusal
        if not self._market.open_ns <= self._market.now_ns < self._market.close_ns:
            return closed_market()
        price = self.expected_price(request, contract)
        live = self._registry.live()
        return check_capacity(request, contract, self._account, live, price, self.committed_cash(), parent)

    def expected_price(self, request: OrderRequest, contract: ListedContract) -> Decimal:
        """Return what the order would pay a share at worst, as far as one can say: limit, stop, else the ask."""
        for price in (request.limit_price if request.order_type in {"LMT", "STP LMT"} else None, request.stop_price):
            if price is not None and price > 0:
                return price
        quote = self._market.quote(contract.con_id)
        return exact(quote.ask if quote.ask > 0 else max(quote.last, quote.bid))

    def committed_cash(self) -> Decimal:
        """Return what open buy orders may still spend."""
        total = Decimal(0)
        for order in self._registry.live():
            if order.side == "BUY":
                price = order.effective_limit or order.stop_price or exact(self._market.quote(order.con_id).ask)
                total += price * order.remaining * self._contracts[order.con_id].multiplier
        return total
