"""Circuit breakers: budgets of loss and activity that stop entries, whatever a strategy wants."""

from collections import deque
from decimal import Decimal

from alphatrader.domain.signals import Denial
from alphatrader.risk.settings import RiskLimits

_MINUTE_NS = 60_000_000_000


class Breakers:
    """Counts what happened today, in market time; asked by the gate before every entry."""

    def __init__(self, limits: RiskLimits) -> None:
        self._limits = limits
        self._recent: deque[int] = deque(maxlen=max(1_000, limits.max_orders_per_minute * 2))
        self._orders_today = 0
        self._losses_in_row = 0

    def on_order(self, ts_ns: int) -> None:
        """Count an order that is about to be sent."""
        self._recent.append(ts_ns)
        self._orders_today += 1

    def on_trade_closed(self, result_usd: Decimal) -> None:
        """Count a finished trade; a scratch changes nothing."""
        if result_usd < 0:
            self._losses_in_row += 1
        elif result_usd > 0:
            self._losses_in_row = 0

    def check(self, now_ns: int, orders: int, day_result_usd: Decimal) -> list[Denial]:
        """Return every breaker that refuses ``orders`` more orders now."""
        limits, denials = self._limits, []
        if -day_result_usd >= limits.max_daily_loss_usd:
            denials.append(Denial("daily_loss", f"today's result {day_result_usd:.2f} is past the loss limit"))
        recent = sum(1 for ts in self._recent if now_ns - ts < _MINUTE_NS)
        if recent + orders > limits.max_orders_per_minute:
            denials.append(Denial("order_rate", f"{recent} orders in the last minute"))
        if self._orders_today + orders > limits.max_orders_per_day:
            denials.append(Denial("orders_per_day", f"{self._orders_today} orders today"))
        if self._losses_in_row >= limits.max_consecutive_losses:
            denials.append(Denial("loss_streak", f"{self._losses_in_row} losses in a row"))
        return denials
