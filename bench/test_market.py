"""Market state (book rows, tape, windows, bars, VPIN) from recorded batches and from single calls.

No library keeps the same state, so the peers keep a part of it, as one would write it by hand: depth rows, the quote,
order flow imbalance and volume of the last 60 s, session volume. The checksum is over that part.
"""

import math
import sys
from collections import deque
from functools import cache
from typing import Any

import pytest
from bench.contest import SIZES, Race
from bench.market_rows import MIXED, columns_of, market_batch

from alphatrader._core import KIND_DEPTH, KIND_QUOTE, KIND_TRADE, EventRows, Market, bars

BUCKET_VOLUME = 100_000
WINDOW_NS = 60 * 10**9
NAN = math.nan
ABOVE_MID, BELOW_MID = 0.5 + 2 * sys.float_info.epsilon, 0.5 - 2 * sys.float_info.epsilon
"""Times bid + ask: beyond these a print is off the mid by more than the rounding of decimals to doubles."""


def new_market() -> Market:
    market = Market()
    market.add_instrument(1, 0.01, vpin_bucket_volume=BUCKET_VOLUME)
    return market


def by_batch(rows: Any) -> Market:
    market = new_market()
    market.apply_batch(rows)
    return market


def sums(market: Market) -> list[float]:
    snapshot = market.snapshot(1)
    return [snapshot.volume_60s, snapshot.signed_volume_60s, snapshot.ofi_60s, snapshot.session_volume]


class PythonMarket:
    """A part of what the core keeps, written as one would in Python: rows, 60 s volume and OFI, session totals."""

    def __init__(self) -> None:
        self.sides: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
        self.window: deque[tuple[int, float, float]] = deque()
        self.flow: deque[tuple[int, float]] = deque()
        self.volume_60s = self.signed_volume_60s = self.ofi_60s = self.session_volume = 0.0
        self.last, self.side, self.bid, self.ask = NAN, 0, NAN, NAN
        self.bid_size = self.ask_size = NAN
        self.newest_ns = 0

    def advance(self, ts_ns: int) -> None:
        self.newest_ns = ts_ns
        oldest = ts_ns - WINDOW_NS
        while self.window and self.window[0][0] <= oldest:
            _, size, signed = self.window.popleft()
            self.volume_60s -= size
            self.signed_volume_60s -= signed
        while self.flow and self.flow[0][0] <= oldest:
            self.ofi_60s -= self.flow.popleft()[1]

    def trade(self, ts_ns: int, price: float, size: float) -> None:
        self.advance(ts_ns)
        self.side = 1 if price > self.last else -1 if price < self.last else self.side
        side = self.side
        if self.bid < self.ask:
            twice_mid = self.bid + self.ask
            side = 1 if price > twice_mid * ABOVE_MID else -1 if price < twice_mid * BELOW_MID else self.side
        self.window.append((ts_ns, size, size * side))
        self.volume_60s += size
        self.signed_volume_60s += size * side
        self.session_volume += size
        self.last = price

    def quote(self, ts_ns: int, bid: float, bid_size: float, ask: float, ask_size: float) -> None:
        self.advance(ts_ns)
        e = (bid >= self.bid and bid_size) - (bid <= self.bid and self.bid_size)
        e += (ask >= self.ask and self.ask_size) - (ask <= self.ask and ask_size)
        self.bid, self.bid_size, self.ask, self.ask_size = bid, bid_size, ask, ask_size
        self.flow.append((ts_ns, e))
        self.ofi_60s += e

    def depth(self, ts_ns: int, op: int, side: int, position: int, price: float, size: float) -> None:
        self.advance(ts_ns)
        levels = self.sides[side]
        if op == 0 and position <= len(levels):
            levels.insert(position, (price, size))
            del levels[20:]
        elif op == 1 and position < len(levels):
            levels[position] = (price, size)
        elif op == 2 and position < len(levels):
            del levels[position]

    def sums(self) -> list[float]:
        return [self.volume_60s, self.signed_volume_60s, self.ofi_60s, self.session_volume]


def python_rows(batch: Any) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


def by_python(rows: list[tuple[Any, ...]]) -> PythonMarket:
    market = PythonMarket()
    for ts_ns, kind, _, op, side, position, price, size, price2, size2, _, _ in rows:
        if kind == KIND_TRADE:
            market.trade(ts_ns, price, size)
        elif kind == KIND_QUOTE:
            market.quote(ts_ns, price, size, price2, size2)
        else:
            market.depth(ts_ns, op, side, position, price, size)
    return market


