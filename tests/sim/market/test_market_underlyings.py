"""Several underlyings: they move together as real ones do, and indices follow what they are calculated from."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market import Depth, MarketSpec, Print, Quote, build_market
from alphatrader.sim.market.live import SessionMarket
from alphatrader.sim.market.path import QUOTE_NS, DayPath
from alphatrader.sim.market.types import Auction, Phase

DATE = "2026-11-24"
SYMBOLS = ("SPY", "QQQ", "IWM", "AAPL", "SPX", "XSP", "VIX")
SEEDS = range(4)


@cache
def market(seed: int) -> SessionMarket:
    built = build_market(MarketSpec(seed=seed, session_date=DATE, symbols=SYMBOLS))
    assert isinstance(built, SessionMarket)
    return built


def path(seed: int, symbol: str) -> DayPath:
    return market(seed).day.member(symbol).path


def regular_mid(day: DayPath, every: int) -> NDArray[np.float64]:
    first, last = ((at_ns - day.first_ns) // QUOTE_NS for at_ns in (day.open_ns, day.close_ns))
    return np.asarray((day.bid_cents + day.ask_cents)[first:last:every] / 200.0)


def minute_correlations() -> dict[tuple[str, str], float]:
    tables = []
    for seed in SEEDS:
        returns = [np.diff(np.log(regular_mid(path(seed, symbol), 300))) for symbol in SYMBOLS]
        tables.append(np.corrcoef(np.array(returns)))
    mean = np.mean(tables, axis=0)
    return {(one, two): mean[i, j] for i, one in enumerate(SYMBOLS) for j, two in enumerate(SYMBOLS)}


def test_minute_returns_correlate_as_the_real_ones_do() -> None:
    correlation = minute_correlations()
    assert 0.85 < correlation["SPY", "QQQ"] < 0.95
    assert 0.78 < correlation["SPY", "IWM"] < 0.93
    assert 0.70 < correlation["QQQ", "IWM"] < 0.90
    assert 0.50 < correlation["SPY", "AAPL"] < 0.80
    assert correlation["SPY", "SPX"] > 0.98
    assert correlation["SPX", "XSP"] > 0.98
    assert -0.98 < correlation["SPY", "VIX"] < -0.6


def test_an_underlying_is_the_same_alone_and_in_company() -> None:
    alone = build_market(MarketSpec(seed=1, session_date=DATE, symbols=("QQQ",)))
    assert isinstance(alone, SessionMarket)
    assert (alone.day.member("QQQ").path.bid_cents == path(1, "QQQ").bid_cents).all()
    index = build_market(MarketSpec(seed=1, session_date=DATE, symbols=("SPX",)))
    assert [contract.symbol for contract in index.contracts()[:1]] == ["SPX"]
    assert index.quote(index.contracts()[0].con_id).last == market(1).quote(416904).last


def test_indices_are_ten_and_one_times_the_fund() -> None:
    spy, spx, xsp = (regular_mid(path(1, symbol), 50) for symbol in ("SPY", "SPX", "XSP"))
    ratio = spx / spy
    assert 10.0 < ratio.mean() < 10.1
    assert ratio.std() / ratio.mean() < 1e-4
    assert abs((spx / xsp).mean() - 10.0) < 0.01


def test_an_index_settles_on_the_auctions_of_its_basket() -> None:
    spy, spx = path(1, "SPY"), path(1, "SPX")
    ratio = (regular_mid(spx, 50) / regular_mid(spy, 50)).mean()
    assert abs(spx.open_price / ratio - spy.open_price) < 0.02
    assert abs(spx.close_price / ratio - spy.close_price) < 0.02


def test_an_index_has_levels_but_no_trades_of_its_own() -> None:
    live = build_market(MarketSpec(seed=2, session_date=DATE, symbols=("SPX", "VIX"), start_at="09:29:00"))
    spx, vix = live.contracts()[:2]
    assert (spx.sec_type, spx.exchange, spx.symbol) == ("IND", "CBOE", "SPX")
    assert live.phase(spx.con_id) is Phase.CLOSED
    updates = live.advance(live.open_ns + 60 * calendar.NS)
    levels = {
        con_id: [u for u in updates if isinstance(u, Print) and u.con_id == con_id] for con_id in (416904, 13455763)
    }
    assert 55 <= len(levels[spx.con_id]) <= 62
    assert 3 <= len(levels[vix.con_id]) <= 5
    assert all(tick.size == 0 for ticks in levels.values() for tick in ticks)
    assert min(u.ts_ns for u in updates if isinstance(u, Print)) >= live.open_ns
    assert not [u for u in updates if isinstance(u, Depth | Auction)]
    quotes = [u for u in updates if isinstance(u, Quote) and u.con_id == spx.con_id]
    assert [quote.last for quote in quotes] == [tick.price for tick in levels[spx.con_id]]
    assert all(quote.bid == quote.ask == quote.bid_size == quote.ask_size == 0.0 for quote in quotes)
    assert live.displayed(spx.con_id, "ask") == []
    assert live.phase(spx.con_id) is Phase.REGULAR


def test_the_volatility_index_reads_as_the_options_do() -> None:
    for seed in SEEDS:
        day = path(seed, "VIX")
        annual = path(seed, "SPY").day_sigma * 252**0.5 * 100
        levels = regular_mid(day, 50)
        assert annual < levels.mean() < 2.2 * annual
        assert 10.0 < levels.min() < levels.max() < 60.0


def test_days_of_several_underlyings_roll_together() -> None:
    live = build_market(MarketSpec(seed=3, session_date=DATE, symbols=("IWM", "SPX"), start_at="19:59"))
    closes = {symbol: live.minute_bars(symbol)[-1].close for symbol in ("IWM", "SPX")}
    live.advance(calendar.to_ns("2026-11-25", "04:00"))
    for symbol, close in closes.items():
        assert abs(live.previous_close(symbol) / close - 1.0) < 0.002
