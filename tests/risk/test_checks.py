"""Every code of the table of checks is denied with by something real, and by nothing that is sound."""

from collections.abc import Callable
from dataclasses import replace as changed
from decimal import Decimal

import pytest
from msgspec.structs import replace
from tests.doubles.engine_bench import EngineBench, armed_settings
from tests.risk.good_intent import (
    GROUND,
    LIMITS,
    STANDING,
    TWO_STEPS,
    and_ticket,
    conditional,
    good,
    with_ticket,
    without_ticket,
)

from alphatrader.domain import events as ev
from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, StopTerms
from alphatrader.domain.orders import BrokerSnapshot, Leg, OpenOrder, OrderIntent, OrderTicket
from alphatrader.domain.state import TradingState
from alphatrader.engine.engine import Engine
from alphatrader.engine.settings import EngineSettings
from alphatrader.risk.checks import CHECKS, Ground, Standing

ENTRY, STOP, TARGET, ENTRY2, STOP2, TARGET2 = range(6)
"""Places of the tickets of an intent of two steps."""


def codes_of_intent(intent: OrderIntent, standing: Standing = STANDING) -> set[str]:
    checks = [check.intent for check in CHECKS if check.intent is not None]
    return {denial.code for check in checks for denial in check(intent, standing, LIMITS)}


def codes_of_ground(ground: Ground) -> set[str]:
    checks = [check.ground for check in CHECKS if check.ground is not None]
    return {denial.code for check in checks for denial in check(ground)}


# ------------------------------------------------------------------------------------------ of the intent

INTENTS: dict[str, list[OrderIntent]] = {
    "opening_short": [
        with_ticket(good(), ENTRY, side="SELL"),
        with_ticket(good(TWO_STEPS), ENTRY2, side="SELL"),
        with_ticket(good(), STOP, side="BUY"),
        with_ticket(good(), STOP, quantity=5),
        with_ticket(good(), TARGET, quantity=5),
        with_ticket(good(), STOP, parent_id=0),
        with_ticket(good(), TARGET, parent_id=99),
        with_ticket(good(), TARGET, leg=Leg.FLATTEN),
        and_ticket(good(), replace(good().tickets[TARGET], order_id=9)),
        and_ticket(good(), OrderTicket(9, Leg.FLATTEN, "SELL", 1, "MKT", "DAY")),
        replace(good(), purpose="close"),
        replace(good(), tickets=()),
        without_ticket(good(), ENTRY),
    ],
    "size_zero": [with_ticket(good(), ENTRY, quantity=0), with_ticket(good(), ENTRY, quantity=-1)],
    "no_stop": [
        without_ticket(good(), STOP),
        without_ticket(good(TWO_STEPS), STOP2),
        with_ticket(good(), STOP, quantity=3),
        with_ticket(good(), STOP, stop_price=None),
        with_ticket(good(), STOP, order_type="MKT"),
        with_ticket(good(), STOP, order_type="STP LMT"),
        with_ticket(good(), STOP, time_in_force="DAY"),
        with_ticket(conditional(), STOP, time_in_force="DAY"),
        with_ticket(conditional(), STOP, condition=None),
        with_ticket(good(), TARGET, leg=Leg.STOP),
    ],
    "bad_stop": [
        with_ticket(good(), STOP, stop_price=Decimal("1.51")),
        with_ticket(good(), STOP, stop_price=Decimal(2)),
        with_ticket(good(), STOP, stop_price=Decimal(0)),
        with_ticket(good(TWO_STEPS), STOP2, stop_price=Decimal(-1)),
        with_ticket(conditional(), STOP, order_type="STP", stop_price=Decimal(1)),
        with_ticket(conditional(), STOP, condition=conditional(Right.PUT).tickets[STOP].condition),
        with_ticket(conditional(Right.PUT), STOP, condition=conditional(Right.CALL).tickets[STOP].condition),
        with_ticket(conditional(), STOP, condition=replace(conditional().tickets[STOP].condition, price=Decimal(0))),
    ],
    "no_oca": [
        with_ticket(good(), TARGET, oca_group="other"),
        with_ticket(with_ticket(good(), STOP, oca_group=""), TARGET, oca_group=""),
        with_ticket(with_ticket(good(TWO_STEPS), STOP2, oca_group="r.1:oca"), TARGET2, oca_group="r.1:oca"),
    ],
    "not_measured": [
        replace(good(), risk_usd=Decimal(0)),
        replace(good(), risk_usd=Decimal(-1)),
        replace(good(), premium_usd=Decimal(0)),
        replace(good(), contract=None),
        replace(good(), exit_plan=None),
        with_ticket(good(), ENTRY, order_type="MKT"),
    ],
    "bad_plan": [
        replace(good(), exit_plan=replace(good().exit_plan, max_hold_s=-1.0)),
        replace(good(), exit_plan=ExitPlan(stop=StopTerms(loss_fraction=float("nan")))),
        replace(conditional(), exit_plan=ExitPlan(stop=StopTerms(kind="underlying_price", loss_fraction=0.25))),
    ],
    "max_contracts": [good(quantity=11), good(TWO_STEPS, quantity=11)],
    "max_premium": [replace(good(), premium_usd=Decimal("2500.01"))],
    "risk_budget": [replace(good(), risk_usd=Decimal("250.01"))],
}
"""What only this speaks against."""

