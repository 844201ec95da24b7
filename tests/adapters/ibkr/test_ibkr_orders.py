"""Orders out, reports in, and the sequences that have cost others money."""

import asyncio
from decimal import Decimal

import pytest
from msgspec import structs
from tests.adapters.ibkr.scripted_gateway import (
    ACCOUNT,
    CANCEL_ORDER,
    PLACE_ORDER,
    commission,
    error,
    execution,
    frame,
    open_order,
    order_status,
)
from tests.adapters.ibkr.tickets import (
    CON_ID,
    CONDITION,
    FOREVER,
    KEY,
    bracket,
    conditional_bracket,
    holds,
    ready,
    sent,
)

from alphatrader.domain.approval import approve
from alphatrader.domain.contracts import OptionKey, Right
from alphatrader.domain.errors import LinkError, OrderRefusedError
from alphatrader.domain.events import (
    CommissionReported,
    ExecutionReported,
    OrderErrored,
    OrderReported,
    OrderSent,
)
from alphatrader.domain.orders import OrderIntent


async def test_bracket_goes_out_as_one_family(rig) -> None:
    async with rig() as r:
        await sent(r)
        assert [event.order_id for event in r.sink.of(OrderSent)] == [100, 101, 102]
        entry, stop, target = r.gateway.seen(PLACE_ORDER)
        # orderId conId ... action qty type lmt aux tif oca account openClose origin ref transmit parent
        assert entry[1:3] == ["100", str(CON_ID)]
        assert entry[16:22] == ["BUY", "2.0", "LMT", "1.25", "", "DAY"]
        assert entry[22:29] == ["", ACCOUNT, "O", "0", "I7:entry", "0", "0"]
        assert stop[16:22] == ["SELL", "2.0", "STP", "", "0.95", "GTC"]
        assert stop[22:29] == ["x1", ACCOUNT, "O", "0", "I7:stop", "0", "100"]
        assert target[16:22] == ["SELL", "2.0", "LMT", "1.75", "", "GTC"]
        assert target[22:29] == ["x1", ACCOUNT, "O", "0", "I7:target", "1", "100"]
        for message, oca_type, outside in ((entry, "0", "0"), (stop, "2", "0"), (target, "2", "0")):
            assert message[33] == outside
            assert message[47] == oca_type


async def test_conditional_stop_and_trigger_method(rig) -> None:
    async with rig() as r:
        await ready(r)
        await r.adapter.submit(conditional_bracket())
        entry, stop, backstop = await r.sink.until(
            lambda: found if len(found := r.gateway.seen(PLACE_ORDER)) == 3 else None
        )
        assert stop[16:22] == ["SELL", "2.0", "MKT", "", "", "GTC"]
        assert (stop[22], stop[26:29], stop[47]) == ("x1", ["I8:stop", "0", "100"], "2")
        assert holds(stop, CONDITION)
        assert (backstop[18], backstop[20], backstop[26]) == ("STP", "0.6", "I8:stop2")
        assert [message[32] for message in (entry, stop, backstop)] == ["0", "0", "4"]
        assert not holds(entry, CONDITION[1:-2])
        assert not holds(backstop, CONDITION[1:-2])


async def test_a_condition_on_an_index_names_the_exchange_of_the_index(rig) -> None:
    async with rig(indices={"SPY": "CBOE"}) as r:
        spy = await r.adapter.subscribe_underlying("SPY", 1)
        assert spy.con_id == 756733
        await ready(r)
        await r.adapter.submit(conditional_bracket())
        await r.sink.until(lambda: len(r.gateway.seen(PLACE_ORDER)) == 3)
        assert holds(r.gateway.seen(PLACE_ORDER)[1], ["756733", "CBOE", "2"])


@pytest.mark.parametrize(
    ("approved", "words"),
    [(bracket(deadline_ns=0), "deadline"), (bracket(limit="1.255"), "tick"), (object(), "approval")],
)
async def test_what_is_refused_leaves_no_byte(rig, approved, words: str) -> None:
    async with rig() as r:
        await ready(r)
        with pytest.raises(OrderRefusedError, match=words):
            await r.adapter.submit(approved)
        await r.adapter.cancel(1)
        await r.sink.until(lambda: r.gateway.seen(CANCEL_ORDER))
        assert not r.gateway.seen(PLACE_ORDER)
        assert not r.sink.of(OrderSent)


