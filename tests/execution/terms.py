"""Contracts, plans and signals that the tests of execution trade on."""

from decimal import Decimal
from typing import Any

from alphatrader.domain.contracts import Instrument, OptionKey, Right
from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms, TargetStep, TrailingRule
from alphatrader.domain.orders import OrderIntent
from alphatrader.domain.signals import Signal
from alphatrader.execution.brackets import IntentIds, build_bracket
from alphatrader.execution.tracking import TrackedOrder
from alphatrader.execution.trade import Trade

S = 1_000_000_000
TODAY = "2026-11-24"
"""A Tuesday; the Thursday is Thanksgiving, the Friday a half day."""
OPEN_NS = 1_795_530_600 * S
CLOSE_NS = OPEN_NS + 390 * 60 * S
TICK = Decimal("0.01")
SPY = Instrument(1, "SPY", 756733, "stock", TICK)


def option(expiry: str = "20261124", right: Right = Right.CALL, listed_class: str = "SPY") -> Instrument:
    symbol = {"SPXW": "SPX"}.get(listed_class, listed_class)
    key = OptionKey(symbol, expiry, Decimal(651), right, listed_class)
    return Instrument(1000, symbol, 7, "option", TICK, 100, key)


def plan(
    *targets: tuple[float, float],
    stop: StopTerms | None = None,
    trailing: tuple[float, float] | None = None,
    latest: LatestExit | None = None,
    **changes: Any,
) -> ExitPlan:
    """A plan with a stop a quarter under the ask, targets (gain, share) and what else is named."""
    return ExitPlan(
        stop=stop or StopTerms(loss_fraction=0.25),
        targets=tuple(TargetStep(gain_fraction=gain, share=share) for gain, share in targets),
        trailing=TrailingRule(start_gain_fraction=trailing[0], distance_fraction=trailing[1]) if trailing else None,
        latest=latest,
        **changes,
    )


def signal(exit_plan: ExitPlan, instrument: Instrument | None = None, ask: str = "1.50") -> Signal:
    instrument = instrument or option()
    assert instrument.option is not None
    return Signal(
        signal_id="r.s1",
        strategy="armed",
        symbol=instrument.symbol,
        direction="bullish" if instrument.option.right is Right.CALL else "bearish",
        contract=instrument.option,
        instrument_id=instrument.instrument_id,
        score=0.9,
        entry_limit=Decimal(ask) + TICK,
        stop_price=None,
        target_price=None,
        bid=Decimal(ask) - TICK,
        ask=Decimal(ask),
        spot=650.0,
        created_ns=OPEN_NS,
        expires_ns=OPEN_NS + 10 * S,
        fingerprint="f",
        reasons=(),
        exit_plan=exit_plan,
    )


def bracket(exit_plan: ExitPlan, quantity: int, instrument: Instrument | None = None, first_id: int = 1) -> OrderIntent:
    """The intent of a signal, as it is made for the gate. Ids ascend from ``first_id``: entry, stop, target a step."""
    instrument = instrument or option()
    return build_bracket(
        signal(exit_plan, instrument),
        instrument,
        SPY,
        quantity,
        IntentIds("r.1", first_id),
        now_ns=OPEN_NS,
        deadline_ns=OPEN_NS + 10 * S,
        risk_usd=Decimal(100),
    )


def trade_of(intent: OrderIntent, instrument: Instrument | None = None) -> Trade:
    """A trade whose orders are intended and not sent yet."""
    orders = {
        t.order_id: TrackedOrder(t, intent.intent_id, t.quantity, deadline_ns=intent.deadline_ns)
        for t in intent.tickets
    }
    return Trade(intent, instrument or option(), orders)
