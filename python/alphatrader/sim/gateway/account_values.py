"""What the account is worth, in the names of the TWS API."""

from decimal import Decimal

from msgspec import Struct

from alphatrader.sim.exchange.account import Account, Position
from alphatrader.sim.gateway.catalogue import Catalogue
from alphatrader.sim.market.types import SimulatedMarket

_CENT = Decimal("0.01")


class Mark(Struct, frozen=True):
    """A position at the present price; ``price`` a share, ``value`` and ``unrealized`` in dollars."""

    position: Position
    price: Decimal
    value: Decimal
    unrealized: Decimal


class AccountValues(Struct, frozen=True):
    """The account at one moment, in dollars."""

    cash: Decimal
    marks: tuple[Mark, ...]
    realized: Decimal

    @property
    def positions_value(self) -> Decimal:
        """Market value of all positions."""
        return sum((mark.value for mark in self.marks), Decimal(0))

    @property
    def unrealized(self) -> Decimal:
        """Profit that closing everything now would realise, before fees."""
        return sum((mark.unrealized for mark in self.marks), Decimal(0))

    @property
    def net_liquidation(self) -> Decimal:
        """Cash plus market value."""
        return self.cash + self.positions_value

    def rows(self, account_id: str) -> list[tuple[str, str, str]]:
        """(key, value, currency) as account updates show them."""

        def usd(amount: Decimal) -> str:
            return f"{amount.quantize(_CENT):f}"

        base = [
            ("AccountCode", account_id, ""),
            ("AccountType", "INDIVIDUAL", ""),
            ("AccountReady", "true", ""),
            ("Currency", "USD", "USD"),
            ("Cushion", "1", ""),
            ("DayTradesRemaining", "-1", ""),
        ]
        amounts = {
            "NetLiquidation": self.net_liquidation,
            "TotalCashValue": self.cash,
            "SettledCash": self.cash,
            "CashBalance": self.cash,
            "TotalCashBalance": self.cash,
            "AvailableFunds": self.cash,
            "ExcessLiquidity": self.cash,
            "BuyingPower": self.cash,
            "EquityWithLoanValue": self.net_liquidation,
            "GrossPositionValue": self.positions_value,
            "OptionMarketValue": self.positions_value,
            "InitMarginReq": Decimal(0),
            "MaintMarginReq": Decimal(0),
            "FullInitMarginReq": Decimal(0),
            "FullMaintMarginReq": Decimal(0),
            "UnrealizedPnL": self.unrealized,
            "RealizedPnL": self.realized,
        }
        return base + [(key, usd(amount), "USD") for key, amount in amounts.items()]


def mark_price(market: SimulatedMarket, con_id: int) -> Decimal:
    """Return the middle of the quote; the last price, or 0, where a side is absent."""
    quote = market.quote(con_id)
    price = (quote.bid + quote.ask) / 2 if quote.bid > 0 and quote.ask > 0 else max(quote.bid, quote.last, 0.0)
    return Decimal(repr(round(price, 6)))


def value_account(account: Account, market: SimulatedMarket, catalogue: Catalogue) -> AccountValues:
    """Price the account at the present quotes."""
    marks = []
    for position in account.positions.values():
        if position.quantity:
            price = mark_price(market, position.con_id)
            value = price * position.quantity * catalogue.by_con_id[position.con_id].multiplier
            marks.append(Mark(position, price, value, value - position.average_cost * position.quantity))
    realized = sum((position.realized_pnl for position in account.positions.values()), Decimal(0))
    return AccountValues(account.cash, tuple(marks), realized)
