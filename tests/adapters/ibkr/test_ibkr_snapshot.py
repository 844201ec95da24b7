"""The poll for the truth, and messages that cannot be read."""

import random

import pytest
from tests.adapters.ibkr.scripted_gateway import (
    ACCOUNT,
    ALL_OPEN,
    EXECUTIONS,
    POSITIONS,
    REQ_MKT_DATA,
    commission,
    error,
    execution,
    open_order,
    order_status,
    position,
)
from tests.adapters.ibkr.tickets import CON_ID, ready
from tests.doubles.sink import RecordingSink

from alphatrader.adapters.ibkr.faults import SinkError
from alphatrader.domain.errors import DataError
from alphatrader.domain.events import (
    ExecutionReported,
    LinkChanged,
    OrderErrored,
    OrderReported,
)


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


async def test_status_of_an_unknown_order_asks_what_it_is(rig) -> None:
    async with rig() as r:
        r.gateway.answers[ALL_OPEN] = lambda g, _: g.push(open_order(77, CON_ID, "Submitted", ref="I1:stop"), [53, 1])
        r.gateway.push(order_status(77, "Submitted"))
        (event,) = await r.sink.until(lambda: r.sink.of(OrderReported))
        assert event.order.order_ref == "I1:stop"


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
        await ready(r)
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
        await ready(r)
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
