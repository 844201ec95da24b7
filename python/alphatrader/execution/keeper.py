"""The keeper of a trade: executes its exit plan. Decides what to do next; sends nothing itself.

Rules kept here, whatever the plan:

* The stop rests at the broker. A position without working stops of its size for longer than ``stop_check_ms`` is
  closed.
* An exit reprices the resting targets to a marketable limit: the stops stay until the fill, and their OCA groups keep
  the sum of exits at or under the position. Only where no target works is a stop cancelled, and the closing order is
  sent after that cancel was confirmed: an unconfirmed cancel counts as live.
* Exits of a step sell no more than its entry has bought, all together no more than is held. What a status says was
  sold is not sold again, though its executions have not been heard.
* Whatever of a bracket is left when the entry died unfilled is cancelled.
* A trailing stop only ever rises. A bid that falls through it before it could be moved there ends the trade.
* Nothing is sent for a contract that has stopped trading. Before the open and after the close an exit waits, and the
  stops stay: an order that is sent then is executed at the first price of the next day, whatever that is.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from alphatrader.domain.orders import Leg
from alphatrader.execution.brackets import marketable_sell_limit
from alphatrader.execution.plan_prices import Deadline, deadline_of, trailing_stop
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
    at_broker: int | None = None
    """Of a disputed contract: how many the broker holds. No exit is worked for more."""
    proven: bool = False
    """Several polls said so: where it is less than ours, exits for the difference go."""
    no_entries: str = ""
    """Why working entries must go: a halt or a stop."""
    trading: bool = True
    """The contract can be traded at this hour."""


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
        held = trade.open_quantity - trade.unheard_sales
        if footing.proven and footing.at_broker is not None and footing.at_broker < held:
            held, footing = footing.at_broker, replace(footing, disputed=False)
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
        deadline = self._deadline(trade)
        if deadline.last_trade_ns is not None and now_ns >= deadline.last_trade_ns:
            return actions  # it has stopped trading: what is left settles
        if not trade.exit_reason:
            trade.exit_reason = self._overdue(trade, deadline, now_ns)
        if footing.reconciled:
            actions += self._protect(trade, held, now_ns, footing)
        if not footing.trading:
            return actions
        if footing.reconciled and not trade.exit_reason:
            actions += self._trail(trade, now_ns, bid)
        if trade.exit_reason:
            actions += self._exit(trade, held, now_ns, bid, footing)
        return actions

    def _deadline(self, trade: Trade) -> Deadline:
        if trade.deadline is None:
            trade.deadline = deadline_of(trade.plan, trade.intent.contract, self._settings)
        return trade.deadline

    def _overdue(self, trade: Trade, deadline: Deadline, now_ns: int) -> str:
        """Return why the trade must leave by its plan or its expiry; empty while it may stay."""
        longest_s = trade.plan.max_hold_s
        if longest_s and now_ns - trade.opened_ns > longest_s * 1e9:
            return f"held {longest_s:.0f} s, the longest the strategy allows"
        return deadline.reason if deadline.exit_ns is not None and now_ns >= deadline.exit_ns else ""

    def _may_cancel(self, order: TrackedOrder, now_ns: int) -> bool:
        """Whether no cancel is under way, or the last one has gone unanswered for too long."""
        return not order.cancel_requested_ns or now_ns - order.cancel_requested_ns > self._acknowledge_ns

    def _settle_silence(self, trade: Trade, now_ns: int) -> None:
        """An order that has not been answered for too long is UNKNOWN: the broker is polled (``engine.poll_clock``)."""
        for order in trade.orders.values():
            if order.state is not OrderState.SENT and order.state is not OrderState.INTENDED:
                continue
            sent = order.sent_ns if order.state is OrderState.SENT else order.deadline_ns
            if sent and now_ns - sent > self._acknowledge_ns:
                order.state, order.sent_ns = OrderState.UNKNOWN, sent

    # ------------------------------------------------------------------------------------------ protection

    def _protect(self, trade: Trade, held: int, now_ns: int, footing: Footing) -> list[Action]:
        covered = trade.stopped_quantity() >= held
        trade.unprotected_ns = 0 if covered else trade.unprotected_ns or now_ns
        if trade.unprotected_ns and now_ns - trade.unprotected_ns > self._stop_check_ns and not trade.exit_reason:
            trade.exit_reason, trade.forced = "no working stop at the broker", True
        oversized = self._oversized(trade, held, now_ns) if self._size_known(trade, footing) else []
        trade.oversized_ns = (trade.oversized_ns or now_ns) if oversized else 0
        if oversized and now_ns - trade.oversized_ns > self._stop_check_ns:
            trade.oversized_ns = now_ns
            return oversized
        return []

    def _size_known(self, trade: Trade, footing: Footing) -> bool:
        """Whether what is held will not grow, and nobody says that it is more: else an exit is not shrunk to it."""
        unheard = any(entry.fills_missing for entry in trade.legs(Leg.ENTRY))
        return trade.entered and not unheard and not footing.disputed

    def _oversized(self, trade: Trade, held: int, now_ns: int) -> list[Action]:
        """Return what makes the exits add up to no more than is held: the last steps shrink or go first.

        Group by group, for of one OCA group only one order can be executed: a stop of one step and a target of another
        can both be.
        """
        actions: list[Action] = []
        left = held
        for group in trade.groups():
            working = max((order.remaining for order in group if order.working), default=0)
            part = min(left, trade.sellable(group), working)
            left -= part
            actions += self._shrink(group, part, now_ns)
        return actions

    def _shrink(self, orders: list[TrackedOrder], part: int, now_ns: int) -> list[Action]:
        """Let none of these orders sell more than ``part``; a cancel that nobody answered is asked again."""
        reason = "exit larger than the position"
        actions: list[Action] = []
        for order in orders:
            if order.remaining <= part or order.state is not OrderState.WORKING:
                continue
            if order.working and part:
                actions.append(ResizeLeg(order, order.quantity - order.remaining + part, reason))
            elif self._may_cancel(order, now_ns):
                actions.append(CancelLeg(order, reason))
        return actions

    def _trail(self, trade: Trade, now_ns: int, bid: float | None) -> list[Action]:
        """Move the stops after the best bid, where the plan says so."""
        if trade.plan.trailing is None or bid is None or trade.instrument is None:
            return []
        trade.best_bid = max(trade.best_bid, bid)
        wanted = trailing_stop(trade.plan, trade.reference, trade.best_bid, trade.instrument.min_tick)
        if wanted is None:
            return []
        behind = [
            order
            for order in trade.legs(Leg.STOP)
            if order.working and (now := self._stop_of(trade, order)) is not None and now < wanted
        ]
        if behind and wanted >= Decimal(repr(bid)):
            # A stop at or over the bid would be refused or executed at once; the plan wants it executed.
            trade.exit_reason = f"the bid fell through its trailing stop at {wanted}"
            return []
        if not behind or (trade.trailed_ns and now_ns - trade.trailed_ns < self._reprice_ns):
            return []
        trade.trailed_ns = now_ns
        return [MoveStopLeg(order, wanted, f"trails the best bid {trade.best_bid:.2f}") for order in behind]

    def _stop_of(self, trade: Trade, order: TrackedOrder) -> Decimal | None:
        return trade.stops.get(order.ticket.order_id, order.ticket.stop_price)

    # ------------------------------------------------------------------------------------------ leaving

    def _exit(self, trade: Trade, held: int, now_ns: int, bid: float | None, footing: Footing) -> list[Action]:
        if not trade.entered:
            return []  # it was asked to go; until it has, what is held can still grow
        if footing.disputed and footing.at_broker is not None:
            held = min(held, footing.at_broker)
        if held <= 0:
            return []
        limit = self._exit_limit(trade, bid, now_ns)
        worked = [
            order
            for group in trade.groups()
            for order in group
            if order.working and order.leg is not Leg.STOP and order.remaining and trade.sellable(group)
        ]
        moves: list[Action] = []
        if not trade.repriced_ns or now_ns - trade.repriced_ns >= self._reprice_ns:
            moves = self._work(trade, worked, held, limit, now_ns)
            trade.repriced_ns = now_ns if moves else trade.repriced_ns
        if sum(order.remaining for order in worked) >= held:
            return moves
        return moves + self._close_rest(trade, held, worked, limit, now_ns)

    def _work(
        self, trade: Trade, worked: list[TrackedOrder], held: int, limit: Decimal | None, now_ns: int
    ) -> list[Action]:
        """Shrink working exits to what is held, or move their limits."""
        if sum(order.remaining for order in worked) > held:
            actions: list[Action] = []
            for order in worked:
                part = min(order.remaining, held)
                held -= part
                actions += self._shrink([order], part, now_ns)
            return actions
        if limit is None:
            return []
        # The broker's report says which limit is in force: a change that got lost is sent again.
        return [
            RepriceLeg(order, limit, trade.exit_reason)
            for order in worked
            if order.ticket.order_type == "LMT" and trade.limits.get(order.ticket.order_id) != limit
        ]

    def _close_rest(
        self, trade: Trade, held: int, worked: list[TrackedOrder], limit: Decimal | None, now_ns: int
    ) -> list[Action]:
        """Close what no target works on: its stops go first, and the closing order follows their confirmation."""
        steps = {order.ticket.step for order in worked if order.leg is Leg.TARGET}
        rest = [o for o in trade.exits() if o.remaining and o not in worked and o.ticket.step not in steps]
        unsettled = [order for order in rest if order.leg is not Leg.STOP]
        if unsettled:
            # What becomes of them is not known yet, so no closing order could follow: the stops stay.
            return [
                CancelLeg(order, trade.exit_reason)
                for order in unsettled
                if order.state is OrderState.WORKING and order.cancel_requested_ns and self._may_cancel(order, now_ns)
            ]
        if rest:
            stops = [order for order in rest if order.state is OrderState.WORKING and self._may_cancel(order, now_ns)]
            return [CancelLeg(order, trade.exit_reason) for order in stops]
        free = held - trade.outgoing_quantity()
        if free <= 0 or (trade.closing_ns and now_ns - trade.closing_ns < self._reprice_ns):
            return []
        trade.closing_ns = now_ns
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
