"""Orders out, reports in, and the sequences that have cost others money."""

import asyncio
import random
from decimal import Decimal

import pytest
from tests.adapters.ibkr.recording_sink import RecordingSink
from tests.adapters.ibkr.scripted_gateway import (
    ACCOUNT,
    ALL_OPEN,
    CANCEL_ORDER,
    EXECUTIONS,
    PLACE_ORDER,
    POSITIONS,
    REQ_MKT_DATA,
    commission,
    error,
    execution,
    frame,
    open_order,
    option_con_id,
    order_status,
    position,
)

from alphatrader.adapters.ibkr.faults import SinkError
from alphatrader.domain.approval import approve
from alphatrader.domain.contracts import OptionKey, Right
from alphatrader.domain.errors import DataError, LinkError, OrderRefusedError
from alphatrader.domain.events import (
    CommissionReported,
    ExecutionReported,
    LinkChanged,
    OrderErrored,
    OrderReported,
    OrderSent,
)
from alphatrader.domain.orders import Leg, OrderIntent, OrderTicket

KEY = OptionKey("SPY", "20251121", Decimal(651), Right.CALL)
CON_ID = option_con_id("651", "C")
FOREVER = 2**62


def bracket(first_id: int = 100, deadline_ns: int = FOREVER, limit: str = "1.25"):
    entry = OrderTicket(first_id, Leg.ENTRY, "BUY", 2, "LMT", "DAY", limit_price=Decimal(limit))
    stop = OrderTicket(
        first_id + 1, Leg.STOP, "SELL", 2, "STP", "GTC", stop_price=Decimal("0.95"), parent_id=first_id, oca_group="x1"
    )
    target = OrderTicket(
        first_id + 2, Leg.TARGET, "SELL", 2, "LMT", "GTC", limit_price=Decimal("1.75"), parent_id=first_id,
        oca_group="x1",
    )  # fmt: skip
    return approve(OrderIntent("I7", 1000, "open", (entry, stop, target), 0, deadline_ns), ("test",))


async def _ready(r) -> None:
    await r.adapter.watch_options([KEY])


async def _sent(r) -> None:
    await _ready(r)
    await r.adapter.submit(bracket())
    await r.sink.until(lambda: len(r.gateway.seen(PLACE_ORDER)) == 3)


async def test_bracket_goes_out_as_one_family(rig) -> None:
    async with rig() as r:
        await _sent(r)
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


@pytest.mark.parametrize(
    ("approved", "words"),
    [(bracket(deadline_ns=0), "deadline"), (bracket(limit="1.255"), "tick"), (object(), "approval")],
)
async def test_what_is_refused_leaves_no_byte(rig, approved, words: str) -> None:
    async with rig() as r:
        await _ready(r)
        with pytest.raises(OrderRefusedError, match=words):
            await r.adapter.submit(approved)
        await r.adapter.cancel(1)
        await r.sink.until(lambda: r.gateway.seen(CANCEL_ORDER))
        assert not r.gateway.seen(PLACE_ORDER)
        assert not r.sink.of(OrderSent)


async def test_no_order_while_the_gateway_is_cut_off(rig) -> None:
    async with rig() as r:
        await _sent(r)
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
        await _ready(r)
        r.gateway.push(error(-1, 2103, "Market data farm connection is broken:usopt"))
        await r.sink.until(lambda: not r.adapter.healthy)
        await r.adapter.submit(bracket())
        await r.sink.until(lambda: len(r.gateway.seen(PLACE_ORDER)) == 3)


async def test_bytes_that_stay_in_the_buffer_are_not_sent(rig) -> None:
    async with rig(send_timeout_s=0.2) as r:
        await _ready(r)
        wire = r.adapter._session.wire
        wire._drained.clear()  # as the transport does when the kernel takes no more
        await r.adapter.submit(bracket())
        assert not r.sink.of(OrderSent)


async def test_sent_means_that_the_kernel_has_every_byte(rig) -> None:
    async with rig() as r:
        await _ready(r)
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
        await _ready(r)
        wire = r.adapter._session.wire
        wire._drained.clear()
        async with asyncio.TaskGroup() as group:
            submit = group.create_task(r.adapter.submit(bracket()))
            await r.sink.until(lambda: r.gateway.seen(PLACE_ORDER))
            r.gateway.drop()
        assert submit.result() is None
        assert not r.sink.of(OrderSent)


async def test_resting_order_reports(rig) -> None:
    async with rig() as r:
        await _sent(r)
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
        await _sent(r)
        r.gateway.push(open_order(100, CON_ID, "Submitted", ref="I7:entry"), order_status(100, "Submitted"), *messages)
        (event,) = await r.sink.until(lambda: r.sink.of(OrderErrored))
        assert (event.order_id, event.code) == (100, messages[0][3])
        said = [e.order.status for e in r.sink.of(OrderReported)]
        assert "Cancelled" not in said
        assert "Inactive" not in said


