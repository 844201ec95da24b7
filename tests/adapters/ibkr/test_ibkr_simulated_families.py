"""Families of orders at the simulated gateway: scale-outs, conditional stops, moved stops; each in both ways."""

from decimal import Decimal

import pytest
from tests.adapters.ibkr.simulated_desk import Desk
from tests.doubles.sink import RecordingSink

from alphatrader.adapters.ibkr.adapter import IbkrAdapter
from alphatrader.domain.approval import approve
from alphatrader.domain.contracts import OptionKey, Right
from alphatrader.domain.errors import OrderRefusedError
from alphatrader.domain.events import ContractUnavailable, ExecutionReported, InstrumentAdded, NextOrderId
from alphatrader.domain.orders import Leg, OpenOrder, OrderIntent, OrderTicket, PriceCondition
from alphatrader.sim.faults import kinds
from alphatrader.sim.scripted import CALL_CON_ID, NEXT_CALL_CON_ID, SPY_CON_ID

CALL = OptionKey("SPY", "20261116", Decimal(650), Right.CALL, "SPY")
NEXT_CALL = OptionKey("SPY", "20261117", Decimal(650), Right.CALL, "SPY")
BELOW_645 = PriceCondition(SPY_CON_ID, "SMART", is_more=False, price=Decimal(645))


def family(first_id: int, steps: tuple[int, ...], limit: str = "2.00", stop: str = "1.50", trigger_method: int = 0,
           condition: PriceCondition | None = None):  # fmt: skip
    """An entry, a stop and a target for each step. Targets 2.40, 2.60, 2.80."""
    tickets = []
    for step, quantity in enumerate(steps, start=1):
        entry = first_id + 3 * (step - 1)
        price = Decimal("2.20") + Decimal("0.20") * step
        tickets.append(
            OrderTicket(entry, Leg.ENTRY, "BUY", quantity, "LMT", "DAY", limit_price=Decimal(limit), step=step)
        )
        exits = {"parent_id": entry, "oca_group": f"I{first_id}:oca{step}", "step": step}
        if condition is None:
            terms = {"stop_price": Decimal(stop), "trigger_method": trigger_method}
            tickets.append(OrderTicket(entry + 1, Leg.STOP, "SELL", quantity, "STP", "GTC", **terms, **exits))
        else:
            tickets.append(
                OrderTicket(entry + 1, Leg.STOP, "SELL", quantity, "MKT", "GTC", condition=condition, **exits)
            )
        tickets.append(OrderTicket(entry + 2, Leg.TARGET, "SELL", quantity, "LMT", "GTC", limit_price=price, **exits))
    return approve(OrderIntent(f"I{first_id}", 1000, "open", tuple(tickets), 0, 2**62), ("test",))


async def submit(desk: Desk, adapter: IbkrAdapter, steps: tuple[int, ...], **changes) -> int:
    """Send a family on the call; return its entry's id."""
    first = desk.sink.of(NextOrderId)[-1].order_id
    await adapter.watch_options([CALL])
    await adapter.submit(family(first, steps, **changes))
    await desk.sink.until(lambda: all(desk.last(first + n) for n in range(3 * len(steps))), "all are reported")
    return first


async def entered(desk: Desk, first: int, steps: tuple[int, ...]) -> None:
    """Wait for the entries, and for their exits to wake."""
    numbers = range(first, first + 3 * len(steps))
    await desk.sink.until(lambda: all(desk.last(n).order.status == "Filled" for n in numbers[::3]), "the entries")
    await desk.sink.until(lambda: all("child" not in desk.last(n).why_held for n in numbers), "all wake")


def order(desk: Desk, number: int) -> OpenOrder:
    said = desk.last(number)
    assert said is not None
    return said.order


def state(desk: Desk, number: int) -> tuple[str, str]:
    said = desk.last(number)
    assert said is not None
    return said.order.status, said.why_held


def sold(desk: Desk, number: int) -> int:
    return sum(e.execution.quantity for e in desk.sink.of(ExecutionReported) if e.execution.order_id == number)


