"""Building intents: a bracket (entry, stop, target) for each step of a signal's plan, and a lone closing order.

Stops and targets rest at the broker, so protection does not depend on this process. Each step is a bracket of its own,
its stop and its target in one OCA group, so that the sum of exits can never exceed the position. One entry with exits
of several sizes would not do: a gateway gives attached orders their parent's quantity.

    entry 5  ─┬─ stop 5  ─ OCA ─ target 5    (step 1)
    entry2 5 ─┬─ stop2 5 ─ OCA ─ target2 5   (step 2)
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from msgspec.structs import replace

from alphatrader.domain.contracts import Instrument, Right
from alphatrader.domain.exit_plans import StopTerms
from alphatrader.domain.orders import Leg, OrderIntent, OrderTicket, PriceCondition
from alphatrader.domain.signals import Signal
from alphatrader.execution.plan_prices import round_to_tick, step_quantities, stop_price, target_prices


@dataclass(frozen=True, slots=True)
class IntentIds:
    """The ids of an intent: its own, and the first of as many consecutive order ids as it needs."""

    intent_id: str
    first_order_id: int


def order_count(signal: Signal, quantity: int) -> int:
    """Return how many orders the brackets of a signal have."""
    steps = step_quantities(signal.exit_plan, max(1, quantity))
    return sum(2 if target is None else 3 for _, target in steps)


def build_bracket(
    signal: Signal,
    instrument: Instrument,
    underlying: Instrument,
    quantity: int,
    ids: IntentIds,
    *,
    now_ns: int,
    deadline_ns: int,
    risk_usd: Decimal,
) -> OrderIntent:
    """Build the orders of a signal by its exit plan: entry, stop and target of each step, ids ascending."""
    targets: list[Decimal | None] = [*target_prices(signal.exit_plan, signal.ask, instrument.min_tick)]
    tickets: list[OrderTicket] = []
    for step, (contracts, target) in enumerate(step_quantities(signal.exit_plan, max(1, quantity)), start=1):
        part = contracts if quantity else 0
        limit = None if target is None else targets[target]
        tickets += _step(signal, instrument, underlying, part, ids, ids.first_order_id + len(tickets), step, limit)
    return OrderIntent(
        intent_id=ids.intent_id,
        instrument_id=instrument.instrument_id,
        purpose="open",
        tickets=tuple(tickets),
        created_ns=now_ns,
        deadline_ns=deadline_ns,
        signal_id=signal.signal_id,
        strategy=signal.strategy,
        risk_usd=risk_usd,
        premium_usd=signal.entry_limit * quantity * instrument.multiplier,
        con_id=instrument.con_id,
        contract=instrument.option,
        exit_plan=signal.exit_plan,
        reference_price=signal.ask,
    )


def _step(
    signal: Signal,
    instrument: Instrument,
    underlying: Instrument,
    quantity: int,
    ids: IntentIds,
    entry_id: int,
    step: int,
    target: Decimal | None,
) -> list[OrderTicket]:
    """Build one bracket."""
    group = f"{ids.intent_id}:oca" if step == 1 else f"{ids.intent_id}:oca{step}"
    entry = OrderTicket(entry_id, Leg.ENTRY, "BUY", quantity, "LMT", "DAY", limit_price=signal.entry_limit, step=step)
    child = OrderTicket(
        entry_id + 1, Leg.STOP, "SELL", quantity, "STP", "GTC", parent_id=entry_id, oca_group=group, step=step
    )
    terms = signal.exit_plan.stop
    if terms.kind == "underlying_price":
        condition = _condition(terms, instrument, underlying)
        stop = replace(child, order_type="MKT", condition=condition)
    else:
        price = stop_price(signal.exit_plan, signal.ask, instrument.min_tick)
        stop = replace(child, stop_price=price, trigger_method=terms.trigger_method)
    if target is None:
        return [entry, stop]
    leaving = replace(child, order_id=entry_id + 2, leg=Leg.TARGET, order_type="LMT", limit_price=target)
    return [entry, stop, leaving]


def _condition(terms: StopTerms, instrument: Instrument, underlying: Instrument) -> PriceCondition | None:
    """A call is stopped out where the underlying falls to the price, a put where it rises to it.

    None for terms that name no price: the gate refuses a stop that waits for nothing.
    """
    if terms.underlying_price is None:
        return None
    rises = instrument.option is not None and instrument.option.right is Right.PUT
    return PriceCondition(underlying.con_id, "SMART", rises, terms.underlying_price, terms.trigger_method)


def build_close(
    opening: OrderIntent,
    instrument: Instrument,
    quantity: int,
    ids: IntentIds,
    limit: Decimal | None,
    now_ns: int,
    life_ns: int,
) -> OrderIntent:
    """Build the order that sells what ``opening`` has bought; without a bid to price from it goes to market.

    It bears the signal of the trade that it closes: a contract may be in more than one.
    """
    ticket = OrderTicket(
        ids.first_order_id,
        Leg.FLATTEN,
        "SELL",
        quantity,
        "MKT" if limit is None else "LMT",
        "DAY",
        limit_price=limit,
    )
    return OrderIntent(
        intent_id=ids.intent_id,
        instrument_id=instrument.instrument_id,
        purpose="close",
        tickets=(ticket,),
        created_ns=now_ns,
        deadline_ns=now_ns + life_ns,
        signal_id=opening.signal_id,
        strategy=opening.strategy,
        con_id=instrument.con_id,
        contract=instrument.option,
    )


def marketable_sell_limit(bid: float, tick: Decimal, slippage_ticks: int) -> Decimal:
    """A sell limit a few ticks under the bid: executes at once, yet not at any price."""
    return round_to_tick(Decimal(repr(bid)) - slippage_ticks * tick, tick, ROUND_DOWN)


def marketable_buy_limit(ask: float, tick: Decimal, slippage_ticks: int) -> Decimal:
    """A buy limit a few ticks over the ask."""
    return round_to_tick(Decimal(repr(ask)) + slippage_ticks * tick, tick, ROUND_UP)
