"""What the broker says of our orders: taken in any order, any number of times, never believed further than it goes."""

from decimal import Decimal

import msgspec
import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings, open_order

from alphatrader.domain import events as ev
from alphatrader.domain.orders import BrokerSnapshot, Leg, OpenOrder, OrderIntent, PositionRow
from alphatrader.domain.records import (
    CommissionRecord,
    FillRecord,
    IntentRecord,
    IntentStage,
    OpenIntent,
    OrderRecord,
    RestoredState,
)
from alphatrader.engine.commands import CancelOrder, Command, RepriceOrder, SubmitIntent
from alphatrader.execution.tracking import OrderState

LEGS = (Leg.ENTRY, Leg.STOP, Leg.TARGET)


def entered() -> tuple[EngineBench, OrderIntent]:
    bench = EngineBench(armed_settings()).ready()
    return bench, bench.enter()


def states(bench: EngineBench) -> set[OrderState]:
    return {order.state for order in bench.engine.book.orders.values()}


def cancelled(bench: EngineBench, commands: list[Command]) -> set[int]:
    return {command.order_id for command in bench.of(CancelOrder, commands)}


def error(bench: EngineBench, intent: OrderIntent, leg: Leg, code: int) -> list[Command]:
    order_id = next(t.order_id for t in intent.tickets if t.leg is leg)
    return bench.post(ev.OrderErrored(ts_ns=bench.now_ns, order_id=order_id, code=code, text="no"))


# ---------------------------------------------------------------------------------------------- sending


def test_bytes_that_left_are_journaled_and_the_last_of_a_family_settles_its_stage() -> None:
    bench, intent = entered()
    assert [record.state for record in bench.records(OrderRecord)] == ["SENT"] * 3
    assert [record.stage for record in bench.records(IntentRecord)] == [IntentStage.SENT]
    assert states(bench) == {OrderState.SENT}
    assert intent.intent_id == bench.records(IntentRecord)[0].intent.intent_id


def test_what_was_not_sent_ends_at_once() -> None:
    bench = EngineBench(armed_settings()).ready().arm("armed")
    bench.look()
    (submit,) = bench.of(SubmitIntent, bench.claim())
    intent = submit.approved.value
    commands = bench.post(ev.IntentRefused(ts_ns=bench.now_ns, intent_id=intent.intent_id, reason="the link is down"))
    assert states(bench) == {OrderState.NOT_SENT}
    assert bench.trade(intent).closed_ns
    assert IntentStage.NOT_SENT in {record.stage for record in bench.records(IntentRecord, commands)}


# ---------------------------------------------------------------------------------------------- statuses


def test_reports_that_repeat_or_come_late_are_journaled_once() -> None:
    bench, intent = entered()
    assert len(bench.records(OrderRecord, bench.report(intent, Leg.ENTRY, "Submitted"))) == 1
    assert bench.report(intent, Leg.ENTRY, "Submitted") == []
    bench.fill(intent, Leg.ENTRY, intent.tickets[0].quantity, "1.60")
    assert bench.report(intent, Leg.ENTRY, "Filled", intent.tickets[0].quantity) == []


def test_an_older_report_brings_back_no_order_that_was_filled_after_it_had_shrunk() -> None:
    bench, intent = entered()
    bench.work(intent)
    bench.fill(intent, Leg.ENTRY, 1, "1.60")
    bench.report(intent, Leg.ENTRY, "Cancelled")
    bench.report(intent, Leg.STOP, "Submitted", quantity=1)
    bench.fill(intent, Leg.STOP, 1, "1.20")
    (stop,) = bench.trade(intent).legs(Leg.STOP)
    bench.report(intent, Leg.STOP, "PreSubmitted")
    assert stop.state is OrderState.FILLED
    bench.report(intent, Leg.STOP, "Submitted", filled=1)
    assert stop.state is OrderState.WORKING, "made larger again, with its fill: it can still be executed"


def test_a_stop_that_rests_is_told() -> None:
    bench, intent = entered()
    assert bench.codes(bench.report(intent, Leg.STOP, "PreSubmitted")) == ["stop.resting"]
    assert bench.report(intent, Leg.STOP, "Submitted") == []


@pytest.mark.parametrize("leg", LEGS)
def test_a_refused_order_is_told_and_dead(leg: Leg) -> None:
    bench, intent = entered()
    commands = bench.report(intent, leg, "Inactive")
    assert "order.refused" in bench.codes(commands)
    (order,) = bench.trade(intent).legs(leg)
    assert order.state is OrderState.REJECTED


def test_an_error_that_stands_for_a_status_settles_a_new_order() -> None:
    bench, intent = entered()
    commands = error(bench, intent, Leg.ENTRY, 201)
    assert bench.codes(commands) == ["order.error"]
    assert bench.trade(intent).legs(Leg.ENTRY)[0].state is OrderState.REJECTED


