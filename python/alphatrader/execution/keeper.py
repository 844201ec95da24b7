"""The keeper of a trade: executes its exit plan. Decides what to do next; sends nothing itself.

Rules kept here, whatever the plan:

* The stop rests at the broker. A position without working stops of its size for longer than ``stop_check_ms`` is
  closed.
* An exit reprices the resting targets to a marketable limit: the stops stay until the fill, and their OCA groups keep
  the sum of exits at or under the position. Only where no target works is a stop cancelled, and the closing order is
  sent after that cancel was confirmed: an unconfirmed cancel counts as live.
* Whatever of a bracket is left when the entry died unfilled is cancelled.
* A trailing stop only ever rises.
"""

from dataclasses import dataclass
from decimal import Decimal

from alphatrader.domain.orders import Leg
from alphatrader.execution.brackets import marketable_sell_limit
from alphatrader.execution.plan_prices import deadline_of, trailing_stop
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.execution.tracking import OrderState, TrackedOrder
from alphatrader.execution.trade import Trade

_MS_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class CancelLeg:
    """Cancel one order of the trade."""

    order: TrackedOrder
    reason: str


@dataclass(frozen=True, slots=True)
class RepriceLeg:
    """Move the limit of one exit."""

    order: TrackedOrder
    limit_price: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class MoveStopLeg:
    """Move the price of one resting stop."""

    order: TrackedOrder
    stop_price: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class ResizeLeg:
    """Make one exit as large as its part of the position."""

    order: TrackedOrder
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class ClosePosition:
    """Send a new closing order."""

    quantity: int
    limit_price: Decimal | None
    reason: str


Action = CancelLeg | RepriceLeg | MoveStopLeg | ResizeLeg | ClosePosition


@dataclass(frozen=True, slots=True)
class Footing:
    """How firm the ground is on which a trade is worked."""

    reconciled: bool = True
    disputed: bool = False
    """The broker's position in this contract is not ours."""
    no_entries: str = ""
    """Why working entries must go: a halt or a stop."""


SOUND = Footing()


