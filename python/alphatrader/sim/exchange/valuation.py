"""What the account is worth: marks, equity, margin, profit and loss, in dollars.

The day's profit is the change of net liquidation value since the session began; of one contract, the change of its
value less what was spent on it. Realised profit is the day's; unrealised is against average cost.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from alphatrader.sim.exchange.account import Account, Position
from alphatrader.sim.exchange.instruments import Instruments
from alphatrader.sim.exchange.margin import Holding, Requirement, requirement
from alphatrader.sim.market.types import SimulatedMarket

_ZERO = Decimal(0)


class Mark(Struct, frozen=True):
    """A position at the present price; ``price`` a share, ``value`` and ``unrealized`` in dollars."""

    position: Position
    price: Decimal
    value: Decimal
    unrealized: Decimal


class AccountFigures(Struct, frozen=True):
    """The account at one moment. Equity with loan value leaves options out (they lend nothing)."""

    kind: str
    cash: Decimal
    stock_value: Decimal
    option_value: Decimal
    gross_position_value: Decimal
    equity_with_loan: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    unrealized: Decimal
    realized: Decimal
    daily: Decimal
    marks: tuple[Mark, ...]

    @property
    def net_liquidation(self) -> Decimal:
        """Cash plus market value."""
        return self.cash + self.stock_value + self.option_value

    @property
    def available_funds(self) -> Decimal:
        """What new positions may tie up."""
        return self.equity_with_loan - self.initial_margin

    @property
    def excess_liquidity(self) -> Decimal:
        """What may be lost before positions are liquidated."""
        return self.equity_with_loan - self.maintenance_margin

    @property
    def buying_power(self) -> Decimal:
        """Stock that could be bought: twice the available funds on margin (overnight), else the cash."""
        return max(_ZERO, self.available_funds * (2 if self.kind == "margin" else 1))

    @property
    def cushion(self) -> Decimal:
        """Excess liquidity as a fraction of net liquidation value."""
        return self.excess_liquidity / self.net_liquidation if self.net_liquidation > 0 else _ZERO


class Pnl(Struct, frozen=True):
    """Profit and loss of one contract, with what is held and what it is worth."""

    quantity: int
    daily: Decimal
    unrealized: Decimal
    realized: Decimal
    value: Decimal


class Valuation:
    """Prices one account at the market's present quotes."""

    def __init__(self, market: SimulatedMarket, instruments: Instruments, account: Account) -> None:
        self._market = market
        self._instruments = instruments
        self._account = account
        self._last_marks: dict[int, Decimal] = {}
        self._closing_marks: dict[int, Decimal] = {}

    def mark_price(self, con_id: int) -> Decimal:
        """Return the middle of the quote in dollars a share; the last price, where a side is absent.

        A contract without any price (at night, or no longer listed) keeps its last mark.
        """
        if not self._instruments.listed(con_id):
            return self._last_mark(con_id)
        quote = self._market.quote(con_id)
        price = (quote.bid + quote.ask) / 2 if quote.bid > 0 and quote.ask > 0 else max(quote.bid, quote.last, 0.0)
        if price <= 0:
            return self._last_mark(con_id)
        mark = Decimal(repr(round(price, 6)))
        if con_id in self._account.positions:
            self._last_marks[con_id] = mark
        return mark

    def spot(self, con_id: int) -> Decimal:
        """Return the price of an underlying, as margin takes it."""
        return self.mark_price(con_id)

    def marks(self) -> list[Mark]:
        """Return the open positions at present prices."""
        marks = []
        for position in self._account.positions.values():
            if position.quantity:
                price = self.mark_price(position.con_id)
                value = price * position.quantity * self._instruments[position.con_id].multiplier
                marks.append(Mark(position, price, value, value - position.average_cost * position.quantity))
        return marks

    def figures(
        self, changes: Iterable[Holding] = (), cash_change: Decimal = _ZERO, marks: list[Mark] | None = None
    ) -> AccountFigures:
        """Return the account as it is, or as it would be with ``changes`` of quantity and cash.

        ``marks`` are those of this moment, where the caller has them: to price options is dear.
        """
        marks = self.marks() if marks is None else marks
        holdings = {
            mark.position.con_id: Holding(self._instruments[mark.position.con_id], mark.position.quantity, mark.price)
            for mark in marks
        }
        for change in changes:
            held = holdings.get(change.contract.con_id)
            quantity = change.quantity + (held.quantity if held else 0)
            holdings[change.contract.con_id] = Holding(change.contract, quantity, change.price)
        return self._figures(marks, list(holdings.values()), self._account.cash + cash_change)

    def _figures(self, marks: list[Mark], holdings: list[Holding], cash: Decimal) -> AccountFigures:
        values = [(holding, holding.price * holding.quantity * holding.contract.multiplier) for holding in holdings]
        stock = sum((value for holding, value in values if holding.contract.sec_type != "OPT"), _ZERO)
        option = sum((value for holding, value in values if holding.contract.sec_type == "OPT"), _ZERO)
        margin = self._requirement(holdings)
        return AccountFigures(
            kind=self._account.kind,
            cash=cash,
            stock_value=stock,
            option_value=option,
            gross_position_value=sum((abs(value) for _, value in values), _ZERO),
            equity_with_loan=cash + stock,
            initial_margin=margin.initial,
            maintenance_margin=margin.maintenance,
            unrealized=sum((mark.unrealized for mark in marks), _ZERO),
            realized=sum((position.realized_pnl for position in self._account.positions.values()), _ZERO),
            daily=cash + stock + option - self._account.base_equity,
            marks=tuple(marks),
        )

    def _requirement(self, holdings: list[Holding]) -> Requirement:
        """Return the margin; in a cash account stock is paid in full, and a short that came about is margined."""
        if self._account.kind == "margin":
            return requirement(holdings, self.spot)
        owned = [holding for holding in holdings if holding.contract.sec_type != "OPT" and holding.quantity > 0]
        paid = sum((holding.price * holding.quantity for holding in owned), _ZERO)
        rest = requirement([holding for holding in holdings if holding not in owned], self.spot)
        return Requirement(paid + rest.initial, paid + rest.maintenance)

    def pnl(self, con_id: int) -> Pnl | None:
        """Return profit and loss of one contract; None if it was not held today."""
        position = self._account.positions.get(con_id)
        if position is None:
            return None
        price = self.mark_price(con_id)
        multiplier = self._instruments[con_id].multiplier
        value = price * position.quantity * multiplier
        base = position.base_price * position.base_quantity * multiplier
        return Pnl(
            quantity=position.quantity,
            daily=value - base - position.spent,
            unrealized=value - position.average_cost * position.quantity,
            realized=position.realized_pnl,
            value=value,
        )

    def remember_closing_marks(self) -> None:
        """Keep the present marks of the positions: the next day's profit counts from the close."""
        self._closing_marks = {mark.position.con_id: mark.price for mark in self.marks()}

    def start_day(self) -> None:
        """Make the present marks the base of the day's figures; closed positions are forgotten."""
        positions = self._account.positions
        for con_id in [con_id for con_id, position in positions.items() if position.quantity == 0]:
            del positions[con_id]
            self._last_marks.pop(con_id, None)
        equity = self._account.cash
        for position in positions.values():
            price = self._closing_marks.get(position.con_id, self.mark_price(position.con_id))
            position.base_quantity, position.base_cost = position.quantity, position.average_cost
            position.base_price = price
            position.realized_pnl = position.spent = _ZERO
            equity += price * position.quantity * self._instruments[position.con_id].multiplier
        self._account.base_equity = equity
        self._closing_marks.clear()

    def _last_mark(self, con_id: int) -> Decimal:
        position = self._account.positions.get(con_id)
        return self._last_marks.get(con_id, position.base_price if position else _ZERO)
