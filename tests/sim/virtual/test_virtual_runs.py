"""Whole runs in virtual time: unmodified clients, equal hashes for equal seeds."""

import asyncio
import datetime as dt
import importlib
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID, ScriptedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.virtual import NetworkTemper, NothingToWaitForError, run_virtual, virtual_simulator

LIBRARIES = ("ib_insync", "ib_async")


@pytest.fixture(params=LIBRARIES)
def name(request):
    logging.getLogger(request.param).setLevel(logging.CRITICAL)
    return request.param


def scripted_bot(name: str, market: ScriptedMarket):
    """A bot that trades a bracket on the scripted market; returns what it saw."""
    library = importlib.import_module(name)

    async def bot(sim):
        ib = library.IB()
        await ib.connectAsync("127.0.0.1", sim.port, clientId=1)
        call = library.Option("SPY", "20261116", 650, "C", "SMART")
        await ib.qualifyContractsAsync(call)
        ticker = ib.reqMktData(call)
        entry, target, stop = ib.bracketOrder("BUY", 3, limitPrice=2.00, takeProfitPrice=2.40, stopLossPrice=1.60)
        trades = [ib.placeOrder(call, order) for order in (entry, target, stop)]
        await asyncio.sleep(5.0)
        market.set_quote(CALL_CON_ID, 2.41, 2.43)
        await asyncio.sleep(5.0)
        seen = [(trade.orderStatus.status, trade.orderStatus.avgFillPrice) for trade in trades]
        stamp = ticker.time
        ib.disconnect()
        return seen, stamp

    return bot


def scripted_run(name: str, **options):
    market = ScriptedMarket()
    return run_virtual(scripted_bot(name, market), market=market, libraries=(name,), **options)


def market_run(seed: int, state_dir: Path, **options):
    """Ten minutes of the full market with quotes, depth, greeks and an order."""
    library = importlib.import_module("ib_insync")

    async def bot(sim):
        ib = library.IB()
        await ib.connectAsync("127.0.0.1", sim.port, clientId=1)
        spy = library.Stock("SPY", "SMART", "USD")
        await ib.qualifyContractsAsync(spy)
        ib.reqMktData(spy, "233")
        ib.reqMktDepth(spy, isSmartDepth=True)
        [chain, *_] = await ib.reqSecDefOptParamsAsync("SPY", "", "STK", spy.conId)
        strike = sorted(chain.strikes)[len(chain.strikes) // 2]
        call = library.Option("SPY", sorted(chain.expirations)[0], strike, "C", "SMART")
        await ib.qualifyContractsAsync(call)
        option = ib.reqMktData(call)
        await asyncio.sleep(60)
        trade = ib.placeOrder(call, library.MarketOrder("BUY", 2, tif="DAY"))
        await asyncio.sleep(540)
        assert option.modelGreeks is not None
        ib.disconnect()
        return trade.orderStatus.avgFillPrice

    settings = SimSettings(state_dir=state_dir, seed=seed, session_date="2026-11-16")
    return run_virtual(bot, settings, libraries=("ib_insync",), **options)


def test_a_bracket_trades_as_it_does_over_sockets(name):
    run = scripted_run(name)
    seen, stamp = run.result
    assert seen == [("Filled", 2.0), ("Filled", pytest.approx(2.40)), ("Cancelled", 0.0)]
    # The library's stamp is the market's clock, not this machine's.
    assert stamp.astimezone(dt.UTC).date() == dt.date(2026, 11, 16)


def test_a_hundred_runs_of_one_seed_have_one_hash():
    hashes = {scripted_run("ib_insync").event_hash for _ in range(100)}
    assert len(hashes) == 1


def test_the_full_market_repeats_by_seed_and_differs_between_seeds(tmp_path):
    first = market_run(7, tmp_path / "a")
    again = market_run(7, tmp_path / "b")
    other = market_run(8, tmp_path / "c")
    assert first == again
    assert first.result > 0
    assert other.event_hash != first.event_hash


def test_the_hash_does_not_depend_on_the_process():
    """Another process has other addresses and, as asked for here, other hashes of strings."""
    program = (
        "import sys; sys.path.insert(0, '.');"
        "from tests.sim.virtual.test_virtual_runs import scripted_run;"
        "print(scripted_run('ib_insync', temper=None).event_hash)"
    )
    root = Path(__file__).parents[3]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        ).stdout.splitlines()[-1]
        for hash_seed in ("1", "2")
    }
    assert outputs == {scripted_run("ib_insync").event_hash}


@pytest.mark.parametrize("seed", range(6))
def test_a_rough_network_changes_the_hash_but_not_what_the_bot_gets(tmp_path, seed):
    market = ScriptedMarket()
    temper = NetworkTemper(delay_s=(0.001, 0.2), split_chance=0.5)
    settings = SimSettings(state_dir=tmp_path, seed=seed)
    run = run_virtual(scripted_bot("ib_async", market), settings, market=market, libraries=("ib_async",), temper=temper)
    seen, _ = run.result
    assert [status for status, _ in seen] == ["Filled", "Filled", "Cancelled"]
    assert run.event_hash != scripted_run("ib_async").event_hash


def test_a_script_in_the_blocking_style_runs_in_virtual_time(name):
    library = importlib.import_module(name)
    with virtual_simulator(market=ScriptedMarket(), libraries=(name,)) as virtual:
        ib = library.IB()
        ib.connect("127.0.0.1", virtual.port, clientId=1)
        spy = library.Stock("SPY", "SMART", "USD")
        ib.qualifyContracts(spy)
        trade = ib.placeOrder(spy, library.MarketOrder("BUY", 10, tif="DAY"))
        while not trade.isDone():
            ib.waitOnUpdate(timeout=60)
        ib.sleep(600)
        assert trade.orderStatus.status == "Filled"
        assert ib.positions()[0].position == 10
        assert virtual.loop.time() > 600
        ib.disconnect()


def test_the_libraries_get_their_own_clock_back(name):
    wrapper = importlib.import_module(f"{name}.wrapper")
    before = wrapper.datetime
    scripted_run(name)
    assert wrapper.datetime is before is dt.datetime


def test_a_bot_that_waits_for_nothing_ends_with_its_reason():
    async def bot(sim):
        sim.stopped.set()  # the simulator's own rounds end: nothing is left that could wake the bot
        await asyncio.get_running_loop().create_future()

    with pytest.raises(NothingToWaitForError):
        run_virtual(bot, market=ScriptedMarket())


def test_what_a_bot_raises_is_raised():
    async def bot(sim):
        raise LookupError("no such strike")

    with pytest.raises(LookupError, match="no such strike"):
        run_virtual(bot, market=ScriptedMarket())


def test_many_virtual_hours_pass_with_a_quiet_market():
    market = ScriptedMarket()

    async def bot(sim):
        await asyncio.sleep(7200)
        return market.now_ns

    run = run_virtual(bot, market=market, step_s=1.0)
    assert run.result >= ScriptedMarket().now_ns + 7199 * 10**9
    assert market.quote(SPY_CON_ID).bid == 650.0
