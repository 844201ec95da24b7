"""The ends of days: what expires is left before its cut-off, everything else is held, and goes on the next day."""

from decimal import Decimal
from typing import Any

import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings
from tests.doubles.engine_market import DATE, EXPIRY, NEXT_DATE, NEXT_EXPIRY

from alphatrader.domain import events as ev
from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms, TargetStep, TrailingRule
from alphatrader.domain.orders import Leg, OrderIntent
from alphatrader.domain.records import IntentStage, OpenIntent, RestoredState
from alphatrader.engine.commands import CancelOrder, Command, MoveStop, RepriceOrder, ResizeOrder, SubmitIntent

PATIENT = ExitPlan(stop=StopTerms(loss_fraction=0.5), targets=(TargetStep(gain_fraction=5.0),))
"""Neither its stop nor its target is near."""
ACTS = (CancelOrder, MoveStop, RepriceOrder, ResizeOrder, SubmitIntent)


def holding(
    plan: ExitPlan = PATIENT, *, symbol: str = "SPY", trading_class: str = "SPY", expiry_index: int = 0
) -> tuple[EngineBench, OrderIntent]:
    """A bench that holds a position of today's or of a later expiry."""
    expiries = (EXPIRY, NEXT_EXPIRY)
    settings = armed_settings(
        (symbol,), armed={"expiry_index": expiry_index}, changes={"risk": {"max_premium_usd": 90_000}}
    )
    bench = EngineBench(settings, expiries=(), at="15:00").ready()
    bench.universe(symbol, trading_class, expiries)
    for expiry in expiries:
        bench.add_options(symbol, expiry, trading_class)
    bench.strategies["armed"].exit_plan = plan
    bench.look()
    intent = bench.hold("armed", symbol)
    assert intent.contract is not None
    assert (intent.contract.trading_class, intent.contract.expiry) == (trading_class, expiries[expiry_index])
    return bench, intent


def acts(bench: EngineBench, commands: list[Command]) -> list[Command]:
    """What is done to orders."""
    return [command for command in commands if isinstance(command, ACTS)]


def exit_at(bench: EngineBench, clock: str, date: str = DATE) -> list[RepriceOrder]:
    """Exits that a decision begins at a time of the day."""
    return bench.of(RepriceOrder, bench.at(clock, date).prints().decide())


def journal_of(bench: EngineBench, intent: OrderIntent) -> RestoredState:
    """What the journal tells the next start."""
    executions = tuple(bench.engine.book.ledger.executions())
    return RestoredState(
        max_order_id=max(bench.engine.book.orders),
        intents=(OpenIntent(intent, IntentStage.SENT),),
        executions=executions,
        own_exec_ids=tuple(execution.exec_id for execution in executions),
    )


def next_day(bench: EngineBench, intent: OrderIntent, at: str = "09:35") -> EngineBench:
    """The next session's start on the same journal; the broker still holds what it held."""
    settings = bench.engine.state.settings
    told = journal_of(bench, intent)
    new = EngineBench(settings, told, date=NEXT_DATE, expiries=(NEXT_EXPIRY,), at=at, run_id="second")
    new.ready().snapshot(orders=bench.working_orders())
    return new


# ---------------------------------------------------------------------------------------------- expiry


def test_an_expiring_contract_that_settles_in_shares_is_left_before_its_cut_off() -> None:
    bench, intent = holding()
    assert exit_at(bench, "15:39:59") == []
    (reprice,) = exit_at(bench, "15:40:00")
    assert reprice.order_id == intent.tickets[2].order_id
    assert reprice.reason == "it expires today and is settled in shares"
    bench.fill(intent, Leg.TARGET, intent.tickets[0].quantity, "1.50")
    bench.report(intent, Leg.STOP, "Cancelled")
    assert bench.engine.book.open_trades == []
    assert bench.at("15:59").prints().decide() == []


def test_an_exit_before_the_cut_off_goes_on_until_it_is_done() -> None:
    bench, _ = holding()
    exit_at(bench, "15:40")
    limits = []
    for minute in range(41, 46):
        bench.price -= 0.5
        limits += [reprice.limit_price for reprice in exit_at(bench, f"15:{minute}")]
    assert len(limits) == 5
    assert limits == sorted(limits, reverse=True), "it follows the bid down"


def test_a_plan_that_wants_to_settle_does_not_keep_a_contract_that_settles_in_shares() -> None:
    bench, _ = holding(ExitPlan(stop=StopTerms(loss_fraction=0.5), targets=PATIENT.targets, at_expiry="settle"))
    assert len(exit_at(bench, "15:40")) == 1


