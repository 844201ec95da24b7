"""The wire: frames lost, doubled, swapped, spoilt; writes late, split, cut. One seed strikes the same frames."""

from random import Random

import pytest

from alphatrader.sim.faults.effects.stage import Stage
from alphatrader.sim.faults.effects.wire import Frames
from alphatrader.sim.faults.injector import read_fault
from alphatrader.sim.scripted import SPY_CON_ID
from alphatrader.sim.wire.fields import message


async def test_frames_are_dropped(live):
    ticker = await live.ticker()
    live.fault("wire", do="drop", for_s=0.2)
    live.market.set_quote(SPY_CON_ID, 651.00, 651.02, 500)
    await live.rounds(6)
    assert ticker.bid == 650.00
    assert live.ib.isConnected()


async def test_frames_are_doubled(live):
    seen = live.raw()
    live.fault("wire", do="duplicate", count=1)
    live.ib.client.reqIds(1)
    await live.until(lambda: [fields[0] for fields in seen].count("9") == 2)


async def test_frames_are_swapped(live):
    seen = live.raw()
    live.fault("wire", do="reorder", count=1)
    trade = live.buy(1.50)
    await live.status(trade, "Submitted")
    first = [fields[0] for fields in seen if fields[0] in {"3", "5"}][:2]
    assert first == ["3", "5"]


async def test_bytes_are_spoilt_and_frames_stay_whole(live):
    ticker = await live.ticker()
    live.fault("wire", do="corrupt", count=3)
    for price in (651, 652, 653, 654):
        live.market.set_quote(SPY_CON_ID, price, price + 0.02, 500)
        await live.rounds(7)
    live.market.set_quote(SPY_CON_ID, 655.00, 655.02, 500)
    await live.until(lambda: ticker.bid == 655.00)


async def test_writes_are_late_and_keep_their_order(live):
    seen = live.raw()
    live.fault("wire", do="delay", by_s=0.15, for_s=0.05)
    live.ib.client.reqIds(1)
    await live.rounds(5)
    assert seen == []
    live.ib.client.reqCurrentTime()
    await live.until(lambda: any(fields[0] == "49" for fields in seen))
    kinds = [fields[0] for fields in seen if fields[0] in {"9", "49"}]
    assert kinds == ["9", "49"]


async def test_writes_in_two_pieces_are_put_together(live):
    live.fault("wire", do="split", by_s=0.03, for_s=1)
    for _ in range(3):
        assert await live.ib.reqCurrentTimeAsync()
    await live.status(live.buy(), "Filled")


async def test_a_frame_is_cut_and_the_connection_with_it(live):
    live.fault("wire", do="cut", count=1)
    live.ib.client.reqIds(1)
    await live.until(lambda: not live.ib.isConnected())
    assert (await live.connect(client_id=2)).isConnected()


async def test_one_client_alone_is_struck(live):
    other = await live.connect(client_id=2)
    live.fault("wire", do="cut", client_id=2)
    assert await live.ib.reqCurrentTimeAsync()
    other.client.reqIds(1)
    await live.until(lambda: not other.isConnected())
    assert live.ib.isConnected()


@pytest.mark.parametrize("do", ["drop", "corrupt"])
async def test_the_seed_decides_what_is_struck(bench, do):
    data = b"".join(message(1, 6, number, 1, 650.0, 1, 1) for number in range(50))

    session = bench.sim.gateway.new_session()

    def struck(seed):
        fault = read_fault({"kind": "wire", "do": do, "share": 0.2})
        stage = Stage(bench.sim.gateway, bench.sim._door, Random(seed))
        return Frames(stage, fault).strike(session, data)

    assert struck(1) == struck(1) != struck(2)
    assert struck(1) != data


async def test_splits_and_delays_together_lose_no_byte(live):
    live.fault("wire", do="split", share=0.6, by_s=0.01, for_s=2)
    live.fault("wire", do="delay", share=0.6, by_s=0.01, for_s=2)
    trades = [live.buy(quantity=1) for _ in range(4)]
    for trade in trades:
        await live.status(trade, "Filled")
    assert await live.ib.reqCurrentTimeAsync()


async def test_an_absurd_length_ends_what_a_client_can_read(live):
    seen = live.raw()
    live.fault("wire", do="length", count=1)
    live.ib.client.reqIds(1)
    await live.rounds(4)
    live.ib.client.reqIds(1)
    await live.rounds(4)
    assert not [fields for fields in seen if fields[0] == "9"], "the client waits for bytes that never come"
