"""The market as its callers see it: deterministic, well formed, joined to its history."""

import hashlib
import random
from collections.abc import Sequence

import pytest

from alphatrader import calendar
from alphatrader._core import SALE_NO_PRICE, parse_sale_conditions
from alphatrader.domain.errors import ClosedMarketError, ConfigError, DataError
from alphatrader.sim.market import Depth, Greeks, MarketSpec, MarketUpdate, Print, Quote, build_market
from alphatrader.sim.market.live import SessionMarket

DATE = "2026-11-20"
STEP_NS = 100_000_000
MINUTE_NS = 60 * calendar.NS


def market_of(seed: int = 7, **changes: object) -> SessionMarket:
    return build_market(MarketSpec(seed=seed, session_date=DATE, **changes))  # type: ignore[arg-type]


def near_options(market: SessionMarket, count: int) -> frozenset[int]:
    spot = market.chain("SPY").spot
    options = [contract for contract in market.contracts() if contract.sec_type == "OPT"]
    options.sort(key=lambda contract: (contract.expiry, abs(float(contract.strike) - spot)))
    return frozenset(contract.con_id for contract in options[:count])


def digest(updates: Sequence[MarketUpdate]) -> str:
    return hashlib.sha256("\n".join(map(repr, updates)).encode()).hexdigest()


@pytest.fixture(scope="module")
def ten_minutes() -> list[MarketUpdate]:
    market = market_of()
    market.watch(near_options(market, 20))
    return market.advance(market.now_ns + 10 * MINUTE_NS)


def test_same_seed_same_market_other_seed_other_market(ten_minutes: list[MarketUpdate]) -> None:
    again = market_of()
    again.watch(near_options(again, 20))
    assert digest(again.advance(again.now_ns + 10 * MINUTE_NS)) == digest(ten_minutes)
    other = market_of(seed=8)
    other.watch(near_options(other, 20))
    assert digest(other.advance(other.now_ns + 10 * MINUTE_NS)) != digest(ten_minutes)


def test_the_path_does_not_depend_on_how_time_is_cut(ten_minutes: list[MarketUpdate]) -> None:
    market = market_of()
    market.watch(near_options(market, 20))
    start_ns, cutter = market.now_ns, random.Random(3)
    end_ns, updates = start_ns + 10 * MINUTE_NS, []
    target_ns = start_ns
    while target_ns < end_ns:
        target_ns = min(end_ns, target_ns + cutter.randrange(1, 7 * STEP_NS))
        updates += market.advance(target_ns)
        assert target_ns - STEP_NS < market.now_ns <= target_ns
    assert digest(updates) == digest(ten_minutes)


def test_watching_other_options_does_not_move_the_market(ten_minutes: list[MarketUpdate]) -> None:
    market = market_of()
    watched = near_options(market, 5)
    market.watch(watched)
    seen = market.advance(market.now_ns + 10 * MINUTE_NS)
    kept = watched | {market.contracts()[0].con_id}
    assert digest(seen) == digest([update for update in ten_minutes if update.con_id in kept])


def test_updates_come_in_order_and_at_a_bearable_rate(ten_minutes: list[MarketUpdate]) -> None:
    times = [update.ts_ns for update in ten_minutes]
    assert times == sorted(times)
    underlying = [update for update in ten_minutes if update.con_id == 756733]
    per_second = {kind: sum(isinstance(update, kind) for update in underlying) / 600 for kind in (Print, Quote, Depth)}
    assert 3.0 < per_second[Print] < 12.0
    assert 3.0 < per_second[Quote] <= 5.0
    assert per_second[Depth] <= 5.0


