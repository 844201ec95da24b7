"""Whether an order's conditions hold, by the market, the account and the clock as they are now."""

from alphatrader.sim.exchange.conditions import (
    Condition,
    ExecutionCondition,
    MarginCondition,
    PercentChangeCondition,
    PriceCondition,
    TimeCondition,
    VolumeCondition,
)
from alphatrader.sim.exchange.instruments import Instruments
from alphatrader.sim.exchange.orders import ExecutionRecord, Order
from alphatrader.sim.exchange.seen import Seen
from alphatrader.sim.exchange.triggers import DOUBLE_QUOTE, LAST_OR_QUOTE, MID, QUOTE
from alphatrader.sim.exchange.valuation import Valuation
from alphatrader.sim.market.types import Phase, SimulatedMarket


class ConditionWatch:
    """Judges conditions."""

    def __init__(
        self,
        market: SimulatedMarket,
        instruments: Instruments,
        valuation: Valuation,
        executions: list[ExecutionRecord],
    ) -> None:
        self._market = market
        self._instruments = instruments
        self._valuation = valuation
        self._executions = executions

    def hold(self, order: Order, seen: Seen) -> bool:
        """Return whether all conditions joined by *and* of any group joined by *or* hold."""
        group = True
        for condition in order.conditions:
            group = group and self._holds(condition, order, seen)
            if condition.conjunction == "o":
                if group:
                    return True
                group = True
        return group

    def _holds(self, condition: Condition, order: Order, seen: Seen) -> bool:
        match condition:
            case TimeCondition():
                return (self._market.now_ns >= condition.at_ns) == condition.is_more
            case MarginCondition():
                return _reached(float(self._valuation.figures().cushion) * 100, condition.percent, condition.is_more)
            case ExecutionCondition():
                return self._traded(condition, order)
        if not self._instruments.listed(condition.con_id):
            return False
        if not order.conditions_outside_rth and self._market.phase(condition.con_id) is not Phase.REGULAR:
            return False
        match condition:
            case PriceCondition():
                prices = self._prices(condition, seen)
                return any(_reached(price, condition.price, condition.is_more) for price in prices if price > 0)
            case VolumeCondition():
                volume = self._market.quote(condition.con_id).volume
                return _reached(volume, condition.volume, condition.is_more)
            case PercentChangeCondition():
                close, last = self._previous_close(condition.con_id), self._market.quote(condition.con_id).last
                return (
                    close > 0 and last > 0 and _reached((last / close - 1) * 100, condition.percent, condition.is_more)
                )

    def _prices(self, condition: PriceCondition, seen: Seen) -> list[float]:
        """Return what its method looks at: the present, and all that was shown in this step."""
        con_id, method = condition.con_id, condition.trigger_method
        quotes = [*seen.quotes.get(con_id, ()), self._market.quote(con_id)]
        if method == MID:
            return [(quote.bid + quote.ask) / 2 if quote.bid > 0 and quote.ask > 0 else 0.0 for quote in quotes]
        prices: list[float] = []
        if method in {DOUBLE_QUOTE, QUOTE, LAST_OR_QUOTE}:
            prices += [quote.bid if condition.is_more else quote.ask for quote in quotes]
        if method not in {DOUBLE_QUOTE, QUOTE}:
            prices += [quotes[-1].last, *(tick.price for tick in seen.prints.get(con_id, ()))]
        return prices

    def _traded(self, condition: ExecutionCondition, order: Order) -> bool:
        for record in self._executions:
            contract = self._instruments.get(record.con_id)
            if contract is None or record.ts_ns < order.placed_ns or record.perm_id == order.perm_id:
                continue
            if contract.symbol == condition.symbol and condition.sec_type in {"", contract.sec_type}:
                return True
        return False

    def _previous_close(self, con_id: int) -> float:
        """Return the close of the session before; 0 for options, of which the market keeps none."""
        contract = self._instruments[con_id]
        return 0.0 if contract.sec_type == "OPT" else self._market.previous_close(contract.symbol)


def condition_contracts(order: Order) -> list[int]:
    """Return the contracts whose market an order's conditions look at."""
    return [
        condition.con_id
        for condition in order.conditions
        if isinstance(condition, PriceCondition | VolumeCondition | PercentChangeCondition)
    ]


def _reached(value: float, bound: float, is_more: bool) -> bool:
    return value >= bound if is_more else value <= bound