@pytest.mark.parametrize("code", [202, 399, 10148, 10349])
def test_a_mere_warning_kills_no_order_and_is_not_told(code: int) -> None:
    bench, intent = entered()
    bench.report(intent, Leg.ENTRY, "Submitted")
    assert bench.codes(error(bench, intent, Leg.ENTRY, code)) == []
    assert bench.trade(intent).legs(Leg.ENTRY)[0].state is OrderState.WORKING


def test_a_dead_order_that_works_at_the_broker_is_cancelled_and_blocks_entries() -> None:
    bench, intent = entered()
    for leg in LEGS:
        bench.report(intent, leg, "Cancelled")
    commands = bench.report(intent, Leg.ENTRY, "Submitted")
    assert cancelled(bench, commands) == {intent.tickets[0].order_id}
    assert "revived_order" in bench.blocks()
    bench.report(intent, Leg.ENTRY, "Cancelled")
    assert "revived_order" not in bench.blocks()


def test_a_second_order_under_our_reference_is_never_worked_and_blocks_entries() -> None:
    bench, intent = entered()
    bench.work(intent)
    ticket = intent.tickets[2]
    fork = msgspec.structs.replace(open_order(intent, ticket, "Submitted"), perm_id=77)
    post = ev.OrderReported(ts_ns=bench.now_ns, order=fork, average_price=Decimal(0))
    assert bench.codes(bench.post(post)) == ["order.forked"]
    assert bench.post(post) == [], "told once"
    assert "forked_order" in bench.blocks()
    gone = msgspec.structs.replace(fork, status="Cancelled")
    bench.post(ev.OrderReported(ts_ns=bench.now_ns, order=gone, average_price=Decimal(0)))
    assert "forked_order" not in bench.blocks()
    assert bench.engine.book.orders[ticket.order_id].working


def test_an_order_of_another_client_with_our_number_is_not_ours() -> None:
    bench, intent = entered()
    bench.work(intent)
    bench.fill(intent, Leg.ENTRY, intent.tickets[0].quantity, "1.60")
    stop = intent.tickets[1]
    stranger = OpenOrder(stop.order_id, 77, 9, intent.con_id, "SELL", 1, "STP", "Cancelled", "")
    bench.post(ev.OrderReported(ts_ns=bench.now_ns, order=stranger, average_price=Decimal(0)))
    assert bench.trade(intent).stop_resting()


# ---------------------------------------------------------------------------------------------- executions


def test_an_execution_is_booked_and_journaled_once_from_whatever_state() -> None:
    bench, intent = entered()
    commands = bench.fill(intent, Leg.ENTRY, 2, "1.60")
    (fill,) = bench.records(FillRecord, commands)
    assert fill.intent_id == intent.intent_id
    assert bench.codes(commands) == ["fill.own"]
    again = ev.ExecutionReported(ts_ns=bench.now_ns, execution=fill.execution)
    assert bench.post(again) == []
    assert bench.trade(intent).open_quantity == 2


def test_an_execution_of_a_stranger_is_journaled_as_nobodys() -> None:
    bench, _ = entered()
    commands = bench.execute(4711, "BUY", 1, "2.00")
    assert [record.intent_id for record in bench.records(FillRecord, commands)] == [""]
    assert bench.codes(commands) == ["fill.foreign"]


def test_a_fill_after_the_end_opens_the_trade_again_also_for_a_restart() -> None:
    bench, intent = entered()
    for leg in LEGS:
        bench.report(intent, leg, "Cancelled")
    assert bench.engine.book.open_trades == []
    commands = bench.fill(intent, Leg.ENTRY, 2, "1.60")
    assert bench.engine.book.open_trades == [bench.trade(intent)]
    assert [record.stage for record in bench.records(IntentRecord, commands)] == [IntentStage.SENT]
    assert "fill.late" in bench.codes(commands)


def test_an_order_that_a_crossing_change_made_larger_is_worked_again_after_the_end() -> None:
    bench = EngineBench(armed_settings()).ready()
    intent = bench.hold()
    quantity = intent.tickets[0].quantity
    bench.fill(intent, Leg.TARGET, quantity, "2.40")
    bench.report(intent, Leg.STOP, "Cancelled")
    assert bench.engine.book.open_trades == []
    commands = bench.report(intent, Leg.TARGET, "Submitted", quantity, quantity=quantity + 2)
    assert bench.engine.book.open_trades == [bench.trade(intent)]
    assert "fill.late" in bench.codes(commands)
    target = next(ticket.order_id for ticket in intent.tickets if ticket.leg is Leg.TARGET)
    assert cancelled(bench, bench.look()) == {target}, "nothing is held that it could sell"


def test_commissions_are_booked_and_journaled() -> None:
    bench, intent = entered()
    bench.fill(intent, Leg.ENTRY, 2, "1.60")
    fee = ev.CommissionReported(ts_ns=bench.now_ns, exec_id="t.1.01", commission=Decimal("1.30"), currency="USD")
    assert len(bench.records(CommissionRecord, bench.post(fee))) == 1
    assert bench.engine.valuation.fees_usd == Decimal("1.30")