def test_books_are_sorted_never_crossed_and_agree_with_the_best_quote(ten_minutes: list[MarketUpdate]) -> None:
    best: Quote | None = None
    venues = set()
    for update in ten_minutes:
        if isinstance(update, Quote):
            if update.bid and update.ask:
                assert update.bid < update.ask
            best = update if update.con_id == 756733 else best
        if not isinstance(update, Depth):
            continue
        bids, asks = [row[1] for row in update.bids], [row[1] for row in update.asks]
        assert 3 <= len(bids) <= 14
        assert 3 <= len(asks) <= 14
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert bids[0] < asks[0]
        for rows in (update.bids, update.asks):
            assert len({row[:2] for row in rows}) == len(rows), "a venue shows one row at a price"
            assert all(row[2] > 0 for row in rows)
            venues |= {row[0] for row in rows}
        assert best is not None
        assert (best.bid, best.ask) == (bids[0], asks[0])
        assert best.bid_size == sum(row[2] for row in update.bids if row[1] == bids[0])
        assert best.ask_size == sum(row[2] for row in update.asks if row[1] == asks[0])
    assert {"ARCA", "NASDAQ", "BATS", "NYSE", "EDGX", "IEX"} == venues


def test_prints_trade_at_the_displayed_prices(ten_minutes: list[MarketUpdate]) -> None:
    quote, inside, total, conditions = None, 0, 0, set()
    for update in ten_minutes:
        if isinstance(update, Quote) and update.con_id == 756733:
            quote = update
        elif isinstance(update, Print) and update.con_id == 756733:
            assert quote is not None
            total += 1
            inside += quote.bid - 1e-9 <= update.price <= quote.ask + 1e-9
            conditions.add(update.conditions)
            assert ("I" in update.conditions.split()) == (update.size < 40)
    assert inside / total > 0.9  # the rest are deeper levels of sweeps
    assert conditions >= {"", "I", "F"}


def test_history_joins_the_live_part() -> None:
    market = market_of()
    spy, start_ns = market.contracts()[0].con_id, market.now_ns
    before = market.history(spy, 0, market.close_ns)
    assert before[0].ts_ns < market.open_ns
    assert all(trade.ts_ns < start_ns for trade in before)
    live = [update for update in market.advance(start_ns + 3 * MINUTE_NS) if isinstance(update, Print)]
    assert market.history(spy, 0, market.close_ns) == before + live
    assert market.history(spy, start_ns, start_ns + MINUTE_NS) == [t for t in live if t.ts_ns < start_ns + MINUTE_NS]
    assert market.quote(spy).volume == sum(trade.size for trade in before + live)
    assert market.quote(spy).last == next(
        t.price for t in reversed(live) if not parse_sale_conditions(t.conditions) & SALE_NO_PRICE
    )
    assert abs(live[0].price - before[-1].price) < 0.5


def test_an_earlier_start_runs_into_the_same_market() -> None:
    early, late = market_of(start_fraction=0.25), market_of(start_fraction=0.5)
    spy = early.contracts()[0].con_id
    assert early.now_ns < late.now_ns
    early.advance(late.now_ns)
    assert early.history(spy, early.open_ns, late.now_ns) == late.history(spy, late.open_ns, late.now_ns)
    assert early.advance(late.now_ns + MINUTE_NS) == late.advance(late.now_ns + MINUTE_NS)


def test_minute_bars_are_those_of_the_prints() -> None:
    market = market_of()
    market.advance(market.now_ns + 90 * calendar.NS)
    spy = market.contracts()[0].con_id
    bar = market.minute_bars("SPY")[-2]
    trades = market.history(spy, bar.start_ns, bar.start_ns + MINUTE_NS)
    prices = [trade.price for trade in trades]
    assert bar[1:5] == (prices[0], max(prices), min(prices), prices[-1])
    assert bar.volume == sum(trade.size for trade in trades)


def test_a_half_day_ends_at_one() -> None:
    market = build_market(MarketSpec(seed=1, session_date="2026-11-27", start_fraction=0.99))
    assert calendar.to_text(market.close_ns) == "2026-11-27 13:00:00"
    assert market.advance(market.close_ns)


def test_volume_is_higher_at_the_ends_of_the_day_than_at_noon() -> None:
    market = market_of(start_fraction=0.9999)
    bars = market.minute_bars("SPY")
    volume = [bar.volume for bar in bars]
    assert sum(volume[:20]) > 1.5 * sum(volume[185:205])
    assert sum(volume[-20:]) > 1.2 * sum(volume[185:205])


