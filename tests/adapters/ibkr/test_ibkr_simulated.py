"""The adapter against the simulated gateway: real sockets, a real exchange behind them, scripted faults."""

from decimal import Decimal
from pathlib import Path

import pytest
from tests.adapters.ibkr.simulated_desk import Desk
from tests.doubles.sink import RecordingSink

from alphatrader.domain.approval import approve
from alphatrader.domain.contracts import OptionKey, Right
from alphatrader.domain.errors import LinkError
from alphatrader.domain.events import (
    CommissionReported,
    ExecutionReported,
    InstrumentAdded,
    LinkChanged,
    NextOrderId,
    OptionUniverse,
    OrderErrored,
    OrderReported,
    OrderSent,
)
from alphatrader.domain.orders import Leg, OrderIntent, OrderTicket
from alphatrader.sim.faults import kinds
from alphatrader.sim.market.types import Print
from alphatrader.sim.scripted import CALL_CON_ID, OPEN_NS, SPY_CON_ID, ScriptedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import open_simulator

CALL = OptionKey("SPY", "20261116", Decimal(650), Right.CALL)


def bracket(first_id: int, limit: str = "2.00"):
    oca = f"x{first_id}"
    entry = OrderTicket(first_id, Leg.ENTRY, "BUY", 2, "LMT", "DAY", limit_price=Decimal(limit))
    stop = OrderTicket(
        first_id + 1, Leg.STOP, "SELL", 2, "STP", "GTC", stop_price=Decimal("1.50"), parent_id=first_id, oca_group=oca
    )
    target = OrderTicket(
        first_id + 2, Leg.TARGET, "SELL", 2, "LMT", "GTC", limit_price=Decimal("2.80"), parent_id=first_id,
        oca_group=oca,
    )  # fmt: skip
    return approve(OrderIntent(f"I{first_id}", 1000, "open", (entry, stop, target), 0, 2**62), ("test",))


@pytest.mark.parametrize("paced", [False, True])
async def test_a_warm_up_takes_what_the_gateway_gives_before_it_paces(
    library: str, tmp_path: Path, paced: bool
) -> None:
    market = ScriptedMarket()
    market.add_history([Print(OPEN_NS + n * 10**8, SPY_CON_ID, 649.0, 100, "ARCA", "") for n in range(9_000)])
    settings = SimSettings(state_dir=tmp_path, behaviours={"history_pacing_ticks": paced})
    async with open_simulator(settings, market) as sim:
        desk = Desk(sim, market, library)
        async with desk.adapter() as adapter:
            spy = await adapter.subscribe_underlying("SPY", 1)
            count = await adapter.history(spy, OPEN_NS, OPEN_NS + 900 * 10**9, 20)
            fed = desk.rows("trade", 1)
    # Five pages of the newest prints come through at once; then the gateway says no, which ends no trader.
    assert count == len(fed) == (9_000 if not paced else pytest.approx(5_000, abs=100))
    assert fed[-1][-1] == OPEN_NS + 899 * 10**9


async def test_market_data(desk: Desk) -> None:
    desk.market.add_history([Print(OPEN_NS + n * 10**9, SPY_CON_ID, 649 + n / 100, 100, "ARCA", "") for n in range(30)])
    async with desk.adapter() as adapter:
        spy = await adapter.subscribe_underlying("SPY", 1)
        assert spy.con_id == SPY_CON_ID
        assert await adapter.history(spy, OPEN_NS + 5 * 10**9, OPEN_NS + 20 * 10**9, 5) == 15
        assert desk.rows("trade", 1)[0][2] == 649.05
        await adapter.option_universe(spy)
        (universe,) = desk.sink.of(OptionUniverse)
        assert universe.expiries == ("20261116", "20261117")
        await adapter.watch_options([CALL])
        assert desk.sink.of(InstrumentAdded)[0].instrument.con_id == CALL_CON_ID
        await desk.sink.until(lambda: desk.rows("quote", 1000) and desk.rows("quote", 1))
        desk.market.trade(SPY_CON_ID, 650.02, 300, "NSDQ", "F")
        desk.market.set_quote(CALL_CON_ID, 2.05, 2.07, 12)
        desk.market.set_depth([("ARCA", 650.00, 300)], [("NSDQ", 650.02, 200)])
        await desk.sink.until(lambda: desk.rows("quote", 1000)[-1] == ("quote", 1000, 2.05, 12.0, 2.07, 12.0))
        await desk.sink.until(lambda: len(desk.rows("trade", 1)) == 16)
        assert desk.rows("trade", 1)[-1] == ("trade", 1, 650.02, 300.0, "NSDQ", "F", None)
        await desk.sink.until(lambda: len(desk.rows("depth", 1)) >= 2)


async def test_bracket_fills_and_its_stop_rests(desk: Desk) -> None:
    async with desk.adapter() as adapter:
        first = desk.sink.of(NextOrderId)[0].order_id
        await adapter.watch_options([CALL])
        await adapter.submit(bracket(first))
        await desk.sink.until(lambda: desk.sink.of(CommissionReported), "the entry is filled and paid")
        assert len(desk.sink.of(OrderSent)) == 3
        assert sum(e.execution.quantity for e in desk.sink.of(ExecutionReported)) == 2
        assert desk.sink.of(ExecutionReported)[0].execution.order_ref == f"I{first}:entry"
        await adapter.reprice(first + 2, Decimal("2.60"))
        await desk.sink.until(
            lambda: any(e.order.limit_price == Decimal("2.60") for e in desk.sink.of(OrderReported)), "the new limit"
        )
        snapshot = await adapter.snapshot()
        assert snapshot.complete
        assert [(p.con_id, p.quantity) for p in snapshot.positions] == [(CALL_CON_ID, 2)]
        assert {(o.order_ref, o.quantity) for o in snapshot.open_orders} == {
            (f"I{first}:stop", 2),
            (f"I{first}:target", 2),
        }
        assert {e.exec_id for e in snapshot.executions} == {
            e.execution.exec_id for e in desk.sink.of(ExecutionReported)
        }
        desk.market.set_quote(CALL_CON_ID, 2.62, 2.64)
        await desk.sink.until(lambda: "Filled" in desk.statuses(first + 2), "the target")
        await desk.sink.until(lambda: "Cancelled" in desk.statuses(first + 1), "the stop goes with it")
        snapshot = await adapter.snapshot()
        assert snapshot.positions == snapshot.open_orders == ()