class TradeKeeper:
    """Decides the next actions of a trade from time, the option's bid and the link's health."""

    def __init__(self, settings: ExecutionSettings, time_scale: float) -> None:
        self._settings = settings
        scale = max(1.0, time_scale)
        self._stop_check_ns = int(settings.stop_check_ms * _MS_NS * scale)
        self._acknowledge_ns = int(settings.acknowledge_timeout_ms * _MS_NS * scale)
        self._bidless_ns = int(settings.absent_poll_spacing_ms * _MS_NS * scale)
        self._reprice_ns = int(max(settings.exit_reprice_s * 1e9, 50 * _MS_NS * scale))
        self._entry_ns = int(settings.entry_deadline_s * 1e9 + 250 * _MS_NS * (scale - 1))

    def step(self, trade: Trade, now_ns: int, bid: float | None, footing: Footing = SOUND) -> list[Action]:
        """Return what must be done now; the caller performs it and marks cancels as requested."""
        self._settle_silence(trade, now_ns)
        actions: list[Action] = []
        entries = trade.legs(Leg.ENTRY)
        if now_ns - trade.intent.created_ns > self._entry_ns or trade.exit_reason or footing.no_entries:
            reason = trade.exit_reason or footing.no_entries or "entry not filled in time"
            actions += [CancelLeg(entry, reason) for entry in entries if entry.live and self._may_cancel(entry, now_ns)]
        held = trade.open_quantity
        if held <= 0:
            # While the broker disputes the position, what looks like a leftover may be all that protects it.
            if not footing.disputed and all(entry.dead and not entry.fills_missing for entry in entries):
                actions += [
                    CancelLeg(order, "nothing left to exit")
                    for order in trade.exits()
                    if order.live and self._may_cancel(order, now_ns)
                ]
            return actions
        if not trade.opened_ns:
            trade.opened_ns = now_ns
        if not trade.exit_reason:
            trade.exit_reason = self._overdue(trade, now_ns)
        if footing.reconciled:
            actions += self._protect(trade, held, now_ns)
        if trade.exit_reason:
            actions += self._exit(trade, held, now_ns, bid)
        elif footing.reconciled:
            actions += self._trail(trade, now_ns, bid)
        return actions

    def _overdue(self, trade: Trade, now_ns: int) -> str:
        """Return why the trade must leave by its plan or its expiry; empty while it may stay."""
        plan = trade.plan
        if plan.max_hold_s and now_ns - trade.opened_ns > plan.max_hold_s * 1e9:
            return f"held {plan.max_hold_s:.0f} s, the longest the strategy allows"
        if trade.deadline is None:
            trade.deadline = deadline_of(plan, trade.intent.contract, self._settings)
        due_ns = trade.deadline.exit_ns
        return trade.deadline.reason if due_ns is not None and now_ns >= due_ns else ""

    def _may_cancel(self, order: TrackedOrder, now_ns: int) -> bool:
        """Whether no cancel is under way, or the last one has gone unanswered for too long."""
        return not order.cancel_requested_ns or now_ns - order.cancel_requested_ns > self._acknowledge_ns

    def _settle_silence(self, trade: Trade, now_ns: int) -> None:
        """An order that has not been answered for too long is UNKNOWN: the broker is polled (``engine.poll_clock``)."""
        for order in trade.orders.values():
            sent = order.sent_ns if order.state is OrderState.SENT else order.deadline_ns
            waiting = order.state in {OrderState.SENT, OrderState.INTENDED}
            if waiting and sent and now_ns - sent > self._acknowledge_ns:
                order.state, order.sent_ns = OrderState.UNKNOWN, sent

    # ------------------------------------------------------------------------------------------ protection

    def _protect(self, trade: Trade, held: int, now_ns: int) -> list[Action]:
        covered = trade.stopped_quantity() >= held
        trade.unprotected_ns = 0 if covered else trade.unprotected_ns or now_ns
        if trade.unprotected_ns and now_ns - trade.unprotected_ns > self._stop_check_ns and not trade.exit_reason:
            trade.exit_reason, trade.forced = "no working stop at the broker", True
        oversized = self._oversized(trade, held) if trade.entered else []
        trade.oversized_ns = (trade.oversized_ns or now_ns) if oversized else 0
        if oversized and now_ns - trade.oversized_ns > self._stop_check_ns:
            trade.oversized_ns = now_ns
            return oversized
        return []

    def _oversized(self, trade: Trade, held: int) -> list[Action]:
        """Return what makes the exits add up to no more than is held: the last steps shrink or go first."""
        leaving = [order for order in trade.exits() if order.leg is not Leg.STOP]
        return self._shrink(trade.legs(Leg.STOP), held) + self._shrink(leaving, held)

    def _shrink(self, orders: list[TrackedOrder], held: int) -> list[Action]:
        actions: list[Action] = []
        left = held
        for order in orders:
            if not order.working:
                continue
            part = min(order.remaining, left)
            left -= part
            if part < order.remaining:
                reason = "exit larger than the position"
                actions.append(ResizeLeg(order, order.filled + part, reason) if part else CancelLeg(order, reason))
        return actions

    def _trail(self, trade: Trade, now_ns: int, bid: float | None) -> list[Action]:
        """Move the stops after the best bid, where the plan says so."""
        if trade.plan.trailing is None or bid is None or trade.instrument is None:
            return []
        trade.best_bid = max(trade.best_bid, bid)
        if trade.trailed_ns and now_ns - trade.trailed_ns < self._reprice_ns:
            return []
        wanted = trailing_stop(trade.plan, trade.reference, trade.best_bid, trade.instrument.min_tick)
        if wanted is None or wanted >= Decimal(repr(bid)):
            return []
        moves: list[Action] = [
            MoveStopLeg(order, wanted, f"trails the best bid {trade.best_bid:.2f}")
            for order in trade.legs(Leg.STOP)
            if order.working and (now := self._stop_of(trade, order)) is not None and now < wanted
        ]
        if moves:
            trade.trailed_ns = now_ns
        return moves

    def _stop_of(self, trade: Trade, order: TrackedOrder) -> Decimal | None:
        return trade.stops.get(order.ticket.order_id, order.ticket.stop_price)

    # ------------------------------------------------------------------------------------------ leaving

    def _exit(self, trade: Trade, held: int, now_ns: int, bid: float | None) -> list[Action]:
        if trade.repriced_ns and now_ns - trade.repriced_ns < self._reprice_ns:
            return []
        if not trade.entered:
            return []  # it was asked to go; until it has, what is held can still grow
        if trade.deadline is not None and trade.deadline.last_trade_ns and now_ns >= trade.deadline.last_trade_ns:
            return []  # it has stopped trading: what is left settles
        limit = self._exit_limit(trade, bid, now_ns)
        worked = [o for o in trade.exits() if o.working and o.leg in {Leg.TARGET, Leg.FLATTEN}]
        leaving = sum(order.remaining for order in worked)
        if worked:
            moves = self._work(trade, worked, held, limit)
            if moves:
                trade.repriced_ns = now_ns
            if leaving >= held or moves:
                return moves
        return self._close_rest(trade, held - leaving, worked, limit, now_ns)

    def _work(self, trade: Trade, worked: list[TrackedOrder], held: int, limit: Decimal | None) -> list[Action]:
        """Shrink working exits to what is held, or move their limits."""
        if sum(order.remaining for order in worked) > held:
            return self._shrink(worked, held)
        if limit is None:
            return []
        # The broker's report says which limit is in force: a change that got lost is sent again.
        return [
            RepriceLeg(order, limit, trade.exit_reason)
            for order in worked
            if trade.limits.get(order.ticket.order_id) != limit
        ]

    def _close_rest(
        self, trade: Trade, quantity: int, worked: list[TrackedOrder], limit: Decimal | None, now_ns: int
    ) -> list[Action]:
        """Close what no target works on: its stops go first, and the closing order follows their confirmation."""
        steps = {order.ticket.step for order in worked if order.leg is Leg.TARGET}
        rest = [o for o in trade.exits() if not o.dead and o not in worked and o.ticket.step not in steps]
        if rest:
            stops = [o for o in rest if o.leg is Leg.STOP and o.state is OrderState.WORKING]
            return [CancelLeg(o, trade.exit_reason) for o in stops if self._may_cancel(o, now_ns)]
        free = min(quantity, trade.open_quantity - trade.outgoing_quantity())
        if free <= 0:
            return []
        trade.repriced_ns = now_ns
        return [ClosePosition(free, limit, trade.exit_reason)]

    def _exit_limit(self, trade: Trade, bid: float | None, now_ns: int) -> Decimal | None:
        """Price an exit from the bid; where it must end and no bid comes, one tick: it fills at the best there is."""
        if trade.instrument is None:
            return None
        if bid is None:
            trade.bidless_ns = trade.bidless_ns or now_ns
            waited = now_ns - trade.bidless_ns > self._bidless_ns
            return trade.instrument.min_tick if trade.forced and waited else None
        trade.bidless_ns = 0
        return marketable_sell_limit(bid, trade.instrument.min_tick, self._settings.exit_slippage_ticks)