@cache
def numba_market() -> Any:
    """The same part as one compiled loop over the columns; windows are two indices into arrays of events."""
    import numba
    import numpy as np

    @numba.njit(cache=False)
    def run(ts_ns, kind, op, side, position, price, size, price2, size2):  # type: ignore[no-untyped-def]
        n = len(ts_ns)
        t_ns, t_size, t_signed = np.empty(n, np.int64), np.empty(n), np.empty(n)
        f_ns, f_shares = np.empty(n, np.int64), np.empty(n)
        t_first, t_end, f_first, f_end = 0, 0, 0, 0
        volume, signed, ofi, session = 0.0, 0.0, 0.0, 0.0
        last, tick = np.nan, 0
        bid, bid_size, ask, ask_size = np.nan, np.nan, np.nan, np.nan
        levels, counts = np.empty((2, 21, 2)), np.zeros(2, np.int64)
        for i in range(n):
            ts = ts_ns[i]
            oldest = ts - 60_000_000_000
            while t_first < t_end and t_ns[t_first] <= oldest:
                volume -= t_size[t_first]
                signed -= t_signed[t_first]
                t_first += 1
            while f_first < f_end and f_ns[f_first] <= oldest:
                ofi -= f_shares[f_first]
                f_first += 1
            if kind[i] == 1:
                p, s = price[i], size[i]
                tick = 1 if p > last else (-1 if p < last else tick)
                way = tick
                if bid < ask:
                    twice_mid = bid + ask
                    way = 1 if p > twice_mid * ABOVE_MID else (-1 if p < twice_mid * BELOW_MID else tick)
                t_ns[t_end], t_size[t_end], t_signed[t_end] = ts, s, s * way
                t_end += 1
                volume += s
                signed += s * way
                session += s
                last = p
            elif kind[i] == 2:
                b, bs, a, sz = price[i], size[i], price2[i], size2[i]
                e = 0.0
                if b >= bid:
                    e += bs
                if b <= bid:
                    e -= bid_size
                if a >= ask:
                    e += ask_size
                if a <= ask:
                    e -= sz
                bid, bid_size, ask, ask_size = b, bs, a, sz
                f_ns[f_end], f_shares[f_end] = ts, e
                f_end += 1
                ofi += e
            else:
                w, at = side[i], position[i]
                count = counts[w]
                if op[i] == 0 and at <= count and at < 20:
                    top = min(count, 19)
                    for k in range(top, at, -1):
                        levels[w, k] = levels[w, k - 1]
                    levels[w, at, 0], levels[w, at, 1] = price[i], size[i]
                    counts[w] = min(count + 1, 20)
                elif op[i] == 1 and at < count:
                    levels[w, at, 0], levels[w, at, 1] = price[i], size[i]
                elif op[i] == 2 and at < count:
                    for k in range(at, count - 1):
                        levels[w, k] = levels[w, k + 1]
                    counts[w] = count - 1
        return volume, signed, ofi, session

    return run


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kinds", ["mixed", "trades", "quotes", "depth"])
def test_market_rows(contest: Any, size: int, kinds: str) -> None:
    weights = {"mixed": MIXED, "trades": {KIND_TRADE: 1}, "quotes": {KIND_QUOTE: 1}, "depth": {KIND_DEPTH: 1}}[kinds]
    batch = market_batch(size, weights)
    race: Race = contest(f"market rows, {kinds}", size=size, unit="row")
    race.ours(lambda: by_batch(batch), checksum=sums)
    if size <= 1_000_000:
        rows = python_rows(batch)
        race.peer("plain Python state", lambda: by_python(rows), checksum=lambda m: m.sums())
    columns = columns_of(batch)
    names = ("ts_ns", "kind", "op", "side", "position", "price", "size", "price2", "size2")
    race.peer(
        "numba, a fraction of the state",
        lambda: numba_market()(*(columns[name] for name in names)),
        checksum=list,
        requires="numba",
    )
    race.limit("read of the columns", lambda: sum(float(columns[name].sum()) for name in names))
    race.note("ours also keeps 10 s flow, bars, returns, volatility, VPIN, patterns and VWAP; the peers do not")
    race.run()