def test_an_index_option_is_left_to_settle_in_cash() -> None:
    bench, _ = holding(symbol="SPX", trading_class="SPXW")
    for clock in ("15:40", "15:55", "15:59:59"):
        assert exit_at(bench, clock) == []


def test_an_index_option_is_left_where_its_plan_says_so() -> None:
    plan = ExitPlan(stop=PATIENT.stop, targets=PATIENT.targets, at_expiry="close")
    bench, _ = holding(plan, symbol="SPX", trading_class="SPXW")
    assert exit_at(bench, "15:54:59") == []
    (reprice,) = exit_at(bench, "15:55")
    assert reprice.reason == "it expires, and its plan says to close"


def test_after_its_last_trade_nothing_more_is_sent_for_a_contract() -> None:
    bench, _ = holding()
    exit_at(bench, "15:40")
    for clock in ("16:15:01", "16:20", "17:00"):
        assert acts(bench, bench.at(clock).prints().decide()) == []


# ---------------------------------------------------------------------------------------------- over the close


def test_a_later_contract_stays_over_the_end_of_the_session_with_its_stop() -> None:
    bench, intent = holding(expiry_index=1)
    for clock in ("15:40", "15:55", "15:59:59", "16:00", "16:10", "18:00"):
        assert acts(bench, bench.at(clock).prints().decide()) == []
    assert bench.trade(intent).stop_resting()


def test_its_stop_outlives_the_session() -> None:
    _, intent = holding(expiry_index=1)
    exits = [ticket for ticket in intent.tickets if ticket.leg is not Leg.ENTRY]
    assert {ticket.time_in_force for ticket in exits} == {"GTC"}


@pytest.mark.parametrize("expiry_index", [0, 1])
def test_a_plan_may_end_before_the_close(expiry_index: int) -> None:
    latest = LatestExit(kind="before_close", date=DATE, lead_s=1_800)
    plan = ExitPlan(stop=PATIENT.stop, targets=PATIENT.targets, latest=latest)
    bench, _ = holding(plan, expiry_index=expiry_index)
    assert exit_at(bench, "15:29:59") == []
    (reprice,) = exit_at(bench, "15:30")
    assert reprice.reason == f"1800 s before the close of {DATE}"


# ---------------------------------------------------------------------------------------------- the next day


OVERNIGHT = ExitPlan(
    stop=PATIENT.stop,
    targets=PATIENT.targets,
    latest=LatestExit(kind="overnight_until", date=NEXT_DATE, clock="10:00"),
)


def test_a_position_held_over_night_goes_on_with_its_plan_and_its_stop() -> None:
    before, intent = holding(OVERNIGHT, expiry_index=1)
    bench = next_day(before, intent)
    trade = bench.trade(intent)
    assert trade.plan == OVERNIGHT
    assert trade.stop_resting()
    assert trade.open_quantity == intent.tickets[0].quantity
    for clock in ("09:40", "09:59:59"):
        assert acts(bench, bench.at(clock).prints().decide()) == []


def test_it_is_closed_when_its_night_is_over_and_nothing_is_doubled() -> None:
    before, intent = holding(OVERNIGHT, expiry_index=1)
    bench = next_day(before, intent)
    (reprice,) = exit_at(bench, "10:00", NEXT_DATE)
    assert reprice.reason == f"held until {NEXT_DATE} 10:00, as planned"
    assert reprice.order_id == intent.tickets[2].order_id
    quantity = intent.tickets[0].quantity
    bench.fill(intent, Leg.TARGET, quantity, "3.00")
    bench.report(intent, Leg.STOP, "Cancelled")
    assert bench.trade(intent).closed_ns
    assert bench.engine.book.ledger.open_positions() == []
    bought = Decimal(str(intent.tickets[0].limit_price))
    assert bench.engine.valuation.realised_usd == (Decimal("3.00") - bought) * 100 * quantity
    assert not bench.of(SubmitIntent), "no order was sent but the first family's"
    assert bench.engine.book.ledger.execution_count == 2


def test_its_fill_while_nobody_looked_is_found_and_ends_it() -> None:
    """The stop was executed at the open, before the trader was up."""
    before, intent = holding(OVERNIGHT, expiry_index=1)
    bench = EngineBench(
        before.engine.state.settings,
        journal_of(before, intent),
        date=NEXT_DATE,
        expiries=(NEXT_EXPIRY,),
        at="09:35",
        run_id="second",
    )
    bench.fill(intent, Leg.STOP, intent.tickets[0].quantity, "1.20")
    bench.report(intent, Leg.TARGET, "Cancelled")
    bench.ready()
    assert bench.trade(intent).closed_ns
    assert bench.engine.book.open_trades == []
    assert bench.blocks() <= {"chain_missing", "window_filling"}


