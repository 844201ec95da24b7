"""The engines that ours is raced against, each keeping the same state for the same strategy."""

import heapq
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from bench.market_rows import STEP_NS, market_batch

from alphatrader._core import KIND_QUOTE, KIND_TRADE

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


@cache
def hft_data(size: int) -> np.ndarray:
    return hft_events(market_batch(size, STREAM))


def hft(data: np.ndarray) -> tuple[float, ...]:
    from hftbacktest import BacktestAsset, HashMapMarketDepthBacktest

    asset = BacktestAsset().data([data]).linear_asset(1.0).constant_order_latency(0, 0)
    asset = asset.risk_adverse_queue_model().no_partial_fill_exchange().trading_value_fee_model(0.0, 0.0)
    hbt = HashMapMarketDepthBacktest([asset.tick_size(0.01).lot_size(1.0)])
    seen: tuple[float, ...] = hft_strategy()(hbt, STEP_NS)
    hbt.close()
    return seen
