"""Disputed positions: one poll proves nothing, two that agree are believed where they say that less is held."""

from decimal import Decimal

from tests.doubles.engine_bench import EngineBench, armed_settings, open_order
from tests.engine.test_blotter import two_in_one_contract

from alphatrader.domain import events as ev
from alphatrader.domain.orders import BrokerSnapshot, Leg, OrderIntent, PositionRow
from alphatrader.engine.commands import CancelOrder, Command, ResizeOrder, SubmitIntent


def entered() -> tuple[EngineBench, OrderIntent]:
    bench = EngineBench(armed_settings()).ready()
    return bench, bench.enter()


def cancelled(bench: EngineBench, commands: list[Command]) -> set[int]:
    return {command.order_id for command in bench.of(CancelOrder, commands)}


def polled(bench: EngineBench, intent: OrderIntent, holds: int) -> list[Command]:
    """A complete poll: the broker holds so many, and all our orders work. What is done after it."""
    rows = (PositionRow("DU1", intent.con_id, "SPY", holds, Decimal(160)),) if holds else ()
    body = BrokerSnapshot(rows, bench.working_orders(), (), complete=True)
    return bench.post(ev.SnapshotReceived(ts_ns=bench.now_ns, snapshot=body)) + bench.look()


def test_exits_of_what_two_polls_do_not_show_are_cancelled() -> None:
    """It was sold by hand over the night, and no execution tells of it: its stop would sell what nobody holds."""
    bench = EngineBench(armed_settings()).ready()
    intent = bench.hold()
    exits = {ticket.order_id for ticket in intent.tickets[1:]}
    assert not cancelled(bench, polled(bench, intent, 0)), "one poll may straddle a fill"
    bench.advance(5)
    assert not cancelled(bench, polled(bench, intent, 0)), "two close together are no more than one"
    bench.advance(6)
    assert cancelled(bench, polled(bench, intent, 0)) == exits
    for ticket in intent.tickets[1:]:
        bench.report_ticket(intent, ticket, "Cancelled")
    bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="flatten", actor="t", reason="drill"))
    assert not bench.of(SubmitIntent, bench.look(4) + bench.look(11))
    assert "position_mismatch" in bench.blocks()


def test_a_count_that_changes_between_two_polls_proves_nothing() -> None:
    bench = EngineBench(armed_settings()).ready()
    intent = bench.hold()
    for holds in (0, 1, 0, 1, 0):
        assert not cancelled(bench, polled(bench, intent, holds))
        bench.advance(11)
    polled(bench, intent, intent.tickets[0].quantity)
    bench.advance(11)
    assert not cancelled(bench, polled(bench, intent, 0)), "they agreed meanwhile"


def test_an_order_of_what_is_proven_to_be_gone_is_settled_by_its_absence() -> None:
    """The rest of a day order that expired over the night: while it counts as alive, no exit is made smaller."""
    bench, intent = entered()
    bench.work(intent)
    bench.fill(intent, Leg.ENTRY, 1, "1.60")
    listed = tuple(open_order(intent, t, "PreSubmitted") for t in intent.tickets[1:])
    for _ in range(4):
        bench.post(ev.SnapshotReceived(ts_ns=bench.now_ns, snapshot=BrokerSnapshot((), listed, (), complete=True)))
        commands = bench.look(11)
    assert bench.engine.book.orders[intent.tickets[0].order_id].dead
    assert cancelled(bench, commands) == {ticket.order_id for ticket in intent.tickets[1:]}


def test_of_two_trades_in_one_contract_each_leaves_the_other_its_part() -> None:
    bench, first, _ = two_in_one_contract()
    held = bench.engine.book.ledger.quantity(first.con_id)
    for _ in range(3):
        polled(bench, first, held - 1)
        bench.advance(11)
    live = [order for order in bench.engine.book.live_orders() if order.ticket.side == "SELL"]
    asked = {c.order_id: c.quantity for c in bench.of(ResizeOrder)}
    assert sum(asked.get(o.ticket.order_id, o.remaining) for o in live) <= held - 1
