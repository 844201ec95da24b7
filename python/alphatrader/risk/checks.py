"""The checks of the gate: one function each, and the table that gives their order and their words.

``standing`` checks need no order: the reasons why nothing can be opened now are shown at all times. The others judge
one intent. The table in ``docs/risk.md`` is written from :data:`CHECKS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from alphatrader.domain.contracts import Right
from alphatrader.domain.orders import Leg, OrderIntent, OrderTicket
from alphatrader.domain.signals import Denial
from alphatrader.domain.state import TradingState
from alphatrader.risk.settings import RiskLimits


@dataclass(frozen=True, slots=True)
class Ground:
    """What an entry in one underlying stands on, whatever the signal.

    ``services``: what is missing of link, journal, store, loop; ``feeds``: of market data; ``orders``: what is not
    settled with the broker; ``breakers``: budgets that are used up.
    """

    trading_state: TradingState
    state_reason: str
    in_session: bool
    session_text: str
    services: tuple[Denial, ...] = ()
    feeds: tuple[Denial, ...] = ()
    orders: tuple[Denial, ...] = ()
    breakers: tuple[Denial, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What the gate judges one intent by, beside the ground."""

    open_trades: int
    strategy_busy: bool
    """A trade of this strategy in this underlying is not finished."""
    contract_busy: bool
    """The contract is in a trade of any strategy."""
    cooling_down_s: float
    available_usd: Decimal | None
    budget_share: float = 1.0
    ends_at_once: str = ""
    """Why its plan, or its expiry, would end the trade as soon as it had begun."""


def _state(ground: Ground) -> list[Denial]:
    if ground.trading_state is TradingState.ACTIVE:
        return []
    return [Denial("trading_state", f"{ground.trading_state.value}: {ground.state_reason}")]


def _session(ground: Ground) -> list[Denial]:
    return [] if ground.in_session else [Denial("market_closed", ground.session_text or "the market is closed")]


def _services(ground: Ground) -> list[Denial]:
    return list(ground.services)


def _feeds(ground: Ground) -> list[Denial]:
    return list(ground.feeds)


def _orders(ground: Ground) -> list[Denial]:
    return list(ground.orders)


def _breakers(ground: Ground) -> list[Denial]:
    return list(ground.breakers)


def _shape(intent: OrderIntent, standing: Standing, limits: RiskLimits) -> list[Denial]:
    """Only brackets that buy one option, each with its stop: all else is an opening short or naked of protection."""
    entries = [ticket for ticket in intent.tickets if ticket.leg is Leg.ENTRY]
    if intent.purpose != "open" or not entries or any(entry.side != "BUY" for entry in entries):
        return [Denial("opening_short", "only buying a single-leg option may open a position")]
    if any(entry.quantity < 1 for entry in entries):
        return [Denial("size_zero", "the risk budget does not pay for one contract")]
    by_entry = {entry.order_id: entry for entry in entries}
    exits = [ticket for ticket in intent.tickets if ticket.leg is not Leg.ENTRY]
    for ticket in exits:
        parent = by_entry.get(ticket.parent_id)
        if parent is None or ticket.side != "SELL" or ticket.quantity > parent.quantity:
            return [Denial("opening_short", "an exit is larger than its entry or not its child")]
    for entry in entries:
        fault = _bracket_fault(entry, [ticket for ticket in exits if ticket.parent_id == entry.order_id], intent)
        if fault is not None:
            return [fault]
    if len({ticket.oca_group for ticket in exits}) != len(entries):
        return [Denial("no_oca", "two brackets share an OCA group")]
    return []


def _bracket_fault(entry: OrderTicket, exits: list[OrderTicket], intent: OrderIntent) -> Denial | None:
    """Return what is wrong with the exits of one entry."""
    stops = [ticket for ticket in exits if ticket.leg is Leg.STOP]
    if len(stops) != 1 or stops[0].quantity != entry.quantity:
        return Denial("no_stop", "the bracket has no stop for its whole size")
    if any(ticket.leg not in {Leg.STOP, Leg.TARGET} for ticket in exits) or len(exits) > 2:
        return Denial("opening_short", "the bracket has more exits than a stop and a target")
    if len({ticket.oca_group for ticket in exits}) != 1 or not stops[0].oca_group:
        return Denial("no_oca", "the exits are not in one OCA group")
    return _stop_fault(stops[0], entry, intent)


def _stop_fault(stop: OrderTicket, entry: OrderTicket, intent: OrderIntent) -> Denial | None:
    """Return what is wrong with a stop: it must rest at the broker, under the entry or behind a condition."""
    if stop.time_in_force != "GTC" or entry.limit_price is None:
        return Denial("no_stop", "the bracket has no stop that rests at the broker")
    if stop.condition is not None:
        rises = intent.contract is not None and intent.contract.right is Right.PUT
        if stop.order_type != "MKT" or stop.condition.is_more is not rises or stop.condition.price <= 0:
            return Denial("bad_stop", "the stop's condition on the underlying does not protect the position")
        return None
    if stop.order_type != "STP" or stop.stop_price is None:
        return Denial("no_stop", "the bracket has no stop that rests at the broker")
    if not Decimal(0) < stop.stop_price < entry.limit_price:
        return Denial("bad_stop", f"stop {stop.stop_price} is not under the entry {entry.limit_price}")
    return None


