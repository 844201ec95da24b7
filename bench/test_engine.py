"""Event to Python strategy: a recorded stream of quotes and trades through our replay and through other engines.

Every contestant keeps the same state for the same strategy, which looks at bid, ask, last price and volume after each
group of events of one time, or every 100 ms. The checksum is over all that it saw.
"""

import heapq
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from bench.contest import SIZES, Race
from bench.market_rows import STEP_NS, columns_of, market_batch
from tests.doubles.engine_bench import EngineBench
from tests.doubles.engine_market import CLOSE_NS, OPEN_NS, SPY, S

from alphatrader._core import KIND_QUOTE, KIND_TRADE, Market
from alphatrader.domain import events as ev
from alphatrader.domain.eventlog import CONTROL, EVENT_SCHEMA
from alphatrader.engine.replay import replay

STREAM = {KIND_QUOTE: 3, KIND_TRADE: 1}


class Strategy:
    """Looks, and follows the sign of the change of mid: small on purpose, for the engine is what is raced."""

    def __init__(self) -> None:
        self.looks = 0
        self.position = 0
        self.before = 0.0
        self.gain = 0.0

    def look(self, mid: float | None) -> None:
        if mid is None:
            return
        self.looks += 1
        change = mid - self.before
        if self.looks > 1:
            self.gain += self.position * change
            self.position = 1 if change > 0 else -1 if change < 0 else self.position
        self.before = mid

    def seen(self) -> list[float]:
        return [self.looks, self.gain, self.before]


def ours(batch: Any, step_ns: int | None) -> Strategy:
    """The trader's own market state (tape, windows, bars, VPIN, flow), and a look between two runs of rows."""
    market, strategy = Market(), Strategy()
    market.add_instrument(1, 0.01, vpin_bucket_volume=100_000)
    mid, look = market.instrument(1).mid, strategy.look
    market.replay(batch, lambda _: look(mid()), step_ns=step_ns)
    return strategy


class State:
    """What a hand-written backtest keeps of one instrument."""

    def __init__(self) -> None:
        self.bid = self.ask = self.last = self.volume = 0.0
        self.quoted = False

    def on_quote(self, row: tuple[Any, ...]) -> None:
        self.bid, self.ask, self.quoted = row[2], row[4], True

    def on_trade(self, row: tuple[Any, ...]) -> None:
        self.last = row[2]
        self.volume += row[3]

    def mid(self) -> float | None:
        return (self.bid + self.ask) * 0.5 if self.quoted else None


def plain_rows(batch: Any) -> list[tuple[Any, ...]]:
    """(time, kind, price, size, price2, size2)."""
    names = ("ts_ns", "kind", "price", "size", "price2", "size2")
    return list(zip(*(batch.column(name).to_pylist() for name in names), strict=True))


def plain_loop(rows: list[tuple[Any, ...]]) -> Strategy:
    state, strategy, time = State(), Strategy(), rows[0][0]
    on_quote, on_trade, look, mid = state.on_quote, state.on_trade, strategy.look, state.mid
    for row in rows:
        if row[0] != time:
            look(mid())
            time = row[0]
        if row[1] == KIND_QUOTE:
            on_quote(row)
        else:
            on_trade(row)
    look(mid())
    return strategy


def heap_and_bus(rows: list[tuple[Any, ...]]) -> Strategy:
    """The usual hand-made engine: a heap of events, a bus that calls what has subscribed to a kind."""
    state, strategy = State(), Strategy()
    bus: dict[int, list[Callable[[tuple[Any, ...]], None]]] = {
        KIND_QUOTE: [state.on_quote],
        KIND_TRADE: [state.on_trade],
        0: [lambda _: strategy.look(state.mid())],
    }
    # The feed pushes the next event when one is taken; a look is an event of its own at the end of its group.
    heap: list[tuple[int, int, tuple[Any, ...]]] = [(rows[0][0], 0, rows[0])]
    count = len(rows)
    pushed = 1
    while heap:
        time, number, row = heapq.heappop(heap)
        if number >= 0 and pushed < count:
            after = rows[pushed]
            heapq.heappush(heap, (after[0], pushed, after))
            if after[0] != time:
                heapq.heappush(heap, (time, -1, (time, 0)))
            pushed += 1
        for handler in bus[row[1]]:
            handler(row)
    strategy.look(state.mid())
    return strategy


@cache
def nautilus_events(size: int) -> tuple[Any, list[Any]]:
    from nautilus_trader.model.data import QuoteTick, TradeTick
    from nautilus_trader.model.enums import AggressorSide
    from nautilus_trader.model.identifiers import TradeId
    from nautilus_trader.model.objects import Price, Quantity
    from nautilus_trader.test_kit.providers import TestInstrumentProvider

    instrument = TestInstrumentProvider.equity(symbol="SPY", venue="XNAS")
    iid, events = instrument.id, []
    for i, (ts, kind, price, shares, price2, size2) in enumerate(plain_rows(market_batch(size, STREAM))):
        if kind == KIND_QUOTE:
            sizes = (Quantity(shares, 0), Quantity(size2, 0))
            events.append(QuoteTick(iid, Price(price, 2), Price(price2, 2), *sizes, ts, ts))
        else:
            side = AggressorSide.NO_AGGRESSOR
            events.append(TradeTick(iid, Price(price, 2), Quantity(shares, 0), side, TradeId(str(i)), ts, ts))
    return instrument, events