def test_a_new_day_begins_with_new_budgets() -> None:
    before, intent = holding(OVERNIGHT, expiry_index=1)
    before.post(
        ev.CommissionReported(ts_ns=before.now_ns, exec_id="t.1.01", commission=Decimal("5.00"), currency="USD")
    )
    assert before.engine.valuation.fees_usd == 5
    bench = next_day(before, intent)
    assert bench.engine.valuation.fees_usd == 0
    assert bench.engine.valuation.realised_usd == 0
    assert bench.engine.executor.breakers.check(bench.now_ns, 12, Decimal(0)) == []


def test_a_position_of_yesterday_that_expires_today_is_left_before_todays_cut_off() -> None:
    before, intent = holding(expiry_index=1)
    bench = next_day(before, intent)
    assert exit_at(bench, "15:39:59", NEXT_DATE) == []
    assert len(exit_at(bench, "15:40", NEXT_DATE)) == 1


def before_the_open(plan: ExitPlan, at: str = "09:28") -> tuple[EngineBench, OrderIntent]:
    """The next day's start has reached the broker, and nothing trades yet."""
    before, intent = holding(plan, expiry_index=1)
    bench = EngineBench(
        before.engine.state.settings, journal_of(before, intent), date=NEXT_DATE, expiries=(NEXT_EXPIRY,), at=at,
        run_id="second",
    )  # fmt: skip
    bench.ready().snapshot(orders=before.working_orders())
    return bench, intent


@pytest.mark.parametrize(
    "ends",
    [
        {"latest": LatestExit(kind="overnight_until", date=NEXT_DATE, clock="08:00")},
        {"max_hold_s": 3_600.0},
    ],
)
def test_an_exit_that_is_due_before_the_open_keeps_its_stop_until_something_can_be_sold(ends: dict[str, Any]) -> None:
    """Else the stop would go, and an order to market would wait for the first price of the day."""
    bench, intent = before_the_open(ExitPlan(stop=PATIENT.stop, **ends))
    for clock in ("09:29:10", "09:29:59"):
        assert acts(bench, bench.at(clock, NEXT_DATE).decide()) == []
    assert bench.trade(intent).stop_resting()
    commands = bench.at("09:30:01", NEXT_DATE).prints().decide()
    assert [type(act) for act in acts(bench, commands)] == [CancelOrder]


def test_a_flatten_before_the_open_is_carried_out_at_the_open() -> None:
    bench, intent = before_the_open(PATIENT)
    bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="flatten", actor="t", reason="drill"))
    assert acts(bench, bench.at("09:29:50", NEXT_DATE).decide()) == []
    (reprice,) = exit_at(bench, "09:30:01", NEXT_DATE)
    assert reprice.order_id == intent.tickets[2].order_id


def test_a_stop_does_not_follow_quotes_at_which_nothing_trades() -> None:
    trailing = TrailingRule(start_gain_fraction=0.1, distance_fraction=0.1)
    bench, intent = before_the_open(ExitPlan(stop=PATIENT.stop, trailing=trailing))
    option = bench.engine.state.instruments[bench.engine.state.by_con_id[intent.con_id].instrument_id]
    assert acts(bench, bench.at("09:29", NEXT_DATE).quote_option(option, 9.00).decide()) == []
    assert bench.trade(intent).best_bid == 0.0


@pytest.mark.parametrize(
    ("symbol", "trading_class", "last", "after"),
    [("SPY", "SPY", "16:14:59", "16:15:00"), ("SPX", "SPXW", "15:59:59", "16:00:00")],
)
def test_no_exit_begins_after_its_contract_has_stopped_trading_for_the_day(
    symbol: str, trading_class: str, last: str, after: str
) -> None:
    plan = ExitPlan(stop=PATIENT.stop)
    for clock, kinds in ((last, [CancelOrder]), (after, [])):
        bench, intent = holding(plan, symbol=symbol, trading_class=trading_class, expiry_index=1)
        bench.at(clock).prints()
        bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="flatten", actor="t", reason="drill"))
        assert [type(act) for act in acts(bench, bench.decide())] == kinds, clock
        assert bench.trade(intent).exit_reason


def test_a_half_day_moves_the_cut_off() -> None:
    settings = armed_settings()
    bench = EngineBench(settings, date="2025-11-28", expiries=("20251128",), at="11:00").ready()
    bench.strategies["armed"].exit_plan = PATIENT
    bench.look()
    bench.hold()
    assert exit_at(bench, "12:39:59", "2025-11-28") == []
    assert len(exit_at(bench, "12:40", "2025-11-28")) == 1