# ---------------------------------------------------------------------------------------------- whole snapshots


def test_a_poll_tells_of_executions_and_orders_that_were_not_heard() -> None:
    bench, intent = entered()
    quantity = intent.tickets[0].quantity
    bench.work(intent)
    other, _ = entered()
    other.work(intent)
    other.fill(intent, Leg.ENTRY, quantity, "1.60")
    body = BrokerSnapshot(
        (PositionRow("DU1", intent.con_id, "SPY", quantity, Decimal(160)),),
        other.working_orders(),
        tuple(other.engine.book.ledger.executions()),
        complete=True,
    )
    bench.post(ev.SnapshotReceived(ts_ns=bench.now_ns, snapshot=body))
    assert bench.trade(intent).stop_resting()
    assert bench.engine.reports.mismatches == []


def test_orders_absent_in_two_complete_polls_were_never_sent() -> None:
    _, intent = entered()
    restored = RestoredState(max_order_id=102, intents=(OpenIntent(intent, IntentStage.INTENDED),))
    bench = EngineBench(armed_settings(), restored).ready()
    assert states(bench) == {OrderState.UNKNOWN}, "one poll proves nothing"
    commands = bench.advance(11).snapshot()
    assert states(bench) == {OrderState.NOT_SENT}
    assert bench.trade(intent).closed_ns
    assert cancelled(bench, commands) == {t.order_id for t in intent.tickets}, "one may rest untransmitted"


def test_two_polls_close_together_prove_no_more_than_one() -> None:
    bench, _ = entered()
    bench.snapshot()
    bench.advance(9).snapshot()
    assert states(bench) == {OrderState.SENT}


def test_an_incomplete_poll_proves_nothing_about_what_it_does_not_list() -> None:
    bench, _ = entered()
    for _ in range(3):
        bench.advance(11).snapshot(complete=False)
    assert states(bench) == {OrderState.SENT}
    assert "not_reconciled" in bench.blocks()


def test_a_disputed_position_keeps_its_exits_and_settles_no_order() -> None:
    """The entry filled, but nobody told us: the exits that the broker holds are the position's only protection."""
    bench, intent = entered()
    exits = {t.order_id for t in intent.tickets[1:]}
    listed = tuple(open_order(intent, t, "PreSubmitted") for t in intent.tickets[1:])
    position = (PositionRow("DU1", intent.con_id, "SPY", intent.tickets[0].quantity, Decimal(160)),)
    for _ in range(4):
        bench.advance(11)
        body = BrokerSnapshot(position, listed, (), complete=True)
        commands = bench.post(ev.SnapshotReceived(ts_ns=bench.now_ns, snapshot=body)) + bench.look()
        assert cancelled(bench, commands).isdisjoint(exits)
    assert not bench.engine.book.orders[intent.tickets[0].order_id].dead
    assert "position_mismatch" in bench.blocks()
    assert "broker.mismatch" in bench.codes()


def test_of_a_disputed_position_no_more_is_closed_than_the_broker_holds() -> None:
    bench, intent = entered()
    quantity = intent.tickets[0].quantity
    bench.report(intent, Leg.ENTRY, "Submitted")
    for leg in (Leg.STOP, Leg.TARGET):
        bench.report(intent, leg, "Cancelled")
    bench.fill(intent, Leg.ENTRY, quantity, "1.60")
    rows = (PositionRow("DU1", intent.con_id, "SPY", quantity - 2, Decimal(160)),)
    body = BrokerSnapshot(rows, (), (), complete=True)
    bench.post(ev.SnapshotReceived(ts_ns=bench.now_ns, snapshot=body))
    bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="flatten", actor="t", reason="drill"))
    (submit,) = bench.of(SubmitIntent, bench.look())
    assert submit.approved.value.tickets[0].quantity == quantity - 2
    assert not bench.of(RepriceOrder)


def test_an_order_in_our_style_that_no_journal_knows_blocks_entries_until_it_is_gone() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.snapshot(orders=(OpenOrder(7, 1, 1, 5, "BUY", 1, "LMT", "Submitted", "old.1:entry"),))
    assert "orphan_order" in bench.blocks()
    bench.snapshot()
    assert "orphan_order" not in bench.blocks()


def test_the_first_complete_poll_is_told_once() -> None:
    bench = EngineBench(armed_settings())
    bench.link()
    assert bench.codes(bench.snapshot()) == ["broker.reconciled"]
    assert bench.codes(bench.snapshot()) == []


def test_an_order_whose_state_is_not_known_blocks_its_underlying_only() -> None:
    bench = EngineBench(armed_settings(("SPY", "QQQ"))).ready()
    bench.enter()
    bench.look(6)
    assert "order_unknown" in bench.blocks("SPY")
    assert "order_unknown" not in bench.blocks("QQQ")