async def test_no_order_while_the_gateway_is_cut_off(rig) -> None:
    async with rig() as r:
        await sent(r)
        r.gateway.push(error(-1, 1100, "lost"))
        await r.sink.until(lambda: not r.adapter.healthy)
        with pytest.raises(LinkError):
            await r.adapter.submit(bracket(200))
        with pytest.raises(LinkError, match="two live orders"):
            await r.adapter.reprice(100, Decimal("1.30"))
        await r.adapter.cancel(100)
        await r.sink.until(lambda: r.gateway.seen(CANCEL_ORDER))
        assert len(r.gateway.seen(PLACE_ORDER)) == 3


async def test_orders_pass_while_only_a_data_farm_is_down(rig) -> None:
    async with rig() as r:
        await ready(r)
        r.gateway.push(error(-1, 2103, "Market data farm connection is broken:usopt"))
        await r.sink.until(lambda: not r.adapter.healthy)
        await r.adapter.submit(bracket())
        await r.sink.until(lambda: len(r.gateway.seen(PLACE_ORDER)) == 3)


async def test_bytes_that_stay_in_the_buffer_are_not_sent(rig) -> None:
    async with rig(send_timeout_s=0.2) as r:
        await ready(r)
        wire = r.adapter._session.wire
        wire._drained.clear()  # as the transport does when the kernel takes no more
        await r.adapter.submit(bracket())
        assert not r.sink.of(OrderSent)


async def test_sent_means_that_the_kernel_has_every_byte(rig) -> None:
    async with rig() as r:
        await ready(r)
        r.gateway.reading.clear()
        wire = r.adapter._session.wire
        wire._write(frame(999, "x" * 12_000_000))  # more than the socket's buffers hold: the link is clogged
        async with asyncio.TaskGroup() as group:
            submit = group.create_task(r.adapter.submit(bracket()))
            for _ in range(50):
                await asyncio.sleep(0.001)
            assert not submit.done()
            assert not r.sink.of(OrderSent)
            r.gateway.reading.set()
        assert len(r.sink.of(OrderSent)) == 3


async def test_link_lost_between_the_first_byte_and_the_last(rig) -> None:
    async with rig() as r:
        await ready(r)
        wire = r.adapter._session.wire
        wire._drained.clear()
        async with asyncio.TaskGroup() as group:
            submit = group.create_task(r.adapter.submit(bracket()))
            await r.sink.until(lambda: r.gateway.seen(PLACE_ORDER))
            r.gateway.drop()
        assert submit.result() is None
        assert not r.sink.of(OrderSent)


async def test_an_intent_too_large_for_the_pace_is_refused_whole_and_each_family_is_transmitted(rig) -> None:
    async with rig(messages_per_second=10, cancel_reserve=1) as r:
        await ready(r)

        def intent(count: int):
            tickets = [
                structs.replace(
                    ticket, order_id=ticket.order_id + 3 * n, parent_id=ticket.parent_id and 100 + 3 * n, step=n + 1
                )
                for n in range(count)
                for ticket in bracket().value.tickets
            ]
            return approve(OrderIntent("I9", 1000, "open", tuple(tickets), 0, FOREVER), ("test",))

        with pytest.raises(OrderRefusedError, match="holds 12 orders, and only 9"):
            await r.adapter.submit(intent(4))
        await r.adapter.submit(intent(3))
        await r.sink.until(lambda: len(r.gateway.seen(PLACE_ORDER)) == 9)
        assert [message[27] for message in r.gateway.seen(PLACE_ORDER)] == ["0", "0", "1"] * 3


async def test_resting_order_reports(rig) -> None:
    async with rig() as r:
        await sent(r)
        r.gateway.push(
            order_status(101, "PreSubmitted", why="child,trigger", perm_id=9002),
            open_order(100, CON_ID, "PreSubmitted", ref="I7:entry"),
            order_status(100, "PreSubmitted"),
            open_order(100, CON_ID, "Submitted", ref="I7:entry"),
            order_status(100, "Submitted"),
            order_status(100, "Submitted", filled=1, remaining=1, average=1.24),
            order_status(100, "Submitted", filled=1, remaining=1, average=1.24),
        )
        await r.sink.until(lambda: len(r.sink.of(OrderReported)) == 7)
        stop, *rest = r.sink.of(OrderReported)
        # A status that comes before any openOrder is completed from our own ticket.
        assert stop.order.order_ref == "I7:stop"
        assert stop.order.stop_price == Decimal("0.95")
        assert stop.order.limit_price is None
        assert stop.why_held == "child,trigger"
        assert [e.order.status for e in rest] == ["PreSubmitted"] * 2 + ["Submitted"] * 4
        last = rest[-1]
        assert last.order.filled == 1
        assert last.average_price == Decimal("1.24")
        assert (last.order.perm_id, last.order.con_id, last.order.limit_price) == (9001, CON_ID, Decimal("1.25"))