@pytest.mark.parametrize("error_first", [True, False])
async def test_rejection_passes_in_the_order_in_which_it_came(rig, error_first: bool) -> None:
    async with rig() as r:
        await _sent(r)
        said = [open_order(100, CON_ID, "Inactive"), order_status(100, "Inactive")]
        refused = error(100, 201, "Order rejected - reason:YOUR ORDER IS NOT ACCEPTED")
        r.gateway.push(*([refused, *said] if error_first else [*said, refused]))
        await r.sink.until(lambda: len(r.sink.of(OrderReported)) == 2 and r.sink.of(OrderErrored))
        kinds = [type(e).__name__ for e in r.sink.events if isinstance(e, OrderReported | OrderErrored)]
        assert kinds == (["OrderErrored"] + ["OrderReported"] * 2)[:: 1 if error_first else -1]


async def test_fills_after_cancel_duplicates_and_corrections_all_pass(rig) -> None:
    async with rig() as r:
        await _sent(r)
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


async def test_reprice_keeps_everything_else(rig) -> None:
    async with rig() as r:
        await _sent(r)
        await r.adapter.reprice(102, Decimal("1.60"))
        await r.adapter.resize(101, 1)
        await r.sink.until(lambda: len(r.gateway.seen(PLACE_ORDER)) == 5)
        target, stop = r.gateway.seen(PLACE_ORDER)[3:]
        first = r.gateway.seen(PLACE_ORDER)[2]
        assert target[19] == "1.6"
        assert target[:19] + target[20:] == first[:19] + first[20:]
        assert stop[17] == "1.0"
        assert stop[27] == "1"
        with pytest.raises(OrderRefusedError, match="no limit"):
            await r.adapter.reprice(101, Decimal(1))
        with pytest.raises(OrderRefusedError, match="not known"):
            await r.adapter.reprice(999, Decimal(1))


async def test_order_of_an_earlier_start_can_be_repriced(rig) -> None:
    async with rig() as r:
        r.gateway.answers[ALL_OPEN] = lambda g, _: g.push(
            open_order(55, CON_ID, "Submitted", ref="I3:target", action="SELL", limit="1.75", oca="x", tif="GTC"),
            [53, 1],
        )
        snapshot = await r.adapter.snapshot()
        assert [order.order_ref for order in snapshot.open_orders] == ["I3:target"]
        await r.adapter.reprice(55, Decimal("1.70"))
        (message,) = await r.sink.until(lambda: r.gateway.seen(PLACE_ORDER))
        assert message[16:23] == ["SELL", "2.0", "LMT", "1.7", "", "GTC", "x"]
        assert message[26:28] == ["I3:target", "1"]


async def test_status_of_an_unknown_order_asks_what_it_is(rig) -> None:
    async with rig() as r:
        r.gateway.answers[ALL_OPEN] = lambda g, _: g.push(open_order(77, CON_ID, "Submitted", ref="I1:stop"), [53, 1])
        r.gateway.push(order_status(77, "Submitted"))
        (event,) = await r.sink.until(lambda: r.sink.of(OrderReported))
        assert event.order.order_ref == "I1:stop"


async def test_cancel_overtakes_a_queue_of_other_messages(rig) -> None:
    async with rig(messages_per_second=14, cancel_reserve=10) as r:
        await _ready(r)
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(r.adapter.submit(bracket()))
            await asyncio.sleep(0)
            await r.adapter.cancel(5)
            assert not waiting.done()
            await r.sink.until(lambda: r.gateway.seen(CANCEL_ORDER))
            assert not r.gateway.seen(PLACE_ORDER)
        assert len(r.sink.of(OrderSent)) == 3


async def test_snapshot_is_whole(rig) -> None:
    async with rig() as r:
        r.gateway.answers[POSITIONS] = lambda g, _: g.push(
            position(CON_ID, 2), position(7, 0), position(8, 0.4), position(9, 5, account="DU2"), [62, 1]
        )
        r.gateway.answers[ALL_OPEN] = lambda g, _: g.push(
            open_order(60, CON_ID, "Submitted", client_id=3), order_status(60, "Submitted", client_id=3), [53, 1]
        )
        r.gateway.answers[EXECUTIONS] = lambda g, f: g.push(
            execution("a.01", 50, CON_ID, req_id=f[2]), commission("a.01"), [55, 1, f[2]]
        )
        snapshot = await r.adapter.snapshot()
        assert snapshot.complete
        assert snapshot.missing == ""
        assert [(p.con_id, p.quantity) for p in snapshot.positions] == [(CON_ID, 2), (8, 1)]
        assert [(o.order_id, o.client_id) for o in snapshot.open_orders] == [(60, 3)]
        assert [e.exec_id for e in snapshot.executions] == ["a.01"]
        await r.sink.until(lambda: r.gateway.seen(64))


