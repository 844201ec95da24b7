"""Executions that come after the status that speaks of them, or after the end of the trade."""

from decimal import Decimal

import msgspec
from tests.doubles.engine_bench import EngineBench

from alphatrader.domain import events as ev
from alphatrader.domain.orders import BrokerSnapshot, Leg, OrderIntent
from alphatrader.domain.records import IntentRecord, IntentStage
from alphatrader.engine.commands import CancelOrder, Reconcile, WriteRecord


def entered() -> tuple[EngineBench, OrderIntent]:
    bench = EngineBench().ready()
    intent = bench.entered()
    for leg in (Leg.ENTRY, Leg.STOP, Leg.TARGET):
        bench.report(intent, leg, "Submitted")
    return bench, intent


def test_exits_stay_while_a_fill_of_the_entry_is_known_but_not_heard() -> None:
    bench, intent = entered()
    bench.report(intent, Leg.ENTRY, "Cancelled", filled=2)
    commands = bench.advance(11).decide()
    assert not any(isinstance(c, CancelOrder) for c in commands), "they will be needed"
    assert any(isinstance(c, Reconcile) for c in commands), "the broker is asked for the execution"
    bench.fill(intent, Leg.ENTRY, 2, "1.60")
    assert bench.engine.book.trades[intent.intent_id].open_quantity == 2


def test_a_trade_does_not_end_before_its_fills_are_heard() -> None:
    bench, intent = entered()
    bench.report(intent, Leg.STOP, "Cancelled")
    bench.report(intent, Leg.TARGET, "Cancelled")
    bench.report(intent, Leg.ENTRY, "Cancelled", filled=2)
    trade = bench.engine.book.trades[intent.intent_id]
    assert not trade.closed_ns
    bench.fill(intent, Leg.ENTRY, 2, "1.60")
    assert trade.open_quantity == 2


def test_a_fill_after_the_end_opens_the_trade_again_also_for_a_restart() -> None:
    bench, intent = entered()
    for leg in (Leg.ENTRY, Leg.STOP, Leg.TARGET):
        bench.report(intent, leg, "Cancelled")
    trade = bench.engine.book.trades[intent.intent_id]
    assert trade.closed_ns
    commands = bench.fill(intent, Leg.ENTRY, 2, "1.60")
    assert not trade.closed_ns
    stages = [c.record for c in commands if isinstance(c, WriteRecord) and isinstance(c.record, IntentRecord)]
    assert [record.stage for record in stages] == [IntentStage.SENT]
    assert not trade.stop_resting()
    bench.advance(1).quotes().decide()
    bench.advance(3).quotes()
    assert any(type(c).__name__ == "SubmitIntent" for c in bench.decide()), "nothing protects it: it is closed"


def test_a_correction_replaces_what_it_corrects() -> None:
    bench, intent = entered()
    bench.fill(intent, Leg.ENTRY, 3, "1.60")
    (first,) = bench.engine.book.ledger.executions()
    corrected = msgspec.structs.replace(first, exec_id=first.stem + ".02", quantity=2, price=Decimal("1.61"))
    body = BrokerSnapshot((), (), (corrected, first), complete=False, missing="positions")
    bench.post(ev.SnapshotReceived(ts_ns=bench.now_ns, snapshot=body))
    assert bench.engine.book.trades[intent.intent_id].open_quantity == 2
    assert bench.engine.book.ledger.execution_count == 1