def nautilus(size: int) -> Strategy:
    from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
    from nautilus_trader.config import LoggingConfig
    from nautilus_trader.model.currencies import USD
    from nautilus_trader.model.enums import AccountType, OmsType
    from nautilus_trader.model.identifiers import Venue
    from nautilus_trader.model.objects import Money
    from nautilus_trader.trading.strategy import Strategy as NautilusStrategy

    instrument, events = nautilus_events(size)
    state, strategy = State(), Strategy()

    class Looker(NautilusStrategy):  # type: ignore[misc]
        def on_start(self) -> None:
            self.time = 0
            self.subscribe_quote_ticks(instrument.id)
            self.subscribe_trade_ticks(instrument.id)

        def turn(self, ts_ns: int) -> None:
            if ts_ns != self.time:
                if self.time:
                    strategy.look(state.mid())
                self.time = ts_ns

        def on_quote_tick(self, tick: Any) -> None:
            self.turn(tick.ts_event)
            state.bid, state.ask, state.quoted = float(tick.bid_price), float(tick.ask_price), True

        def on_trade_tick(self, tick: Any) -> None:
            self.turn(tick.ts_event)
            state.last = float(tick.price)
            state.volume += float(tick.size)

        def on_stop(self) -> None:
            strategy.look(state.mid())

    engine = BacktestEngine(config=BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    engine.add_venue(Venue("XNAS"), OmsType.NETTING, AccountType.CASH, [Money(1_000_000, USD)], base_currency=USD)
    engine.add_instrument(instrument)
    engine.add_data(events, sort=False)
    engine.add_strategy(Looker())
    engine.run()
    engine.dispose()
    return strategy


@pytest.mark.parametrize("size", SIZES)
def test_engine_strategy_on_each_group(contest: Any, size: int) -> None:
    batch = market_batch(size, STREAM)
    race: Race = contest("engine, Python strategy on each event group", size=size, unit="event")
    race.ours(lambda: ours(batch, None), checksum=lambda s: s.seen())
    if size <= 1_000_000:
        rows = plain_rows(batch)
        race.peer("Python heap and bus", lambda: heap_and_bus(rows), checksum=lambda s: s.seen(), demand=0.45)
        race.limit("plain Python loop", lambda: plain_loop(rows), checksum=lambda s: s.seen(), demand=1.3)
    race.peer(
        "nautilus_trader BacktestEngine",
        lambda: nautilus(size),
        checksum=lambda s: s.seen(),
        demand=0.05,
        size_max=100_000,
        requires="nautilus_trader",
    )
    race.note(
        "ours keeps the trader's whole market state; heap, loop and nautilus strategy keep bid, ask, last, volume"
    )
    race.run()


@cache
def hft_strategy() -> Any:
    import numba

    @numba.njit
    def run(hbt, step_ns):  # type: ignore[no-untyped-def]
        looks, position, before, gain = 0, 0, 0.0, 0.0
        while hbt.elapse(step_ns) == 0:
            depth = hbt.depth(0)
            mid = (depth.best_bid + depth.best_ask) * 0.5
            if not np.isnan(mid):
                looks += 1
                change = mid - before
                if looks > 1:
                    gain += position * change
                    if change > 0:
                        position = 1
                    elif change < 0:
                        position = -1
                before = mid
        return looks, gain, before

    return run


def hft_events(batch: Any) -> np.ndarray:
    """Quotes as level updates: the old level goes, the new one comes; trades as they are."""
    from hftbacktest import BUY_EVENT, DEPTH_EVENT, EXCH_EVENT, LOCAL_EVENT, SELL_EVENT, TRADE_EVENT
    from hftbacktest.types import event_dtype

    base, rows, bid, ask = EXCH_EVENT | LOCAL_EVENT, [], 0.0, 0.0
    for ts, kind, price, shares, price2, size2 in plain_rows(batch):
        if kind == KIND_TRADE:
            rows.append((base | TRADE_EVENT | BUY_EVENT, ts, ts, price, shares, 0, 0, 0.0))
            continue
        old = [(BUY_EVENT, bid, price), (SELL_EVENT, ask, price2)]
        rows += [
            (base | DEPTH_EVENT | side, ts, ts, was, 0.0, 0, 0, 0.0) for side, was, now in old if was not in (0, now)
        ]
        rows.append((base | DEPTH_EVENT | BUY_EVENT, ts, ts, price, shares, 0, 0, 0.0))
        rows.append((base | DEPTH_EVENT | SELL_EVENT, ts, ts, price2, size2, 0, 0, 0.0))
        bid, ask = price, price2
    return np.array(rows, event_dtype)


def hft(data: np.ndarray) -> tuple[float, ...]:
    from hftbacktest import BacktestAsset, HashMapMarketDepthBacktest

    asset = BacktestAsset().data([data]).linear_asset(1.0).constant_order_latency(0, 0)
    asset = asset.risk_adverse_queue_model().no_partial_fill_exchange().trading_value_fee_model(0.0, 0.0)
    hbt = HashMapMarketDepthBacktest([asset.tick_size(0.01).lot_size(1.0)])
    seen: tuple[float, ...] = hft_strategy()(hbt, STEP_NS)
    hbt.close()
    return seen


@pytest.mark.parametrize("size", SIZES)
def test_engine_strategy_every_100_ms(contest: Any, size: int) -> None:
    batch = market_batch(size, STREAM)
    race: Race = contest("engine, Python strategy every 100 ms", size=size, unit="event")
    race.ours(lambda: ours(batch, STEP_NS), checksum=lambda s: s.seen()[:1])
    if size <= 1_000_000:
        data = hft_events(batch)
        race.peer(
            "hftbacktest, numba strategy",
            lambda: hft(data),
            checksum=lambda seen: [seen[0]],
            demand=1.0,
            rtol=2e-2,
            requires=("hftbacktest", "numba"),
        )
        race.note(f"hftbacktest takes {len(data) / size:.2f} level updates an event, and its strategy is compiled")
    race.limit("read of the columns", lambda: sum(float(column.sum()) for column in columns_of(batch).values()))
    race.run()


def recorded_day(size: int) -> Any:
    """An event log: market rows with the trader's decision every 25, as the runner records it."""
    import pyarrow as pa

    market = market_batch(size, {1: 1, 2: 2, 3: 4}, group=1)
    start_ns = int(market.column("ts_ns")[0].as_py())
    shift_ns = OPEN_NS + 3_600 * S - start_ns
    settings = EngineBench().engine.state.settings.model_dump_json()

    def control(event: ev.ControlEvent) -> pa.RecordBatch:
        row = [0, event.ts_ns, CONTROL, 0, 0, 0, 0, *[float("nan")] * 4, None, None, ev.encode_event(event)]
        arrays = [pa.array([value], field.type) for value, field in zip(row, EVENT_SCHEMA, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=EVENT_SCHEMA)

    times = market.column("ts_ns").to_numpy() + shift_ns
    columns = {name: market.column(name) for name in market.schema.names} | {"ts_ns": pa.array(times)}
    empty = {"seq": pa.array(np.zeros(size, np.int64)), "payload": pa.nulls(size, pa.binary())}
    rows = pa.RecordBatch.from_arrays([(columns | empty)[field.name] for field in EVENT_SCHEMA], schema=EVENT_SCHEMA)
    now = int(times[0])
    begin = ev.RunStarted(
        ts_ns=now, run_id="b", mode="paper", seed=0, time_scale=1.0, settings=settings, build="bench",
        session_date="2025-11-24", session_open_ns=OPEN_NS, session_close_ns=CLOSE_NS, layout=ev.LAYOUT,
    )  # fmt: skip
    added, warm = ev.InstrumentAdded(ts_ns=now, instrument=SPY), ev.WarmupFinished(ts_ns=now, rows=0)
    parts = [control(begin), control(added), control(warm)]
    for first, end in pairwise([*range(0, size, 25), size]):
        parts += [rows.slice(first, end - first), control(ev.DecisionTimer(ts_ns=int(times[end - 1])))]
    return pa.Table.from_batches(parts).combine_chunks().to_batches(max_chunksize=4_096)


def test_engine_replays_a_recorded_day(contest: Any) -> None:
    """The trader's own engine with all its rules: feeds, orders, polls, strategies, entries, lines at each decision."""
    size = 50_000
    batches = recorded_day(size)
    race: Race = contest("engine, replay of a trader's day, a decision every 25 rows", size=size, unit="event")

    def market_only() -> Market:
        market = Market()
        market.add_instrument(1, 0.01, vpin_bucket_volume=10_000)
        for batch in batches:
            market.apply_batch(batch.filter(np.asarray(batch.column("kind")) != CONTROL))
        return market

    race.ours(lambda: replay(batches), checksum=lambda result: float(result.market_rows))
    race.limit("the same rows without the engine", market_only, checksum=lambda m: float(m.snapshot(1).events))
    race.run()


@pytest.mark.benchmark(group="signal-check")
def test_decision_without_a_signal(benchmark: Any) -> None:
    bench = EngineBench().ready().flow(400, step=0.0)
    benchmark(bench.decide)


@pytest.mark.benchmark(group="signal-check")
def test_decision_that_becomes_a_signal(benchmark: Any) -> None:
    """A chain's exposure, score, choice among 18 quoted options by implied delta, guardrails, claim."""

    def fresh() -> tuple[tuple[EngineBench], dict[str, object]]:
        return (EngineBench().ready().flow(),), {}

    def check(bench: EngineBench) -> None:
        bench.decide()
        assert bench.engine.entries.refusals.signals == 1

    benchmark.pedantic(check, setup=fresh, rounds=30)
