"""What a fill of an order is charged: the fee tables applied, the minimum of an order once over all its fills."""

from decimal import Decimal

from alphatrader.sim.exchange.account import Account
from alphatrader.sim.exchange.fees import index_surcharge, option_fees, order_minimum, stock_fees
from alphatrader.sim.exchange.orders import Order
from alphatrader.sim.market.types import ListedContract


class Charges:
    """Charges fills to one account. ``surcharge``: whether index options bear their exchange's fee."""

    def __init__(self, account: Account, *, surcharge: bool) -> None:
        self._account = account
        self._surcharge = surcharge

    def charge(self, order: Order, contract: ListedContract, side: str, quantity: int, price: Decimal) -> Decimal:
        """Return the commission of a fill, fees included, and count it on the order."""
        if contract.sec_type == "OPT":
            self._account.contracts_traded += quantity
        order.fees += self.fees(contract, side, quantity, price)
        due = max(order.fees, order_minimum(self._account.session_date, contract.sec_type))
        charged, order.commission = due - order.commission, due
        return charged

    def fees(self, contract: ListedContract, side: str, quantity: int, price: Decimal) -> Decimal:
        """Return what a fill costs before the minimum of an order."""
        date = self._account.session_date
        if contract.sec_type != "OPT":
            return stock_fees(date, side, quantity, price)
        total = option_fees(date, side, quantity, price, contract.multiplier, self._account.contracts_traded)
        if self._surcharge:
            total += index_surcharge(contract.trading_class, price) * quantity
        return total

    def estimate(self, contract: ListedContract, side: str, quantity: int, price: Decimal) -> tuple[Decimal, Decimal]:
        """Return the least and the most that an order of this size should cost."""
        minimum = order_minimum(self._account.session_date, contract.sec_type)
        whole = max(minimum, self.fees(contract, side, quantity, price))
        return min(minimum, whole), whole