async def test_a_scale_out_of_three_steps_goes_out_whole_and_each_step_ends_its_own(desk: Desk) -> None:
    async with desk.adapter() as adapter:
        steps = (2, 1, 1)
        first = await submit(desk, adapter, steps)
        await entered(desk, first, steps)
        _, stop, target, _, stop2, target2, _, stop3, target3 = range(first, first + 9)
        legs = ("entry", "stop", "target")
        assert [order(desk, n).order_ref for n in range(first, first + 9)] == [
            f"I{first}:{leg}{step}" for step in ("", "2", "3") for leg in legs
        ]
        assert {state(desk, n) for n in (stop, stop2, stop3)} == {("PreSubmitted", "trigger")}
        assert {state(desk, n) for n in (target, target2, target3)} == {("Submitted", "")}
        desk.market.set_quote(CALL_CON_ID, 2.40, 2.44, 1)
        await desk.sink.until(lambda: order(desk, stop).quantity == 1, "a part of the target shrinks its stop")
        assert order(desk, target).filled == 1
        desk.market.set_quote(CALL_CON_ID, 2.40, 2.44, 1)
        await desk.sink.until(lambda: "Cancelled" in desk.statuses(stop), "the first stop goes with its target")
        snapshot = await adapter.snapshot()
        assert [p.quantity for p in snapshot.positions] == [2]
        assert {(o.order_id, o.quantity) for o in snapshot.open_orders} == {
            (n, 1) for n in (stop2, target2, stop3, target3)
        }
        desk.market.set_quote(CALL_CON_ID, 1.40, 1.44)
        desk.market.set_quote(CALL_CON_ID, 1.40, 1.43)
        await desk.sink.until(lambda: sold(desk, stop2) == sold(desk, stop3) == 1, "both stops")
        await desk.sink.until(lambda: all("Cancelled" in desk.statuses(n) for n in (target2, target3)))
        snapshot = await adapter.snapshot()
        assert snapshot.positions == snapshot.open_orders == ()


async def test_every_exit_has_the_quantity_of_its_own_entry_whatever_the_gateway_makes_of_it(desk: Desk) -> None:
    async with desk.adapter() as adapter:
        first = await submit(desk, adapter, (1, 2), limit="1.00")
        assert [order(desk, first + n).quantity for n in range(6)] == [1, 1, 1, 2, 2, 2]


async def test_a_part_of_the_entries_leaves_exits_for_no_more_than_was_bought(desk: Desk) -> None:
    async with desk.adapter() as adapter:
        desk.market.set_quote(CALL_CON_ID, 1.98, 2.00, 2)
        first = await submit(desk, adapter, (1, 2))
        await desk.sink.until(lambda: order(desk, first + 3).filled == 1, "the first entry, and a part of the second")
        await adapter.cancel(first + 3)
        await desk.sink.until(lambda: "Cancelled" in desk.statuses(first + 3))
        exits = (first + 1, first + 2, first + 4, first + 5)
        await desk.sink.until(lambda: all(order(desk, n).quantity == 1 for n in exits), "no more than was bought")
        snapshot = await adapter.snapshot()
        assert [p.quantity for p in snapshot.positions] == [2]
        assert {(o.order_id, o.quantity) for o in snapshot.open_orders} == {(n, 1) for n in exits}


@pytest.mark.parametrize("condition", [None, BELOW_645])
async def test_the_cancel_of_an_entry_takes_all_exits_along(desk: Desk, condition: PriceCondition | None) -> None:
    async with desk.adapter() as adapter:
        first = await submit(desk, adapter, (1, 2), limit="1.00", condition=condition)
        held = "child" if condition else "child,trigger"
        await desk.sink.until(lambda: state(desk, first + 4) == ("PreSubmitted", held), "it waits for its parent")
        await adapter.cancel(first)
        await desk.sink.until(lambda: all("Cancelled" in desk.statuses(first + n) for n in range(3)), "its exits")
        await adapter.cancel(first + 3)
        await desk.sink.until(lambda: all("Cancelled" in desk.statuses(first + n) for n in range(6)), "all of them")
        assert (await adapter.snapshot()).open_orders == ()


async def test_a_conditional_stop_sells_where_the_underlying_crosses(desk: Desk) -> None:
    async with desk.adapter() as adapter:
        first = await submit(desk, adapter, (2,), condition=BELOW_645)
        stop, target = first + 1, first + 2
        await desk.sink.until(lambda: state(desk, stop) == ("PreSubmitted", ""), "it waits for its condition alone")
        said = order(desk, stop)
        assert (said.order_type, said.limit_price, said.stop_price) == ("MKT", None, None)
        assert said.condition_price == Decimal(645)
        with pytest.raises(OrderRefusedError, match="only stops on the option's price"):
            await adapter.move_stop(stop, Decimal("1.20"))
        desk.market.set_quote(CALL_CON_ID, 0.50, 0.52)
        desk.market.trade(SPY_CON_ID, 645.01, 100)
        await desk.sink.until(lambda: desk.rows("quote", 1000)[-1][2] == 0.5, "the market moved")
        assert sold(desk, stop) == 0
        desk.market.trade(SPY_CON_ID, 645.00, 100)
        await desk.sink.until(lambda: sold(desk, stop) == 2, "the stop")
        await desk.sink.until(lambda: "Cancelled" in desk.statuses(target), "the target goes with it")
        assert (await adapter.snapshot()).positions == ()


