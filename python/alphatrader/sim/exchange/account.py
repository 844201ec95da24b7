"""The account: cash, positions with average cost, and what a fill does to them. Long only."""

from decimal import Decimal

from msgspec import Struct

from alphatrader.sim.exchange.fees import option_fees, order_minimum, stock_fees
from alphatrader.sim.exchange.orders import Order
from alphatrader.sim.market.types import ListedContract

_CENT_FRACTION = Decimal("0.0001")


class Position(Struct):
    """A holding. ``average_cost`` is dollars a share or a contract, multiplier and commissions included."""

    con_id: int
    quantity: int = 0
    average_cost: Decimal = Decimal(0)
    realized_pnl: Decimal = Decimal(0)


class Booking(Struct, frozen=True):
    """What one fill did: its commission, and the profit it realised (None if it opened)."""

    commission: Decimal
    realized_pnl: Decimal | None


class Account:
    """Cash and positions. ``contracts_traded`` counts option contracts of the month for the volume tiers."""

    def __init__(self, account_id: str, cash: Decimal, session_date: str) -> None:
        self.account_id = account_id
        self.cash = cash
        self.session_date = session_date
        self.positions: dict[int, Position] = {}
        self.contracts_traded = 0

    def quantity(self, con_id: int) -> int:
        """Return how much is held of a contract."""
        position = self.positions.get(con_id)
        return position.quantity if position else 0

    def book(self, contract: ListedContract, order: Order, quantity: int, price: Decimal) -> Booking:
        """Apply a fill of ``order`` and charge it: the minimum an order counts once over all its fills."""
        commission = self._charge(contract, order, quantity, price)
        value = price * quantity * contract.multiplier
        position = self.positions.setdefault(contract.con_id, Position(contract.con_id))
        signed = quantity if order.side == "BUY" else -quantity
        self.cash += -value - commission if order.side == "BUY" else value - commission
        opens = position.quantity == 0 or (position.quantity > 0) == (signed > 0)
        if opens:
            cost = value + commission if order.side == "BUY" else value - commission
            held = abs(position.quantity)
            position.average_cost = (position.average_cost * held + cost) / (held + quantity)
            position.quantity += signed
            return Booking(commission, None)
        closing = min(quantity, abs(position.quantity))
        direction = 1 if position.quantity > 0 else -1
        gain = (price * contract.multiplier - position.average_cost) * closing * direction
        realized = (gain - commission).quantize(_CENT_FRACTION)
        position.realized_pnl += realized
        position.quantity += signed
        if closing < quantity:
            position.average_cost = price * contract.multiplier
        elif position.quantity == 0:
            position.average_cost = Decimal(0)
        return Booking(commission, realized)

    def _charge(self, contract: ListedContract, order: Order, quantity: int, price: Decimal) -> Decimal:
        if contract.sec_type == "OPT":
            self.contracts_traded += quantity
            fees = option_fees(
                self.session_date, order.side, quantity, price, contract.multiplier, self.contracts_traded
            )
        else:
            fees = stock_fees(self.session_date, order.side, quantity, price)
        order.fees += fees
        due = max(order.fees, order_minimum(self.session_date, contract.sec_type))
        charged, order.commission = due - order.commission, due
        return charged