STANDINGS: dict[str, Standing] = {
    "bad_plan": changed(STANDING, ends_at_once="the trade would be closed at once"),
    "max_open_positions": changed(STANDING, open_trades=2),
    "strategy_busy": changed(STANDING, strategy_busy=True),
    "contract_busy": changed(STANDING, contract_busy=True),
    "cooldown": changed(STANDING, cooling_down_s=0.5),
    "funds_unknown": changed(STANDING, available_usd=None),
    "funds": changed(STANDING, available_usd=Decimal("603.99")),
}


@pytest.mark.parametrize(
    ("code", "intent"), [(code, intent) for code, intents in INTENTS.items() for intent in intents]
)
def test_an_intent_is_refused_by_its_code_alone(code: str, intent: OrderIntent) -> None:
    assert codes_of_intent(intent) == {code}


@pytest.mark.parametrize("code", STANDINGS)
def test_what_else_is_open_or_owned_refuses_by_its_code_alone(code: str) -> None:
    assert codes_of_intent(good(), STANDINGS[code]) == {code}


def test_an_entry_without_a_limit_has_neither_a_stop_under_it_nor_a_measure() -> None:
    assert codes_of_intent(with_ticket(good(), ENTRY, limit_price=None)) == {"no_stop", "not_measured"}


@pytest.mark.parametrize(
    "intent",
    [good(), good(TWO_STEPS), good(quantity=1), good(quantity=10), conditional(), conditional(Right.PUT, "655"),
     without_ticket(good(), TARGET), without_ticket(good(TWO_STEPS), TARGET2),
     replace(good(), premium_usd=Decimal(2_500), risk_usd=Decimal(250))],
)  # fmt: skip
def test_a_sound_intent_is_refused_by_nothing(intent: OrderIntent) -> None:
    assert codes_of_intent(intent) == set()
    assert codes_of_intent(intent, changed(STANDING, open_trades=1, available_usd=intent.premium_usd)) == set()


def test_no_contract_at_all_is_a_size_of_zero_that_costs_nothing() -> None:
    assert codes_of_intent(good(quantity=0)) == {"size_zero", "not_measured"}


def test_a_strategy_has_its_share_of_budget_and_premium() -> None:
    half = changed(STANDING, budget_share=0.5)
    within = replace(good(), risk_usd=Decimal(125), premium_usd=Decimal(1_250))
    assert codes_of_intent(within, half) == set()
    over = replace(good(), risk_usd=Decimal("125.01"), premium_usd=Decimal("1250.01"))
    assert codes_of_intent(over, half) == {"risk_budget", "max_premium"}
    assert codes_of_intent(over) == set()