async def test_a_conditional_stop_outlives_link_and_process_and_is_changed_as_it_was(desk: Desk) -> None:
    async with desk.adapter() as adapter:
        first = await submit(desk, adapter, (2,), condition=BELOW_645)
        await desk.sink.until(lambda: state(desk, first + 1) == ("PreSubmitted", ""))
        desk.sim.apply_fault(kinds.DropLink(refuse_for_s=0.1))
        await desk.sink.until(lambda: not adapter.healthy)
        await desk.sink.until(lambda: adapter.healthy)
        before = [o for o in (await adapter.snapshot()).open_orders if o.order_id == first + 1]
    desk.sink = RecordingSink()
    async with desk.adapter() as adapter:
        snapshot = await adapter.snapshot()
        assert [o for o in snapshot.open_orders if o.order_id == first + 1] == before
        (stop,) = before
        assert (stop.order_ref, stop.status, stop.quantity) == (f"I{first}:stop", "PreSubmitted", 2)
        assert (stop.order_type, stop.stop_price, stop.condition_price) == ("MKT", None, Decimal(645))
        await adapter.resize(first + 1, 1)
        await desk.sink.until(lambda: order(desk, first + 1).quantity == 1)
        assert order(desk, first + 1).condition_price == Decimal(645)
        assert sold(desk, first + 1) == 0
        desk.market.trade(SPY_CON_ID, 644.90, 100)
        await desk.sink.until(lambda: sold(desk, first + 1) == 1, "the stop")
        await desk.sink.until(lambda: order(desk, first + 2).quantity == 1, "the target covers the rest")


async def test_a_moved_stop_triggers_where_it_was_moved_to(desk: Desk) -> None:
    async with desk.adapter() as adapter:
        first = await submit(desk, adapter, (2,))
        await desk.sink.until(lambda: state(desk, first + 1) == ("PreSubmitted", "trigger"))
        await adapter.move_stop(first + 1, Decimal("1.80"))
        await desk.sink.until(lambda: order(desk, first + 1).stop_price == Decimal("1.80"), "the new price")
        for ask in (1.79, 1.78):
            desk.market.set_quote(CALL_CON_ID, 1.75, ask)
            await desk.sink.until(lambda: desk.rows("quote", 1000)[-1][4] == ask, "the quote")  # noqa: B023
        await desk.sink.until(lambda: sold(desk, first + 1) == 2, "the stop")
        await desk.sink.until(lambda: "Cancelled" in desk.statuses(first + 2), "the target goes with it")


async def test_a_stop_looks_at_what_its_trigger_method_says(desk: Desk) -> None:
    async with desk.adapter() as adapter:
        first = await submit(desk, adapter, (2,), trigger_method=2)
        await desk.sink.until(lambda: state(desk, first + 1) == ("PreSubmitted", "trigger"))
        for ask in (1.44, 1.43):
            desk.market.set_quote(CALL_CON_ID, 1.40, ask)
            await desk.sink.until(lambda: desk.rows("quote", 1000)[-1][4] == ask, "the quote")  # noqa: B023
        assert sold(desk, first + 1) == 0
        desk.market.trade(CALL_CON_ID, 1.50, 1, "CBOE")
        await desk.sink.until(lambda: sold(desk, first + 1) == 2, "the print")


async def test_options_of_any_expiry_are_quoted(desk: Desk) -> None:
    unlisted = OptionKey("SPY", "20261118", Decimal(650), Right.CALL, "SPY")
    async with desk.adapter() as adapter:
        await adapter.watch_options([CALL, NEXT_CALL, unlisted])
        added = [event.instrument for event in desk.sink.of(InstrumentAdded)]
        assert [(i.con_id, i.option) for i in added] == [(CALL_CON_ID, CALL), (NEXT_CALL_CON_ID, NEXT_CALL)]
        assert [event.key for event in desk.sink.of(ContractUnavailable)] == [unlisted.label("")]
        desk.market.set_quote(NEXT_CALL_CON_ID, 3.30, 3.36)
        await desk.sink.until(lambda: desk.rows("quote", 1001) and desk.rows("quote", 1001)[-1][2] == 3.3)
