"""The life of one trade: entry, protection, exit, closed. Decides what to do next; sends nothing itself.

Rules kept here:

* The stop rests at the broker. A position without a working stop of its size for longer than ``stop_check_ms`` is
  closed.
* An exit reprices the resting target to a marketable limit: the stop stays until the fill, and their OCA group keeps
  the sum of exits at or under the position. Only when no target works is the stop cancelled, and the closing order
  is sent after that cancel was confirmed: an unconfirmed cancel counts as live.
* Whatever of a bracket is left when the entry died unfilled is cancelled.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from alphatrader.domain.contracts import Instrument
from alphatrader.domain.orders import Leg, OrderIntent
from alphatrader.execution.brackets import marketable_sell_limit
from alphatrader.execution.tracking import OrderState, TrackedOrder
from alphatrader.settings import ExecutionSettings

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
class ResizeLeg:
    """Make one exit as large as the position."""

    order: TrackedOrder
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class ClosePosition:
    """Send a new closing order for the whole position."""

    quantity: int
    limit_price: Decimal | None
    reason: str


@dataclass(frozen=True, slots=True)
class PollBroker:
    """An order is silent: ask the broker what it knows."""

    reason: str


Action = CancelLeg | RepriceLeg | ResizeLeg | ClosePosition | PollBroker


@dataclass(slots=True)
class Trade:
    """One intent to open and everything that came of it."""

    intent: OrderIntent
    instrument: Instrument | None
    orders: dict[int, TrackedOrder] = field(default_factory=dict)
    limits: dict[int, Decimal] = field(default_factory=dict)
    opened_ns: int = 0
    closed_ns: int = 0
    exit_reason: str = ""
    repriced_ns: int = 0
    unprotected_ns: int = 0
    oversized_ns: int = 0
    polled_ns: int = 0
    bidless_ns: int = 0
    forced: bool = False
    """It must end whatever the price: flattened by a person, at a stop, or for want of a stop."""
    sold_elsewhere: int = 0
    """Contracts of this trade that an order which is not ours has sold: by hand, or by another program."""

    def leg(self, leg: Leg) -> TrackedOrder | None:
        """Return the newest order that plays this part."""
        found = [order for order in self.orders.values() if order.leg is leg]
        return found[-1] if found else None

    def exits(self) -> list[TrackedOrder]:
        """Every order that sells."""
        return [order for order in self.orders.values() if order.leg is not Leg.ENTRY]

    @property
    def open_quantity(self) -> int:
        """Contracts held for this trade, by unique executions."""
        return self.own_quantity - self.sold_elsewhere

    @property
    def own_quantity(self) -> int:
        """What its own orders have bought and not sold."""
        return sum(o.filled if o.ticket.side == "BUY" else -o.filled for o in self.orders.values())

    @property
    def closed(self) -> bool:
        """Flat, nothing of it can be executed any more, and every fill that was told of has been heard."""
        return self.open_quantity == 0 and all(o.dead and not o.fills_missing for o in self.orders.values())

    @property
    def uncertain(self) -> bool:
        """Something of it is in a state that only the broker can settle."""
        return any(order.state is OrderState.UNKNOWN for order in self.orders.values())

    def stop_resting(self) -> bool:
        """Whether the broker confirmed a working stop that covers the position."""
        stop = self.leg(Leg.STOP)
        return stop is not None and stop.working and stop.remaining >= self.open_quantity > 0


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
        self._poll_ns = int(settings.absent_poll_spacing_ms * _MS_NS * scale)
        self._reprice_ns = int(max(settings.exit_reprice_s * 1e9, 50 * _MS_NS * scale))
        self._entry_ns = int(settings.entry_deadline_s * 1e9 + 250 * _MS_NS * (scale - 1))

    def step(self, trade: Trade, now_ns: int, bid: float | None, footing: Footing = SOUND) -> list[Action]:
        """Return what must be done now; the caller performs it and marks cancels as requested."""
        actions = self._settle_silence(trade, now_ns)
        entry = trade.leg(Leg.ENTRY)
        if entry is not None and entry.live and self._may_cancel(entry, now_ns):
            overdue = now_ns - trade.intent.created_ns > self._entry_ns
            if overdue or trade.exit_reason or footing.no_entries:
                reason = trade.exit_reason or footing.no_entries or "entry not filled in time"
                actions.append(CancelLeg(entry, reason))
        held = trade.open_quantity
        if held <= 0:
            # While the broker disputes the position, what looks like a leftover may be all that protects it.
            if not footing.disputed and (entry is None or (entry.dead and not entry.fills_missing)):
                actions += [
                    CancelLeg(order, "nothing left to exit")
                    for order in trade.exits()
                    if order.live and self._may_cancel(order, now_ns)
                ]
            return actions
        if not trade.opened_ns:
            trade.opened_ns = now_ns
        longest_s = trade.intent.max_hold_s
        if longest_s and not trade.exit_reason and now_ns - trade.opened_ns > longest_s * 1e9:
            trade.exit_reason = f"held {longest_s:.0f} s, the longest the strategy allows"
        if footing.reconciled:
            actions += self._protect(trade, held, entry, now_ns)
        if trade.exit_reason:
            actions += self._exit(trade, held, now_ns, bid)
        return actions

    def _may_cancel(self, order: TrackedOrder, now_ns: int) -> bool:
        """Whether no cancel is under way, or the last one has gone unanswered for too long."""
        return not order.cancel_requested_ns or now_ns - order.cancel_requested_ns > self._acknowledge_ns

    def _settle_silence(self, trade: Trade, now_ns: int) -> list[Action]:
        for order in trade.orders.values():
            sent = order.sent_ns if order.state is OrderState.SENT else order.deadline_ns
            waiting = order.state in {OrderState.SENT, OrderState.INTENDED}
            if waiting and sent and now_ns - sent > self._acknowledge_ns:
                order.state, order.sent_ns = OrderState.UNKNOWN, sent
        if trade.uncertain and (not trade.polled_ns or now_ns - trade.polled_ns >= self._poll_ns):
            trade.polled_ns = now_ns
            return [PollBroker(f"no answer to an order of {trade.intent.intent_id}")]
        return []

    def _protect(self, trade: Trade, held: int, entry: TrackedOrder | None, now_ns: int) -> list[Action]:
        stop = trade.leg(Leg.STOP)
        covered = stop is not None and stop.working and stop.remaining >= held
        trade.unprotected_ns = 0 if covered else trade.unprotected_ns or now_ns
        if trade.unprotected_ns and now_ns - trade.unprotected_ns > self._stop_check_ns and not trade.exit_reason:
            trade.exit_reason, trade.forced = "no working stop at the broker", True
        entry_done = entry is None or entry.dead
        oversized = [o for o in trade.exits() if o.working and o.remaining > held] if entry_done else []
        trade.oversized_ns = (trade.oversized_ns or now_ns) if oversized else 0
        if oversized and now_ns - trade.oversized_ns > self._stop_check_ns:
            trade.oversized_ns = now_ns
            return [ResizeLeg(o, o.filled + held, "exit larger than the position") for o in oversized]
        return []

    def _exit(self, trade: Trade, held: int, now_ns: int, bid: float | None) -> list[Action]:
        if trade.repriced_ns and now_ns - trade.repriced_ns < self._reprice_ns:
            return []
        entry = trade.leg(Leg.ENTRY)
        if entry is not None and not entry.dead:
            return []  # it was asked to go; until it has, what is held can still grow
        worked = next((o for o in trade.exits() if o.working and o.leg in {Leg.TARGET, Leg.FLATTEN}), None)
        limit = self._exit_limit(trade, bid, now_ns)
        if worked is not None:
            if worked.remaining > held:
                trade.repriced_ns = now_ns
                return [ResizeLeg(worked, worked.filled + held, "exit larger than the position")]
            # The broker's report says which limit is in force: a change that got lost is sent again.
            if limit is None or trade.limits.get(worked.ticket.order_id) == limit:
                return []
            trade.repriced_ns = now_ns
            return [RepriceLeg(worked, limit, trade.exit_reason)]
        live = [order for order in trade.exits() if not order.dead]
        if live:
            stops = [o for o in live if o.leg is Leg.STOP and o.state is OrderState.WORKING]
            return [CancelLeg(o, trade.exit_reason) for o in stops if self._may_cancel(o, now_ns)]
        trade.repriced_ns = now_ns
        return [ClosePosition(held, limit, trade.exit_reason)]

    def _exit_limit(self, trade: Trade, bid: float | None, now_ns: int) -> Decimal | None:
        """Price an exit from the bid; where it must end and no bid comes, one tick: it fills at the best there is."""
        if trade.instrument is None:
            return None
        if bid is None:
            trade.bidless_ns = trade.bidless_ns or now_ns
            waited = now_ns - trade.bidless_ns > self._poll_ns
            return trade.instrument.min_tick if trade.forced and waited else None
        trade.bidless_ns = 0
        return marketable_sell_limit(bid, trade.instrument.min_tick, self._settings.exit_slippage_ticks)