@pytest.mark.parametrize(("withheld", "name"), [(POSITIONS, "positions"), (ALL_OPEN, "open orders")])
async def test_snapshot_without_an_end_marker_says_so(rig, withheld: int, name: str) -> None:
    async with rig() as r:
        answer = r.gateway.answers[withheld]
        r.gateway.answers[withheld] = lambda g, _: g.push(position(CON_ID, 2))
        snapshot = await r.adapter.snapshot()
        assert not snapshot.complete
        assert snapshot.missing == name
        # The marker comes late: it must not end the next poll before its rows are there.
        r.gateway.answers[withheld] = lambda g, f: (answer(g, f), answer(g, f))
        assert (await r.adapter.snapshot()).complete
        r.gateway.answers[withheld] = answer
        assert (await r.adapter.snapshot()).complete


async def test_late_end_marker_does_not_complete_the_next_poll(rig) -> None:
    async with rig() as r:
        r.gateway.answers[POSITIONS] = None
        assert not (await r.adapter.snapshot()).complete
        r.gateway.answers[POSITIONS] = lambda g, _: g.push([62, 1])  # the old poll's end, and nothing of the new one
        assert not (await r.adapter.snapshot()).complete
        assert (await r.adapter.snapshot()).complete


async def test_quiet_account_never_ends_its_executions(rig) -> None:
    async with rig() as r:
        r.gateway.answers[EXECUTIONS] = None
        snapshot = await r.adapter.snapshot()
        assert snapshot.complete
        assert len(r.gateway.seen(EXECUTIONS)) == 2
        r.gateway.push(execution("b.01", 50, CON_ID))
        await r.sink.until(lambda: r.sink.of(ExecutionReported))
        assert (await r.adapter.snapshot()).missing == "executions"
    async with rig(quiet_executions_ok=False) as r:
        assert (await r.adapter.snapshot()).missing == "executions"


async def test_link_lost_in_a_snapshot(rig) -> None:
    async with rig() as r:
        r.gateway.answers[POSITIONS] = lambda g, _: g.drop()
        snapshot = await r.adapter.snapshot()
        assert not snapshot.complete
        assert "lost" in snapshot.missing


async def test_unreadable_execution_drops_the_link_to_poll_the_truth(rig) -> None:
    async with rig() as r:
        r.gateway.push(execution("c.01", 50, CON_ID, time="not a time"))
        await r.sink.until(lambda: [e.healthy for e in r.sink.of(LinkChanged)] == [True, False, True])
        assert r.gateway.connections == 2


async def test_orders_that_stay_unreadable_end_the_run(make_adapter, gateway) -> None:
    adapter = make_adapter(RecordingSink())
    gateway.start_with = [[15, 1, ACCOUNT], [9, 1, 5], execution("c.01", 50, CON_ID, time="not a time")]
    with pytest.raises(ExceptionGroup) as caught:
        await adapter.run()
    assert caught.group_contains(DataError, match="another dialect")
    assert gateway.connections == 4
    await adapter.close()


async def test_random_market_messages_hurt_nothing(rig) -> None:
    dice = random.Random(20)
    async with rig() as r:
        await r.adapter.subscribe_underlying("SPY", 1)
        await _ready(r)
        await r.sink.until(lambda: len(r.gateway.seen(REQ_MKT_DATA)) == 2)
        ids = [request[2] for request in r.gateway.seen(REQ_MKT_DATA)] + ["1000000001", "-1", "7", "x"]
        words = ["", "0", "-1", "1", "2", "48", "1e999", "nan", "abc", "-0.0", "9" * 30, "a;b;c", "\\u00", "650.1"]
        messages = []
        for _ in range(3_000):
            kind = dice.choice([1, 2, 6, 8, 10, 12, 13, 21, 46, 52, 54, 58, 75, 76, 98, 99, 555, "", "z"])
            messages.append([kind, *(dice.choice(words + ids) for _ in range(dice.randrange(14)))])
        r.gateway.push(*messages)
        r.gateway.push(error(5, 399, "still here"))
        await r.sink.until(lambda: r.sink.of(OrderErrored))
        assert r.adapter.healthy
        for row in r.sink.rows:
            if row[0] == "quote":
                assert all(price is None or price > 0 for price in (row[2], row[4]))
            if row[0] == "trade":
                assert row[2] > 0
                assert row[3] > 0


async def test_unreadable_market_row_is_counted_and_the_rest_goes_on(rig) -> None:
    async with rig() as r:
        await _ready(r)
        r.gateway.push([1, 6, "x", "y"], [999, "what"], order_status(100, "Submitted"))
        r.gateway.push(error(5, 399, "still here"))
        await r.sink.until(lambda: r.sink.of(OrderErrored))
        assert r.adapter.healthy


async def test_a_broken_sink_ends_the_run(make_adapter, gateway) -> None:
    class Broken(RecordingSink):
        def post(self, event) -> None:
            if isinstance(event, ExecutionReported):
                raise RuntimeError("the engine has a bug")
            super().post(event)

    sink = Broken()
    adapter = make_adapter(sink)
    await adapter.connect()
    gateway.push(execution("d.01", 50, CON_ID))
    with pytest.raises(ExceptionGroup) as caught:
        await adapter.run()
    assert caught.group_contains(SinkError)
    await adapter.close()