def test_all_checks_are_asked_and_all_denials_told() -> None:
    intent = replace(with_ticket(good(), STOP, stop_price=Decimal(2)), risk_usd=Decimal(999))
    assert codes_of_intent(intent, changed(STANDING, contract_busy=True, strategy_busy=True)) == {
        "bad_stop", "risk_budget", "contract_busy", "strategy_busy",
    }  # fmt: skip


# ------------------------------------------------------------------------------------------ of the ground


def sound() -> EngineBench:
    bench = EngineBench(armed_settings()).ready()
    bench.look()
    return bench


def after(event: Callable[[EngineBench], object], settings: EngineSettings | None = None) -> EngineBench:
    """A sound engine to which something has happened."""
    bench = EngineBench(settings or armed_settings()).ready()
    bench.look()
    event(bench)
    return bench


def control(kind: type[ev.Event], **fields: object) -> EngineBench:
    return after(lambda bench: bench.post(kind(ts_ns=bench.now_ns, **fields)))  # type: ignore[arg-type]


def silent(stream: str) -> EngineBench:
    """Time passes, and all streams but one speak."""

    def event(bench: EngineBench) -> None:
        market, price = bench.advance(12).engine.state.market, bench.price
        if stream != "trade":
            market.trade(bench.now_ns, 1, price, 100, "ARCA", "")
        if stream != "quote":
            market.quote(bench.now_ns, 1, price - 0.01, 900, price + 0.01, 200)
        if stream != "depth":
            market.depth(bench.now_ns, 1, 1, 0, 0, price + 0.01, 300, "ARCA")
        bench.decide()

    return after(event)


def without_chain(*, late: bool) -> EngineBench:
    bench = EngineBench(armed_settings()).ready()
    if late:
        bench.look()
        bench.advance(61)
    bench.engine.state.market.quote(bench.now_ns, 1, 649.99, 900, 650.01, 200)
    bench.decide()
    return bench


def unqualified() -> EngineBench:
    """The underlying's contract has not been qualified at the end of the warm-up."""
    bench = EngineBench(armed_settings())
    bench.engine = Engine(armed_settings())
    bench.post(ev.WarmupFinished(ts_ns=bench.now_ns, rows=0))
    return bench


def unknown_order() -> EngineBench:
    bench = sound()
    bench.enter()
    bench.look(6)  # nobody answers
    return bench


def mismatch(bench: EngineBench) -> None:
    bench.hold()
    bench.execute(123, "BUY", 1, "1.00")
    body = BrokerSnapshot((), bench.working_orders(), (), complete=True)
    bench.post(ev.SnapshotReceived(ts_ns=bench.now_ns, snapshot=body))


def revived(bench: EngineBench) -> None:
    intent = bench.enter()
    for ticket in intent.tickets:
        bench.report_ticket(intent, ticket, "Cancelled")
    bench.report(intent, Leg.ENTRY, "Submitted")


def forked(bench: EngineBench) -> None:
    intent = bench.enter()
    bench.work(intent)
    bench.report(intent, Leg.ENTRY, "Submitted", perm_id=424_242)


def losing(trades: int, loss: str) -> Callable[[EngineBench], None]:
    def event(bench: EngineBench) -> None:
        for _ in range(trades):
            intent = bench.hold(price="3.00")
            bench.fill(intent, Leg.STOP, intent.tickets[1].quantity, loss)
            for ticket in intent.tickets[2:]:
                bench.report_ticket(intent, ticket, "Cancelled")
            bench.look(400)

    return event


def limits(**changes: object) -> EngineSettings:
    settings: EngineSettings = armed_settings(changes={"risk": {"cooldown_s": 0, **changes}})
    return settings


