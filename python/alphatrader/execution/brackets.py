"""Building intents: a bracket (entry, protective stop, target) for a signal, and a lone order that closes.

The stop and the target rest at the broker in one OCA group, so that the sum of exits can never exceed the position
and protection does not depend on this process.
"""

from decimal import ROUND_DOWN, ROUND_UP, Decimal

from alphatrader.domain.contracts import Instrument
from alphatrader.domain.orders import Leg, OrderIntent, OrderTicket
from alphatrader.domain.signals import Signal


def round_to_tick(price: Decimal, tick: Decimal, rounding: str) -> Decimal:
    """Round a price to a multiple of ``tick`` (ROUND_UP / ROUND_DOWN), at least one tick."""
    steps = (price / tick).to_integral_value(rounding=rounding)
    return max(tick, steps * tick)


def build_bracket(
    signal: Signal, instrument: Instrument, quantity: int, intent_id: str, first_order_id: int, deadline_ns: int
) -> OrderIntent:
    """Build the three orders of a signal; ids are ``first_order_id`` and the two after it."""
    entry_id, stop_id, target_id = first_order_id, first_order_id + 1, first_order_id + 2
    group = f"{intent_id}:oca"
    tickets = (
        OrderTicket(entry_id, Leg.ENTRY, "BUY", quantity, "LMT", "DAY", limit_price=signal.entry_limit),
        OrderTicket(
            stop_id,
            Leg.STOP,
            "SELL",
            quantity,
            "STP",
            "GTC",
            stop_price=signal.stop_price,
            parent_id=entry_id,
            oca_group=group,
        ),
        OrderTicket(
            target_id,
            Leg.TARGET,
            "SELL",
            quantity,
            "LMT",
            "GTC",
            limit_price=signal.target_price,
            parent_id=entry_id,
            oca_group=group,
        ),
    )
    return OrderIntent(
        intent_id=intent_id,
        instrument_id=instrument.instrument_id,
        purpose="open",
        tickets=tickets,
        created_ns=signal.created_ns,
        deadline_ns=deadline_ns,
        signal_id=signal.signal_id,
        strategy=signal.strategy,
        premium_usd=signal.entry_limit * quantity * instrument.multiplier,
        con_id=instrument.con_id,
        contract=instrument.option,
        max_hold_s=signal.max_hold_s,
    )


def build_close(
    instrument: Instrument,
    quantity: int,
    intent_id: str,
    order_id: int,
    limit: Decimal | None,
    now_ns: int,
    life_ns: int,
) -> OrderIntent:
    """Build the order that sells a long position; without a bid to price from it goes to market."""
    ticket = OrderTicket(
        order_id,
        Leg.FLATTEN,
        "SELL",
        quantity,
        "MKT" if limit is None else "LMT",
        "DAY",
        limit_price=limit,
    )
    return OrderIntent(
        intent_id=intent_id,
        instrument_id=instrument.instrument_id,
        purpose="close",
        tickets=(ticket,),
        created_ns=now_ns,
        deadline_ns=now_ns + life_ns,
        con_id=instrument.con_id,
        contract=instrument.option,
    )


def marketable_sell_limit(bid: float, tick: Decimal, slippage_ticks: int) -> Decimal:
    """A sell limit a few ticks under the bid: executes at once, yet not at any price."""
    return round_to_tick(Decimal(repr(bid)) - slippage_ticks * tick, tick, ROUND_DOWN)


def marketable_buy_limit(ask: float, tick: Decimal, slippage_ticks: int) -> Decimal:
    """A buy limit a few ticks over the ask."""
    return round_to_tick(Decimal(repr(ask)) + slippage_ticks * tick, tick, ROUND_UP)