@pytest.mark.parametrize("size", [10_000])
def test_market_single_calls(contest: Any, size: int) -> None:
    rows = python_rows(market_batch(size, MIXED))

    def bound() -> Market:
        market = new_market()
        instrument = market.instrument(1)
        trade, quote, depth = instrument.trade, instrument.quote, instrument.depth
        for ts_ns, kind, _, op, side, position, price, shares, price2, size2, venue, text in rows:
            if kind == KIND_TRADE:
                trade(ts_ns, price, shares, venue, text)
            elif kind == KIND_QUOTE:
                quote(ts_ns, price, shares, price2, size2)
            else:
                depth(ts_ns, op, side, position, price, shares)
        return market

    def by_id() -> Market:
        market = new_market()
        for ts_ns, kind, iid, op, side, position, price, shares, price2, size2, venue, text in rows:
            if kind == KIND_TRADE:
                market.trade(ts_ns, iid, price, shares, venue, text)
            elif kind == KIND_QUOTE:
                market.quote(ts_ns, iid, price, shares, price2, size2)
            else:
                market.depth(ts_ns, iid, op, side, position, price, shares, venue)
        return market

    def empty() -> None:
        for _, kind, *_ in rows:
            if kind in (KIND_TRADE, KIND_QUOTE):
                pass

    race: Race = contest("market, one call an event", size=size, unit="event")
    race.ours(bound, checksum=sums)
    race.peer("ours by instrument id", by_id, checksum=sums)
    race.peer("plain Python state", lambda: by_python(rows), checksum=lambda m: m.sums())
    race.limit("empty loop over the rows", empty)
    race.run()


def test_market_snapshot(contest: Any) -> None:
    market = by_batch(market_batch(100_000, MIXED))
    instrument = market.instrument(1)

    def all_fields() -> dict[str, Any]:
        for _ in range(99):
            instrument.snapshot().as_dict()
        return instrument.snapshot().as_dict()

    def one_call() -> Any:
        for _ in range(99):
            instrument.snapshot()
        return instrument.snapshot()

    race: Race = contest("market snapshot", size=100, unit="snapshot")
    race.ours(one_call, checksum=lambda s: float(s.events))
    race.peer("the same as a dict of all fields", all_fields, checksum=lambda d: float(d["events"]))
    race.run()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("by", "length"), [("time", 60.0), ("volume", 50_000.0)])
def test_bars(contest: Any, size: int, by: Any, length: float) -> None:
    batch = market_batch(size, {KIND_TRADE: 1})
    ts_ns, price, shares = (batch.column(name).to_numpy() for name in ("ts_ns", "price", "size"))
    race: Race = contest(f"bars by {by}", size=size, unit="trade")

    def ours() -> Any:
        import pyarrow as pa

        return pa.record_batch(bars(ts_ns, price, shares, by=by, length=length))  # type: ignore[arg-type]

    race.ours(ours, checksum=lambda b: [b.num_rows, sum(b.column("high").to_pylist())])
    if by == "time":
        race.peer("polars group_by_dynamic", lambda: polars_bars(batch), requires="polars",
                  checksum=lambda f: [f.height, f["high"].sum()], size_max=1_000_000)  # fmt: skip
        race.peer("pandas groupby", lambda: pandas_bars(batch), requires="pandas",
                  checksum=lambda f: [len(f), float(f["high"].sum())], size_max=1_000_000)  # fmt: skip
    race.limit("read of the columns", lambda: float(ts_ns.sum() + price.sum() + shares.sum()))
    race.run()


def polars_bars(batch: Any) -> Any:
    import polars as pl

    frame = pl.DataFrame(batch).lazy()
    bar = (pl.col("ts_ns") // (60 * 10**9)).alias("bar")
    price = pl.col("price")
    return frame.group_by(bar).agg(
        price.first().alias("open"), price.max().alias("high"), price.min().alias("low"),
        price.last().alias("close"), pl.col("size").sum().alias("volume"),
    ).collect()  # fmt: skip


def pandas_bars(batch: Any) -> Any:
    frame = batch.select(["ts_ns", "price", "size"]).to_pandas()
    groups = frame.groupby(frame["ts_ns"] // (60 * 10**9))
    return groups["price"].agg(["first", "max", "min", "last"]).rename(columns={"max": "high"}).assign(
        volume=groups["size"].sum()
    )  # fmt: skip


def test_importing_rows_once(contest: Any) -> None:
    """What stopping every 25 rows costs: a slice of a pyarrow batch each time, or ranges of rows imported once."""
    batch = market_batch(10_000, MIXED)

    def ranges() -> Market:
        market, rows = new_market(), EventRows(batch)
        for start in range(0, 10_000, 25):
            market.apply_rows(rows, start, start + 25)
        return market

    def slices() -> Market:
        market = new_market()
        for start in range(0, 10_000, 25):
            market.apply_batch(batch.slice(start, 25))
        return market

    race: Race = contest("market rows, 25 at a time", size=10_000, unit="row")
    race.ours(ranges, checksum=sums)
    race.peer("a pyarrow slice each", slices, checksum=sums)
    race.run()