ORPHAN = OpenOrder(7, 1, 1, 5, "BUY", 1, "LMT", "Submitted", "old.1:entry")
GROUNDS: dict[str, Callable[[], EngineBench]] = {
    "trading_state": lambda: control(ev.OperatorCommand, action="reduce", actor="t", reason="r"),
    "market_closed": lambda: after(lambda bench: bench.at("16:00").prints()),
    "warming_up": lambda: EngineBench(armed_settings()),
    "stopping": lambda: control(ev.StopRequested, flatten=False, reason="SIGINT"),
    "link_down": lambda: after(lambda bench: bench.link(healthy=False)),
    "not_reconciled": lambda: after(lambda bench: bench.snapshot(complete=False)),
    "store_down": lambda: control(ev.StoreChanged, up=False, reason="gone"),
    "journal_down": lambda: control(ev.JournalChanged, up=False, reason="disk full"),
    "recorder_down": lambda: control(ev.RecorderChanged, up=False, reason="disk full"),
    "loop_lag": lambda: control(ev.RuntimeLag, lag_ms=250.0),
    "no_market_data": unqualified,
    "feed_quote_stale": lambda: silent("quote"),
    "feed_trade_stale": lambda: silent("trade"),
    "feed_depth_stale": lambda: silent("depth"),
    "window_filling": lambda: after(lambda bench: (bench.advance(5).decide(), bench.look())),
    "chain_missing": lambda: without_chain(late=False),
    "chain_stale": lambda: without_chain(late=True),
    "order_unknown": unknown_order,
    "position_mismatch": lambda: after(mismatch),
    "revived_order": lambda: after(revived),
    "forked_order": lambda: after(forked),
    "orphan_order": lambda: after(lambda bench: bench.snapshot(orders=(ORPHAN,))),
    "daily_loss": lambda: after(losing(1, "0.50"), limits(max_daily_loss_usd=200)),
    "order_rate": lambda: after(lambda bench: bench.enter(), limits(max_orders_per_minute=5)),
    "orders_per_day": lambda: after(lambda bench: bench.enter(), limits(max_orders_per_day=5)),
    "loss_streak": lambda: after(losing(2, "2.90"), limits(max_consecutive_losses=2)),
}
"""An engine to which something has happened."""


def test_sound_ground_bears_every_entry() -> None:
    assert codes_of_ground(GROUND) == set()
    assert codes_of_ground(sound().engine.ground.ground("SPY")) == set()


@pytest.mark.parametrize("code", GROUNDS)
def test_the_ground_refuses_by_its_code_and_by_codes_of_the_table_alone(code: str) -> None:
    ground = GROUNDS[code]().engine.ground.ground("SPY")
    told = codes_of_ground(ground)
    assert code in told
    assert told <= {known for check in CHECKS for known in check.codes}


@pytest.mark.parametrize("state", [TradingState.HALTED, TradingState.REDUCING])
def test_nothing_is_opened_but_in_the_active_state(state: TradingState) -> None:
    assert codes_of_ground(changed(GROUND, trading_state=state)) == {"trading_state"}


# ------------------------------------------------------------------------------------------ the table


def test_every_code_of_the_table_is_tested() -> None:
    """A new code needs a case above."""
    tested = INTENTS.keys() | STANDINGS.keys() | GROUNDS.keys()
    assert tested == {code for check in CHECKS for code in check.codes}


def test_a_check_denies_with_codes_of_its_own_row_alone() -> None:
    for check in CHECKS:
        for intent in [intent for intents in INTENTS.values() for intent in intents]:
            for standing in (STANDING, *STANDINGS.values()):
                denials = check.intent(intent, standing, LIMITS) if check.intent else []
                assert {denial.code for denial in denials} <= set(check.codes), check.name


def test_names_and_codes_are_unique_and_every_row_is_whole() -> None:
    names = [check.name for check in CHECKS]
    codes = [code for check in CHECKS for code in check.codes]
    assert len(set(names)) == len(names)
    assert len(set(codes)) == len(codes)
    for check in CHECKS:
        assert (check.ground is None) != (check.intent is None), "asked of the ground or of the intent"
        assert check.standing == (check.ground is not None)
        assert check.demands.endswith(".")


def test_denials_say_more_than_their_code() -> None:
    for intents in INTENTS.values():
        for intent in intents:
            for check in CHECKS:
                for denial in check.intent(intent, STANDING, LIMITS) if check.intent else []:
                    assert len(denial.text.split()) > 2
