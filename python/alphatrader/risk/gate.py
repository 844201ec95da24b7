"""The risk gate: the only maker of ``RiskApproved``. Missing data denies.

Opening: only a bracket that buys a single-leg option, with a stop under the entry, in the ACTIVE state, with every
input known and young. Closing: only what shrinks a position that we hold.
"""

from dataclasses import dataclass
from decimal import Decimal

from alphatrader.domain.approval import RiskApproved, approve
from alphatrader.domain.orders import Leg, OrderIntent
from alphatrader.domain.signals import Denial
from alphatrader.domain.state import TradingState
from alphatrader.settings import RiskLimits


@dataclass(frozen=True, slots=True)
class GateContext:
    """What the gate judges an entry by. ``blocks`` are reasons why no entry is possible at all now."""

    trading_state: TradingState
    blocks: tuple[Denial, ...]
    breaker_denials: tuple[Denial, ...]
    open_positions: int
    busy_underlying: bool
    cooling_down_s: float
    available_usd: Decimal | None
    ordinary_session: bool


class RiskGate:
    """Judges intents. Stateless: all that it needs is in its arguments."""

    def __init__(self, limits: RiskLimits) -> None:
        self._limits = limits

    def check_open(self, intent: OrderIntent, context: GateContext) -> RiskApproved[OrderIntent] | list[Denial]:
        """Approve an opening bracket, or return every reason against it."""
        denials = [*context.blocks, *context.breaker_denials, *self._shape(intent)]
        limits = self._limits
        if context.trading_state is not TradingState.ACTIVE:
            denials.append(Denial("trading_state", f"the trading state is {context.trading_state.value}"))
        if not context.ordinary_session:
            denials.append(Denial("market_closed", "the market is closed"))
        if context.open_positions >= limits.max_open_positions:
            denials.append(Denial("max_open_positions", f"{context.open_positions} positions are open"))
        if context.busy_underlying:
            denials.append(Denial("underlying_busy", "a trade in this underlying is not finished"))
        if context.cooling_down_s > 0:
            denials.append(Denial("cooldown", f"{context.cooling_down_s:.0f} s of cool-down are left"))
        if context.available_usd is None:
            denials.append(Denial("funds_unknown", "the account's available funds are not known"))
        elif intent.premium_usd > context.available_usd:
            denials.append(Denial("funds", f"premium {intent.premium_usd} is over {context.available_usd} available"))
        if intent.contract is None or intent.risk_usd <= 0 or intent.premium_usd <= 0:
            denials.append(Denial("not_measured", "the intent does not state its contract, risk and premium"))
        if any(ticket.quantity > limits.max_contracts for ticket in intent.tickets):
            denials.append(Denial("max_contracts", f"more than {limits.max_contracts} contracts"))
        if intent.premium_usd > limits.max_premium_usd:
            denials.append(Denial("max_premium", f"premium {intent.premium_usd} is over {limits.max_premium_usd}"))
        if intent.risk_usd > limits.risk_budget_usd:
            denials.append(Denial("risk_budget", f"risk {intent.risk_usd} is over {limits.risk_budget_usd}"))
        if denials:
            return denials
        return approve(intent, ("shape", "state", "session", "feeds", "breakers", "positions", "funds", "budget"))

    def check_close(
        self, intent: OrderIntent, held: int, live_exit_quantity: int
    ) -> RiskApproved[OrderIntent] | Denial:
        """Approve an order that sells no more than is held and not already on its way out."""
        selling = sum(t.quantity for t in intent.tickets if t.side == "SELL")
        if intent.purpose != "close" or any(t.side != "SELL" for t in intent.tickets):
            return Denial("not_reducing", "the order does not shrink a position")
        if selling < 1 or selling + live_exit_quantity > held:
            return Denial("over_position", f"{selling} + {live_exit_quantity} to sell, {held} held")
        return approve(intent, ("reducing", "within position"))

    def _shape(self, intent: OrderIntent) -> list[Denial]:
        """Only a long single-leg option with its stop: everything else is an opening short or naked of protection."""
        by_leg = {ticket.leg: ticket for ticket in intent.tickets}
        entry, stop = by_leg.get(Leg.ENTRY), by_leg.get(Leg.STOP)
        if intent.purpose != "open" or entry is None or entry.side != "BUY":
            return [Denial("opening_short", "only buying a single-leg option may open a position")]
        if entry.quantity < 1:
            return [Denial("size_zero", "the risk budget does not pay for one contract")]
        exits = [ticket for ticket in intent.tickets if ticket is not entry]
        if any(t.side != "SELL" or t.quantity > entry.quantity or t.parent_id != entry.order_id for t in exits):
            return [Denial("opening_short", "an exit is larger than the entry or not its child")]
        resting = stop is not None and stop.order_type == "STP" and stop.time_in_force == "GTC"
        if stop is None or not resting:
            return [Denial("no_stop", "the bracket has no stop that rests at the broker")]
        if stop.quantity != entry.quantity or stop.stop_price is None or entry.limit_price is None:
            return [Denial("no_stop", "the bracket has no stop for its whole size")]
        if not Decimal(0) < stop.stop_price < entry.limit_price:
            return [Denial("bad_stop", f"stop {stop.stop_price} is not under the entry {entry.limit_price}")]
        if len({t.oca_group for t in exits}) != 1 or not exits[0].oca_group:
            return [Denial("no_oca", "the exits are not in one OCA group")]
        return []
