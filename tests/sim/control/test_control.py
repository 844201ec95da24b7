"""The control channel over its socket: every op, what it refuses, and both clients."""

import asyncio
import json
from decimal import Decimal

import pytest

from alphatrader.domain.errors import LinkError
from alphatrader.sim.control.client import AsyncControlClient, ControlClient
from alphatrader.sim.control.lines import RefusedError
from alphatrader.sim.control.requests import OPS, PlaceByHand
from alphatrader.sim.faults import kinds
from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID, ScriptedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import open_simulator


@pytest.fixture
async def sim(tmp_path):
    """A simulator without clients."""
    async with open_simulator(SimSettings(state_dir=tmp_path), ScriptedMarket()) as simulator:
        yield simulator


@pytest.fixture
async def control(sim):
    """A client in the same loop."""
    async with AsyncControlClient(sim.control.port) as client:
        yield client


async def raw(sim, line):
    """Send one line as it is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", sim.control.port)
    writer.write(line + b"\n")
    answer = json.loads(await reader.readline())
    writer.close()
    return answer


async def blocking(sim, work):
    """Use the blocking client from another thread."""

    def use():
        with ControlClient(sim.control.port, timeout_s=10) as client:
            return work(client)

    return await asyncio.to_thread(use)


async def test_market_time_stands_still_goes_on_and_changes_its_speed(sim, control):
    paused = await control.pause()
    assert paused.paused
    await asyncio.sleep(0.03)
    assert (await control.clock()).market_ns == paused.market_ns
    faster = await control.set_speed(1000)
    assert faster.market_ns == paused.market_ns
    resumed = await control.resume()
    assert not resumed.paused
    assert resumed.speed == 1000
    await asyncio.sleep(0.03)
    later = await control.clock()
    assert later.market_ns - resumed.market_ns >= 20_000_000_000
    assert (await control.set_speed(1)).market_ns >= later.market_ns, "market time never goes back"


async def test_the_market_runs_ahead_by_seconds_and_to_a_time_of_day(sim, control):
    await control.pause()
    before = await control.clock()
    after = await control.advance(90.5)
    assert after.market_ns - before.market_ns == 90_500_000_000
    assert sim.market.now_ns == after.market_ns
    closing = await control.advance(to="15:59:30")
    assert closing.close_ns - closing.market_ns == 30_000_000_000
    with pytest.raises(RefusedError, match="15:00 has passed"):
        await control.advance(to="15:00")
    with pytest.raises(RefusedError, match="one of seconds and to"):
        await control.advance()
    with pytest.raises(RefusedError, match="time of day"):
        await control.advance(to="noon")


async def test_the_market_runs_ahead_to_a_time_of_a_date(sim, control):
    before = await control.pause()
    with pytest.raises(RefusedError, match="15:59 of 2020-01-02 has passed"):
        await control.advance(to="15:59", date="2020-01-02")
    with pytest.raises(RefusedError, match="more than a month ahead"):
        await control.advance(to="15:59", date="2099-01-02")
    with pytest.raises(RefusedError, match="no date 2026-02-31"):
        await control.advance(to="15:59", date="2026-02-31")
    with pytest.raises(RefusedError, match="date"):
        await control.advance(to="15:59", date="tomorrow")
    assert (await control.advance(to="15:59:30", date=before.session_date)).market_ns == before.close_ns - 30 * 10**9


@pytest.mark.slow
async def test_a_night_passes_to_a_time_before_the_next_open(tmp_path):
    settings = SimSettings(state_dir=tmp_path, session_date="2026-11-20", start_fraction=0.999)
    async with open_simulator(settings) as simulator, AsyncControlClient(simulator.control.port) as control:
        monday = await control.advance(to="09:25", date="2026-11-23")
        assert monday.session_date == "2026-11-23"
        assert 0 <= monday.market_ns - (monday.open_ns - 300 * 10**9) < 60 * 10**9, "the market itself goes on"
        assert simulator.market.now_ns > monday.open_ns - 301 * 10**9


async def test_orders_by_hand_fill_rest_and_are_cancelled(sim, control):
    filled = await control.order(PlaceByHand("BUY", 2, con_id=CALL_CON_ID, limit_price=Decimal("2.00")))
    resting = await control.order(PlaceByHand("BUY", 1, con_id=SPY_CON_ID, limit_price=Decimal(600)))
    assert filled.perm_id != resting.perm_id
    async with asyncio.timeout(5):
        while not (status := await control.status()).executions:
            await asyncio.sleep(0.01)
    assert [(held.con_id, held.quantity) for held in status.positions] == [(CALL_CON_ID, 2)]
    assert [(order.perm_id, order.client_id, order.status) for order in status.open_orders] == [
        (resting.perm_id, 0, "Submitted")
    ]
    await control.cancel(resting.perm_id)
    assert not (await control.status()).open_orders
    with pytest.raises(RefusedError, match=str(resting.perm_id)):
        await control.cancel(resting.perm_id)
    with pytest.raises(RefusedError, match="no contract"):
        await control.order(PlaceByHand("BUY", 1, local_symbol="NOPE", limit_price=Decimal(1)))


async def test_client_zero_is_told_of_orders_by_hand(bench):
    ib = await bench.connect(client_id=0)
    ib.reqAutoOpenOrders(True)
    await bench.rounds()
    async with AsyncControlClient(bench.sim.control.port) as control:
        placed = await control.order(PlaceByHand("BUY", 1, con_id=SPY_CON_ID, limit_price=Decimal(600)))
    await bench.until(lambda: any(trade.order.permId == placed.perm_id for trade in ib.openTrades()))


async def test_faults_by_value_and_by_name_and_their_end(sim, control):
    board = sim.gateway.faults
    await control.fault("freeze_link", for_s=60)
    assert board.frozen
    await control.clear()
    assert not board.frozen
    await control.fault(kinds.FreezeLink(for_s=60))
    assert board.frozen
    await control.login()
    assert not board.frozen
    with pytest.raises(RefusedError, match="gremlin"):
        await control.fault("gremlin")


async def test_scenarios_begin_when_they_are_called_for(sim, control, tmp_path):
    path = tmp_path / "freeze.yaml"
    path.write_text("parameters: {long_s: 1}\nsteps:\n- at_s: 0\n  fault: {kind: freeze_link, for_s: $long_s}\n")
    await control.scenario(str(path), long_s=60)
    async with asyncio.timeout(5):
        while not sim.gateway.faults.frozen:
            await asyncio.sleep(0.01)
    with pytest.raises(RefusedError, match="has no parameter short_s"):
        await control.scenario(str(path), short_s=1)
    with pytest.raises(RefusedError, match="there is no scenario 'nowhere'"):
        await control.scenario("nowhere")
    later = tmp_path / "later.yaml"
    later.write_text("- at_s: 3600\n  fault: {kind: clear}\n")
    await control.scenario(str(later))
    assert (await control.status()).steps_to_come == 1
    await control.scenario("none")
    assert (await control.status()).steps_to_come == 0


async def test_options_are_exercised_or_let_lapse_by_wish(sim, control):
    with pytest.raises(RefusedError, match="refused"):
        await control.exercise(CALL_CON_ID, 1)
    await control.order(PlaceByHand("BUY", 2, con_id=CALL_CON_ID, limit_price=Decimal("2.00")))
    async with asyncio.timeout(5):
        while not (await control.status()).executions:
            await asyncio.sleep(0.01)
    await control.exercise(CALL_CON_ID, 1, override=True)


async def test_behaviours_in_force_are_listed(sim, control):
    listed = await control.behaviours()
    assert listed == dict(sim.gateway.behaviours)
    assert listed["history_farm_broken"] == "refused"


async def test_the_blocking_client_does_the_same(sim):
    def work(client):
        client.fault("mute", symbol="SPY")
        client.clear()
        client.login()
        client.set_speed(2)
        client.pause()
        client.resume()
        client.advance(seconds=1)
        client.scenario("feed_stall")
        placed = client.order("BUY", 1, con_id=SPY_CON_ID, limit_price=600.0)
        client.cancel(placed.perm_id)
        assert "history_farm_broken" in client.behaviours()
        status = client.status()
        client.shutdown()
        return status, placed

    status, placed = await blocking(sim, work)
    assert placed.perm_id
    assert not status.open_orders
    assert status.label == "SIMULATED MARKET (scripted)"
    assert sim.stopped.is_set()


async def test_a_client_finds_the_simulator_by_its_state_directory(sim, tmp_path):
    def use():
        with ControlClient.of(tmp_path) as client:
            return client.clock().seed

    assert await asyncio.to_thread(use) == 7
    with pytest.raises(LinkError, match="no simulator runs"):
        ControlClient.of(tmp_path / "nowhere")


async def test_nobody_listens(sim):
    port = sim.control.port
    await sim.control.close()
    with pytest.raises(LinkError, match="is the simulator up"):
        await blocking(sim, lambda client: client.clock())
    with pytest.raises(LinkError, match="is the simulator up"):
        async with AsyncControlClient(port):
            pass


async def test_the_connection_ends_while_a_client_waits(sim, control):
    await control.shutdown()
    await sim.control.close()
    with pytest.raises((LinkError, ConnectionError)):
        await control.clock()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{nonsense", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "object"),
        (b"{}", "object"),
        (b'{"op": "dance"}', "no op 'dance'"),
        (b'{"op": "clock", "tz": 1}', "tz"),
        (b'{"op": "speed"}', "speed"),
        (b'{"op": "speed", "speed": -1}', "speed"),
        (b'{"op": "speed", "speed": 1e9}', "speed"),
        (b'{"op": "advance", "seconds": 1e12}', "seconds"),
        (b'{"op": "order", "side": "HOLD", "quantity": 1}', "side"),
        (b'{"op": "order", "side": "BUY", "quantity": 0}', "quantity"),
        (b'{"op": "fault"}', "kind"),
        (b'{"op": "fault", "kind": "mute", "symbol": "SPY", "for": 3}', "for"),
        (b'{"op": "fault", "kind": "drop_link", "refuse_for_s": "soon"}', "refuse_for_s"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_one_line(sim, line, words):
    answer = await raw(sim, line)
    assert answer["ok"] is False
    assert words in answer["error"]
    assert "\n" not in answer["error"]
    assert (await raw(sim, b'{"op": "clock"}'))["ok"] is True


async def test_the_error_for_an_unknown_op_names_them_all(sim):
    error = (await raw(sim, b'{"op": "dance"}'))["error"]
    assert all(op in error for op in OPS)
