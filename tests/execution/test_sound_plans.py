"""Whatever plan has no fault can be carried out: priced, split, sent, kept and shadowed, and read back as it was."""

from decimal import Decimal

import msgspec
from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.execution.terms import OPEN_NS, SPY, TICK, S, option, signal, trade_of
from tests.execution.trade_bench import TradeBench

from alphatrader.calendar import to_ns
from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms, TargetStep, TrailingRule
from alphatrader.domain.orders import OrderIntent
from alphatrader.execution.brackets import IntentIds, build_bracket
from alphatrader.execution.plan_prices import Outset, ends_at_once, step_quantities
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.execution.shadow import ShadowTrade
from alphatrader.risk.checks import CHECKS, Standing
from alphatrader.risk.settings import RiskLimits

SETTINGS = ExecutionSettings()
WILD = st.one_of(st.floats(), st.floats(0, 1), st.floats(0, 5), st.sampled_from([1e-300, 5e-324, 1e300]))
DATES = st.one_of(
    st.text(max_size=12), st.dates().map(str), st.sampled_from(["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"])
)
CLOCKS = st.one_of(st.text(max_size=6), st.times().map(lambda time: time.strftime("%H:%M")))
LATEST = st.builds(
    LatestExit,
    kind=st.sampled_from(["at", "before_close", "overnight_until"]),
    ts_ns=st.one_of(st.integers(), st.integers(OPEN_NS, OPEN_NS + 10**15)),
    date=DATES,
    lead_s=WILD,
    clock=CLOCKS,
)
STOPS = st.builds(
    StopTerms,
    kind=st.sampled_from(["option_price", "underlying_price"]),
    loss_fraction=WILD,
    underlying_price=st.one_of(st.none(), st.decimals(), st.decimals(600, 700, places=2)),
    trigger_method=st.integers(0, 9),
)
WILD_PLANS = st.builds(
    ExitPlan,
    stop=STOPS,
    targets=st.lists(st.builds(TargetStep, gain_fraction=WILD, share=WILD), max_size=4).map(tuple),
    trailing=st.none() | st.builds(TrailingRule, start_gain_fraction=WILD, distance_fraction=WILD),
    max_hold_s=WILD,
    latest=st.none() | LATEST,
    at_expiry=st.sampled_from(["", "close", "settle"]),
)


@st.composite
def nearly_sound(draw: st.DrawFn) -> ExitPlan:
    """Plans of which most have no fault, however extreme they are."""
    gains = sorted(draw(st.lists(st.floats(1e-9, 1e6), max_size=4)))
    shares = [draw(st.floats(0.01, 1.0 / len(gains))) for _ in gains]
    trailing = st.builds(
        TrailingRule, start_gain_fraction=st.floats(0, 1e6), distance_fraction=st.floats(1e-9, 0.999999999)
    )
    return ExitPlan(
        stop=StopTerms(loss_fraction=draw(st.floats(1e-9, 1))),
        targets=tuple(TargetStep(gain_fraction=g, share=s) for g, s in zip(gains, shares, strict=True)),
        trailing=draw(st.none() | trailing),
        max_hold_s=draw(st.floats(0, 1e300)),
        latest=draw(st.none() | LATEST),
    )


def refused(intent: OrderIntent) -> set[str]:
    """By what the gate would refuse it, on sound ground and with all the money of the world."""
    standing = Standing(0, False, False, 0.0, Decimal(10**9))
    return {d.code for check in CHECKS if check.intent for d in check.intent(intent, standing, RiskLimits())}


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.one_of(WILD_PLANS, nearly_sound()),
    st.integers(1, 10),
    st.decimals("0.20", "60", places=2),
    st.lists(st.floats(0.01, 500), max_size=6),
    st.sampled_from(Right),
)
def test_a_plan_without_fault_can_be_carried_out(
    plan: ExitPlan, quantity: int, ask: Decimal, bids: list[float], right: Right
) -> None:
    if plan.fault():
        event("a fault")
        return
    assert msgspec.json.decode(msgspec.json.encode(plan), type=ExitPlan) == plan
    instrument = option(right=right)
    assert instrument.option is not None
    outset = Outset(to_ns("2026-11-24", "11:00"), ask - TICK, ask, TICK, 650.0)
    if ends_at_once(plan, instrument.option, outset, SETTINGS):
        event("over as it begins")
        return
    event("carried out")
    assert sum(contracts for contracts, _ in step_quantities(plan, quantity)) == quantity
    wanted = signal(plan, instrument, str(ask))
    intent = build_bracket(
        wanted, instrument, SPY, quantity, IntentIds("r.1", 1),
        now_ns=OPEN_NS, deadline_ns=OPEN_NS + 10 * S, risk_usd=Decimal(1),
    )  # fmt: skip
    assert msgspec.json.decode(msgspec.json.encode(intent), type=OrderIntent) == intent
    assert refused(intent) <= {"max_premium"}

    bench = TradeBench(plan, quantity, instrument)
    bench.trade = trade_of(intent, instrument)
    bench.sent()
    for number in bench.trade.orders:
        bench.status(number, "Submitted")
    for number, order in bench.trade.orders.items():
        if order.ticket.side == "BUY":
            bench.fill(number, order.quantity)
    shadow = ShadowTrade(wanted, instrument, quantity, OPEN_NS)
    for second, bid in enumerate(bids):
        bench.step(5_400 + 5.0 * second, bid=round(bid, 2))
        shadow.step(OPEN_NS + 5 * S * second, round(bid, 2), 650.0, SETTINGS)