@pytest.mark.parametrize(
    "messages",
    [
        [error(100, 10349, "Order TIF was set to DAY based on order preset.")],
        [error(100, 399, "Order Message: your order will not be placed at the exchange until 09:30")],
        [error(100, 110, "The price does not conform to the minimum price variation.")],
        [error(100, 202, "Order Canceled - reason:"), order_status(100, "PendingCancel")],
        [error(100, 10148, "OrderId 100 that needs to be cancelled cannot be cancelled, state: Filled.")],
    ],
)
async def test_no_error_is_turned_into_a_status(rig, messages) -> None:
    async with rig() as r:
        await sent(r)
        r.gateway.push(open_order(100, CON_ID, "Submitted", ref="I7:entry"), order_status(100, "Submitted"), *messages)
        (event,) = await r.sink.until(lambda: r.sink.of(OrderErrored))
        assert (event.order_id, event.code) == (100, messages[0][3])
        said = [e.order.status for e in r.sink.of(OrderReported)]
        assert "Cancelled" not in said
        assert "Inactive" not in said


@pytest.mark.parametrize("error_first", [True, False])
async def test_rejection_passes_in_the_order_in_which_it_came(rig, error_first: bool) -> None:
    async with rig() as r:
        await sent(r)
        said = [open_order(100, CON_ID, "Inactive"), order_status(100, "Inactive")]
        refused = error(100, 201, "Order rejected - reason:YOUR ORDER IS NOT ACCEPTED")
        r.gateway.push(*([refused, *said] if error_first else [*said, refused]))
        await r.sink.until(lambda: len(r.sink.of(OrderReported)) == 2 and r.sink.of(OrderErrored))
        kinds = [type(e).__name__ for e in r.sink.events if isinstance(e, OrderReported | OrderErrored)]
        assert kinds == (["OrderErrored"] + ["OrderReported"] * 2)[:: 1 if error_first else -1]


async def test_fills_after_cancel_duplicates_and_corrections_all_pass(rig) -> None:
    async with rig() as r:
        await sent(r)
        r.gateway.push(
            order_status(100, "Cancelled"),
            error(100, 202, "Order Canceled - reason:"),
            execution("0001.01", 100, CON_ID, ref="I7:entry", price=1.2345),
            execution("0001.01", 100, CON_ID, ref="I7:entry", price=1.2345),
            execution("0001.02", 100, CON_ID, ref="I7:entry"),
            order_status(100, "Filled", filled=2, remaining=0),
            order_status(100, "Submitted", filled=0),
            commission("0001.01"),
            commission("0001.02", "1.7976931348623157E308"),
        )
        await r.sink.until(lambda: r.sink.of(CommissionReported))
        fills = [e.execution for e in r.sink.of(ExecutionReported)]
        assert [fill.exec_id for fill in fills] == ["0001.01", "0001.01", "0001.02"]
        assert fills[0].price == Decimal("1.2345")
        assert (fills[0].side, fills[0].quantity, fills[0].order_ref) == ("BUY", 1, "I7:entry")
        # 15:27:04 in New York in November
        assert fills[0].ts_ns == 1_763_756_824_000_000_000
        assert [e.order.status for e in r.sink.of(OrderReported)] == ["Cancelled", "Filled", "Submitted"]
        (paid,) = r.sink.of(CommissionReported)
        assert (paid.exec_id, paid.commission, paid.currency) == ("0001.01", Decimal("0.65"), "USD")


async def test_cancel_overtakes_a_queue_of_other_messages(rig) -> None:
    async with rig(messages_per_second=19, cancel_reserve=10) as r:
        others = [OptionKey("SPY", "20251121", Decimal(strike), Right.CALL) for strike in (652, 653)]
        await r.adapter.watch_options([KEY, *others])
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(r.adapter.submit(bracket()))
            await asyncio.sleep(0)
            await r.adapter.cancel(5)
            assert not waiting.done()
            await r.sink.until(lambda: r.gateway.seen(CANCEL_ORDER))
            assert not r.gateway.seen(PLACE_ORDER)
        assert len(r.sink.of(OrderSent)) == 3