async def test_cancel_and_rejection(desk: Desk) -> None:
    async with desk.adapter() as adapter:
        first = desk.sink.of(NextOrderId)[0].order_id
        await adapter.watch_options([CALL])
        await adapter.submit(bracket(first, limit="1.00"))
        await desk.sink.until(lambda: "Submitted" in desk.statuses(first))
        await adapter.cancel(first)
        await desk.sink.until(lambda: "Cancelled" in desk.statuses(first))
        desk.sim.apply_fault(kinds.RejectNext(count=3))
        await adapter.submit(bracket(first + 10))
        await desk.sink.until(lambda: any(e.code == 201 for e in desk.sink.of(OrderErrored)))
        desk.sim.apply_fault(kinds.WarnNext(code=10349, text="Order TIF was set to DAY based on order preset."))
        await adapter.submit(bracket(first + 20, limit="1.00"))
        await desk.sink.until(lambda: any(e.code == 10349 for e in desk.sink.of(OrderErrored)))
        await desk.sink.until(lambda: "Submitted" in desk.statuses(first + 20))
        assert "Cancelled" not in desk.statuses(first + 20)


async def test_swallowed_order_is_sent_and_never_reported(desk: Desk) -> None:
    async with desk.adapter() as adapter:
        first = desk.sink.of(NextOrderId)[0].order_id
        await adapter.watch_options([CALL])
        desk.sim.apply_fault(kinds.SwallowNext(count=3))
        await adapter.submit(bracket(first))
        assert len(desk.sink.of(OrderSent)) == 3
        snapshot = await adapter.snapshot()
        assert snapshot.complete
        assert snapshot.open_orders == ()
        assert not desk.sink.of(OrderReported)


async def test_fill_lost_in_a_drop_is_found_by_the_snapshot(desk: Desk) -> None:
    async with desk.adapter() as adapter:
        first = desk.sink.of(NextOrderId)[0].order_id
        await adapter.watch_options([CALL])
        desk.sim.apply_fault(kinds.HoldFills(for_s=30))
        await adapter.submit(bracket(first))
        await desk.sink.until(lambda: desk.statuses(first))
        desk.sim.apply_fault(kinds.DropLink(refuse_for_s=0.2))
        await desk.sink.until(lambda: not adapter.healthy)
        with pytest.raises(LinkError):
            await adapter.submit(bracket(first + 10))
        await desk.sink.until(lambda: adapter.healthy)
        assert not desk.sink.of(ExecutionReported)
        snapshot = await adapter.snapshot()
        assert sum(e.quantity for e in snapshot.executions) == 2
        assert [p.quantity for p in snapshot.positions] == [2]
        # The option line came back with the link.
        desk.market.set_quote(CALL_CON_ID, 2.11, 2.13)
        await desk.sink.until(lambda: desk.rows("quote", 1000)[-1][2] == 2.11)


@pytest.mark.parametrize("data_lost", [False, True])
async def test_server_outage(desk: Desk, data_lost: bool) -> None:
    async with desk.adapter() as adapter:
        await adapter.subscribe_underlying("SPY", 1)
        await desk.sink.until(lambda: desk.rows("quote", 1))
        desk.sim.apply_fault(kinds.ServerOutage(for_s=0.1, data_lost=data_lost))
        await desk.sink.until(lambda: not adapter.healthy)
        await desk.sink.until(lambda: adapter.healthy)
        codes = [e.code for e in desk.sink.of(LinkChanged)]
        assert codes == ([0, 1100, 1101, 0] if data_lost else [0, 1100, 1102])
        desk.market.set_quote(SPY_CON_ID, 651.00, 651.02)
        await desk.sink.until(lambda: desk.rows("quote", 1)[-1][2] == 651.0)


async def test_withheld_positions_make_a_snapshot_incomplete(desk: Desk) -> None:
    async with desk.adapter() as adapter:
        desk.sim.apply_fault(kinds.WithholdEnd(what="positions"))
        snapshot = await adapter.snapshot()
        assert (snapshot.complete, snapshot.missing) == (False, "positions")


async def test_restart_finds_its_orders_again(desk: Desk) -> None:
    async with desk.adapter() as adapter:
        first = desk.sink.of(NextOrderId)[0].order_id
        await adapter.watch_options([CALL])
        await adapter.submit(bracket(first))
        await desk.sink.until(lambda: desk.sink.of(CommissionReported))
    desk.sink = RecordingSink()
    async with desk.adapter() as adapter:
        assert desk.sink.of(NextOrderId)[0].order_id >= first + 3
        snapshot = await adapter.snapshot()
        assert {o.order_ref for o in snapshot.open_orders} == {f"I{first}:stop", f"I{first}:target"}
        await adapter.reprice(first + 2, Decimal("2.40"))
        await desk.sink.until(lambda: any(e.order.limit_price == Decimal("2.40") for e in desk.sink.of(OrderReported)))
        desk.market.set_quote(CALL_CON_ID, 2.45, 2.47)
        await desk.sink.until(lambda: "Filled" in desk.statuses(first + 2))
