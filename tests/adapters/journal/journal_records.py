"""Records to write, as a trading day makes them."""

from decimal import Decimal

from alphatrader.domain.contracts import OptionKey, Right
from alphatrader.domain.exit_plans import ExitPlan, StopTerms, TargetStep
from alphatrader.domain.orders import Execution, Leg, OrderIntent, OrderTicket
from alphatrader.domain.records import (
    CommissionRecord,
    FillRecord,
    IntentRecord,
    IntentStage,
    NoticeRecord,
    OperatorRecord,
    OrderRecord,
    Record,
    RunRecord,
    ShadowRecord,
    SignalRecord,
    StateRecord,
    SummaryRecord,
)
from alphatrader.domain.signals import Reason, Signal
from alphatrader.domain.state import StateChange, TradingState

NOON_NS = 1_761_667_200_000_000_000  # 2025-10-28 12:00 New York
SESSION = "2025-10-28"
DAY_NS = 86_400_000_000_000
PLAN = ExitPlan(
    stop=StopTerms(loss_fraction=0.24), targets=(TargetStep(gain_fraction=0.38, share=0.5),), max_hold_s=180.0
)


def operator(number: int) -> OperatorRecord:
    return OperatorRecord(action="halt", actor="test", reason=f"number {number}", ts_ns=NOON_NS + number)


def intent(intent_id: str, first_order_id: int = 1, con_id: int = 7) -> OrderIntent:
    entry = OrderTicket(
        order_id=first_order_id,
        leg=Leg.ENTRY,
        side="BUY",
        quantity=2,
        order_type="LMT",
        time_in_force="DAY",
        limit_price=Decimal("1.05"),
    )
    stop = OrderTicket(
        order_id=first_order_id + 1,
        leg=Leg.STOP,
        side="SELL",
        quantity=2,
        order_type="STP",
        time_in_force="GTC",
        stop_price=Decimal("0.80"),
        parent_id=first_order_id,
    )
    return OrderIntent(
        intent_id=intent_id,
        instrument_id=con_id,
        purpose="open",
        tickets=(entry, stop),
        created_ns=NOON_NS,
        deadline_ns=NOON_NS + 10,
        strategy="zero_dte",
        risk_usd=Decimal("52.80"),
        contract=OptionKey("SPY", "20251028", Decimal(651), Right.CALL),
        exit_plan=PLAN,
        reference_price=Decimal("1.04"),
    )


def stage(intent_id: str, reached: IntentStage, first_order_id: int = 1, ts_ns: int = NOON_NS) -> IntentRecord:
    return IntentRecord(intent=intent(intent_id, first_order_id), stage=reached, ts_ns=ts_ns)


def order(order_id: int, state: str, ts_ns: int = NOON_NS) -> OrderRecord:
    return OrderRecord(order_id=order_id, perm_id=0, intent_id="i", leg="entry", state=state, filled=0, ts_ns=ts_ns)


def fill(
    exec_id: str, side: str, quantity: int, con_id: int = 7, ts_ns: int = NOON_NS, intent_id: str = "i"
) -> FillRecord:
    return FillRecord(
        execution=Execution(
            exec_id=exec_id,
            order_id=1,
            perm_id=99,
            con_id=con_id,
            side=side,  # type: ignore[arg-type]
            quantity=quantity,
            price=Decimal("1.05"),
            ts_ns=ts_ns,
        ),
        intent_id=intent_id,
    )


def signal(
    signal_id: str, *, accepted: bool = True, expires_ns: int = NOON_NS + 10, dedupe_until_ns: int = 0
) -> SignalRecord:
    return SignalRecord(
        signal=Signal(
            signal_id=signal_id,
            strategy="zero_dte",
            symbol="SPY",
            direction="bullish",
            contract=OptionKey("SPY", "20251028", Decimal(651), Right.CALL),
            instrument_id=7,
            score=0.61,
            entry_limit=Decimal("1.05"),
            stop_price=Decimal("0.80"),
            target_price=Decimal("1.45"),
            bid=Decimal("1.03"),
            ask=Decimal("1.05"),
            spot=650.4,
            created_ns=NOON_NS,
            expires_ns=expires_ns,
            exit_plan=PLAN,
            fingerprint=f"SPY|{signal_id}",
            reasons=(Reason("flow", 0.7, 0.3, "buyers lift offers"),),
        ),
        accepted=accepted,
        code="" if accepted else "spread",
        text="",
        ts_ns=NOON_NS,
        dedupe_until_ns=dedupe_until_ns,
    )


def run(run_id: str, mode: str = "paper", ts_ns: int = NOON_NS) -> RunRecord:
    return RunRecord(run_id=run_id, epoch=1, mode=mode, build="b", settings="{}", ts_ns=ts_ns)


def summary(run_id: str, *, clean: bool = True, text: str = "{}", ts_ns: int = NOON_NS) -> SummaryRecord:
    return SummaryRecord(run_id=run_id, clean=clean, summary=text, ts_ns=ts_ns)


def notice(number: int) -> NoticeRecord:
    return NoticeRecord(ts_ns=NOON_NS + number, level="warning", code="order.not_sent", text=f"number {number}")


def shadow(signal_id: str) -> ShadowRecord:
    return ShadowRecord(
        signal_id=signal_id,
        strategy="zero_dte",
        symbol="SPY",
        con_id=7,
        quantity=2,
        entry_price=Decimal("1.05"),
        exit_price=Decimal("1.20"),
        opened_ns=NOON_NS,
        closed_ns=NOON_NS + 60,
        reason="target",
        result_usd=Decimal("30.00"),
    )


def one_of_each() -> list[Record]:
    """A record of every kind."""
    return [
        run("r"),
        signal("s"),
        stage("i", IntentStage.INTENDED),
        order(1, "SENT"),
        fill("e.01", "BUY", 2),
        CommissionRecord("e.01", Decimal("0.65"), "USD", NOON_NS),
        notice(1),
        shadow("s2"),
        operator(1),
        StateRecord(StateChange(TradingState.HALTED, "me", "why", NOON_NS)),
        summary("r"),
    ]