def test_taken_size_is_gone_and_comes_back() -> None:
    market = market_of()
    spy = market.contracts()[0].con_id
    option = next(iter(near_options(market, 1)))
    market.advance(market.now_ns + calendar.NS)
    for con_id in (spy, option):
        price, size = market.displayed(con_id, "ask")[0]
        market.consume(con_id, "ask", price, size)
        assert market.displayed(con_id, "ask")[0][0] > price
        assert market.quote(con_id).ask > price
    untouched = market_of()
    untouched.advance(market.now_ns + 20 * calendar.NS)
    market.advance(market.now_ns + 20 * calendar.NS)
    for con_id in (spy, option):
        assert market.quote(con_id) == untouched.quote(con_id)


def test_a_partly_taken_level_shows_what_is_left() -> None:
    market = market_of()
    spy = market.contracts()[0].con_id
    price, size = market.displayed(spy, "bid")[0]
    market.consume(spy, "bid", price, size - 100)
    assert market.displayed(spy, "bid")[0] == (price, 100.0)
    assert market.quote(spy).bid_size == 100.0


def test_on_demand_and_watched_quotes_are_the_same() -> None:
    market = market_of()
    watched = near_options(market, 8)
    market.watch(watched)
    updates = market.advance(market.now_ns + 10 * calendar.NS)
    for con_id in watched:
        newest = [update for update in updates if isinstance(update, Quote) and update.con_id == con_id][-1]
        current = market.quote(con_id)
        assert (newest.bid, newest.bid_size, newest.ask) == (current.bid, current.bid_size, current.ask)
    greeks = [update for update in updates if isinstance(update, Greeks)]
    assert {update.con_id for update in greeks} == watched


def test_several_underlyings_run_side_by_side() -> None:
    market = market_of(symbols=("SPY", "QQQ"))
    assert [contract.symbol for contract in market.contracts()[:2]] == ["SPY", "QQQ"]
    updates = market.advance(market.now_ns + 5 * calendar.NS)
    assert {update.con_id for update in updates if isinstance(update, Print)} == {756733, 320227571}
    assert [update.ts_ns for update in updates] == sorted(update.ts_ns for update in updates)


def test_contract_ids_are_unique_and_the_same_for_every_seed() -> None:
    first, second = market_of(seed=1), market_of(seed=1, start_fraction=0.1)
    ids = [contract.con_id for contract in first.contracts()]
    assert ids == [contract.con_id for contract in second.contracts()]
    assert len(set(ids)) == len(ids)
    assert all(0 < con_id < 2**31 for con_id in ids)
    by_symbol = {contract.local_symbol: contract.con_id for contract in market_of(seed=2).contracts()}
    shared = [contract for contract in first.contracts() if contract.local_symbol in by_symbol]
    assert len(shared) > 300
    assert all(by_symbol[contract.local_symbol] == contract.con_id for contract in shared)


def test_labels_say_simulated() -> None:
    assert market_of(seed=7).label == "SIMULATED MARKET (seed 7)"


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"seed": -1}, ConfigError, "seed"),
        ({"start_fraction": 1.0}, ConfigError, "start_fraction"),
        ({"symbols": ("NOPE",)}, ConfigError, "NOPE"),
        ({"symbols": ()}, ConfigError, "symbols"),
        ({"scenario": "doom"}, ConfigError, "doom"),
        ({"session_date": "2026-11-26"}, ClosedMarketError, "2026-11-26"),
        ({"session_date": "soon"}, DataError, "soon"),
    ],
)
def test_an_impossible_spec_is_refused_in_one_line(
    changes: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        build_market(MarketSpec(**{"seed": 1, "session_date": DATE, **changes}))  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_unknown_contracts_are_refused() -> None:
    market = market_of()
    for question in (market.quote, market.greeks, market.open_interest):
        with pytest.raises(DataError, match="12345"):
            question(12345)
    with pytest.raises(DataError):
        market.watch(frozenset({12345}))
    with pytest.raises(DataError):
        market.chain("NOPE")