def _measures(intent: OrderIntent, standing: Standing, limits: RiskLimits) -> list[Denial]:
    if intent.contract is None or intent.risk_usd <= 0 or intent.premium_usd <= 0 or intent.exit_plan is None:
        return [Denial("not_measured", "the intent does not state its contract, risk, premium and exit plan")]
    entries = (ticket for ticket in intent.tickets if ticket.leg is Leg.ENTRY)
    if any(entry.order_type != "LMT" or entry.limit_price is None for entry in entries):
        return [Denial("not_measured", "an entry without a limit can cost more than its premium")]
    return []


def _plan(intent: OrderIntent, standing: Standing, limits: RiskLimits) -> list[Denial]:
    fault = standing.ends_at_once if intent.exit_plan is None else intent.exit_plan.fault() or standing.ends_at_once
    return [Denial("bad_plan", fault)] if fault else []


def _positions(intent: OrderIntent, standing: Standing, limits: RiskLimits) -> list[Denial]:
    denials = []
    if standing.open_trades >= limits.max_open_positions:
        denials.append(Denial("max_open_positions", f"{standing.open_trades} trades are not finished"))
    if standing.strategy_busy:
        denials.append(Denial("strategy_busy", "a trade of this strategy in this underlying is not finished"))
    if standing.contract_busy:
        denials.append(Denial("contract_busy", "the contract is in a trade already"))
    return denials


def _cooldown(intent: OrderIntent, standing: Standing, limits: RiskLimits) -> list[Denial]:
    if standing.cooling_down_s <= 0:
        return []
    return [Denial("cooldown", f"{standing.cooling_down_s:.0f} s of cool-down are left")]


def _funds(intent: OrderIntent, standing: Standing, limits: RiskLimits) -> list[Denial]:
    if standing.available_usd is None:
        return [Denial("funds_unknown", "the account's available funds are not known")]
    if intent.premium_usd > standing.available_usd:
        return [Denial("funds", f"premium {intent.premium_usd} is over {standing.available_usd} available")]
    return []


def _budget(intent: OrderIntent, standing: Standing, limits: RiskLimits) -> list[Denial]:
    share = Decimal(repr(standing.budget_share))
    premium_cap, risk_cap = limits.max_premium_usd * share, limits.risk_budget_usd * share
    denials = []
    if sum(ticket.quantity for ticket in intent.tickets if ticket.leg is Leg.ENTRY) > limits.max_contracts:
        denials.append(Denial("max_contracts", f"more than {limits.max_contracts} contracts"))
    if intent.premium_usd > premium_cap:
        denials.append(Denial("max_premium", f"premium {intent.premium_usd} is over {premium_cap}"))
    if intent.risk_usd > risk_cap:
        denials.append(Denial("risk_budget", f"risk {intent.risk_usd} is over {risk_cap}"))
    return denials


GroundCheck = Callable[[Ground], list[Denial]]
IntentCheck = Callable[[OrderIntent, Standing, RiskLimits], list[Denial]]


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the table: the check's name, the codes that it denies with, what it demands, and its function."""

    name: str
    codes: tuple[str, ...]
    demands: str
    ground: GroundCheck | None = None
    intent: IntentCheck | None = None

    @property
    def standing(self) -> bool:
        """Whether it needs no intent."""
        return self.ground is not None


CHECKS: tuple[Check, ...] = (
    Check("state", ("trading_state",), "The trading state is ACTIVE.", ground=_state),
    Check("session", ("market_closed",), "Regular trading hours are running.", ground=_session),
    Check(
        "services",
        (
            "warming_up",
            "stopping",
            "link_down",
            "not_reconciled",
            "store_down",
            "journal_down",
            "recorder_down",
            "loop_lag",
        ),
        "Broker link, reconciliation, journal, event log, Redis and the event loop are sound.",
        ground=_services,
    ),
    Check(
        "feeds",
        (
            "no_market_data",
            "feed_quote_stale",
            "feed_trade_stale",
            "feed_depth_stale",
            "window_filling",
            "chain_missing",
            "chain_stale",
        ),
        "Every feed of the underlying is young, its flow windows are whole, its chain is at hand.",
        ground=_feeds,
    ),
    Check(
        "orders",
        ("order_unknown", "position_mismatch", "revived_order", "forked_order", "orphan_order"),
        "Nothing at the broker contradicts what we know.",
        ground=_orders,
    ),
    Check(
        "breakers",
        ("daily_loss", "order_rate", "orders_per_day", "loss_streak"),
        "The day's loss, the rate and number of orders and the streak of losses are within their limits.",
        ground=_breakers,
    ),
    Check(
        "shape",
        ("opening_short", "size_zero", "no_stop", "bad_stop", "no_oca"),
        "A bracket that buys one option, whose whole size is stopped at the broker, its exits in OCA groups.",
        intent=_shape,
    ),
    Check(
        "measures",
        ("not_measured",),
        "Contract, risk, premium, exit plan and limits of entry are stated.",
        intent=_measures,
    ),
    Check(
        "plan",
        ("bad_plan",),
        "The exit plan can be carried out, and would not end the trade as soon as it begins.",
        intent=_plan,
    ),
    Check(
        "positions",
        ("max_open_positions", "strategy_busy", "contract_busy"),
        "Not too many trades, none of this strategy in the underlying, none in the contract.",
        intent=_positions,
    ),
    Check(
        "cooldown",
        ("cooldown",),
        "The strategy's last trade in the underlying is over for long enough.",
        intent=_cooldown,
    ),
    Check(
        "funds", ("funds_unknown", "funds"), "The account's available funds are known and pay for it.", intent=_funds
    ),
    Check(
        "budget",
        ("max_contracts", "max_premium", "risk_budget"),
        "Contracts, premium and risk are within the limits and the strategy's share of them.",
        intent=_budget,
    ),
)
"""In the order in which they are asked; all are asked, and every denial is told."""
