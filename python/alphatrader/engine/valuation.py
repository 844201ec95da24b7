"""What positions are worth: one rule for marks and open P&L, used by the view, the breakers, the gate and reports.

A long option is marked at its bid, what it would fetch. A bid that is absent or older than four times the limit for
entries is no mark: the position then counts as its premium lost, and is shown as not known. Only what is ours counts.
"""

from dataclasses import dataclass
from decimal import Decimal

from alphatrader.domain.contracts import Instrument
from alphatrader.engine.blotter import Blotter
from alphatrader.engine.state import EngineState
from alphatrader.execution.ledger import Position
from alphatrader.execution.trade import Trade

_AGE_LIMITS = 4
"""A mark may be as old as so many limits of the quotes that price an entry."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What one position is worth. ``price`` per share; None = no usable bid, and its premium counts as lost."""

    price: Decimal | None
    quoted_ns: int
    unrealised_usd: Decimal


class Valuation:
    """Values our positions by the newest quotes."""

    def __init__(self, state: EngineState, book: Blotter) -> None:
        self._state = state
        self._book = book

    def bid(self, instrument: Instrument | None) -> float | None:
        """Return an option's bid if its quote is young enough to value a position or to price an exit."""
        if instrument is None:
            return None
        state = self._state
        bid, _, _, _, _, quote_ns = state.market.l1(instrument.instrument_id)
        feeds = state.settings.feeds
        limit_ns = feeds.market_limit_ns(feeds.option_quote_max_age_ms, state.time_scale)
        if not quote_ns or state.now_ns - quote_ns > _AGE_LIMITS * limit_ns or not bid > 0:
            return None
        return bid

    def mark(self, position: Position) -> Mark:
        """Mark one position of ours."""
        instrument = self._state.by_con_id.get(position.con_id)
        bid = self.bid(instrument)
        price = None if bid is None else Decimal(repr(bid))
        quoted_ns = self._state.market.l1(instrument.instrument_id)[5] if instrument else 0
        multiplier = instrument.multiplier if instrument else 100
        unrealised = ((price or Decimal(0)) - position.average_price) * position.quantity * multiplier
        return Mark(price, quoted_ns, unrealised)

    def unrealised_usd(self) -> Decimal:
        """Open P&L of all our positions."""
        return sum((self.mark(p).unrealised_usd for p in self._book.ledger.open_positions()), Decimal(0))

    @property
    def known(self) -> bool:
        """Whether every open position of ours has a usable mark."""
        return all(self.mark(p).price is not None for p in self._book.ledger.open_positions())

    @property
    def realised_usd(self) -> Decimal:
        """Booked P&L of the trading day before fees."""
        return self._book.ledger.realised_usd

    @property
    def fees_usd(self) -> Decimal:
        """Commissions reported of the trading day."""
        return self._book.ledger.fees_usd

    def day_result_usd(self) -> Decimal:
        """The trading day's result: realised and open, less fees."""
        return self.realised_usd + self.unrealised_usd() - self.fees_usd

    def result_usd(self, trade: Trade) -> Decimal:
        """Result of a trade's own executions, before fees."""
        multiplier = trade.instrument.multiplier if trade.instrument else 100
        total = Decimal(0)
        for order in trade.orders.values():
            for fill in order.fills.values():
                total += (fill.price if fill.side == "SELL" else -fill.price) * fill.quantity * multiplier
        return total
