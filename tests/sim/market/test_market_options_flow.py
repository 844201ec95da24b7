"""Option prints: pure by contract and minute, adding up to the volume, at the quotes, clustered as real flow is."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sim.market.option_chains import SPOTS, still_chain

from alphatrader import calendar
from alphatrader.sim.market import Greeks, MarketSpec, Print, Quote, build_market
from alphatrader.sim.market.draws import keys_of, normal, poisson, root_key, uniform
from alphatrader.sim.market.live import SessionMarket
from alphatrader.sim.market.option_flow import CONDITIONS, OptionFlow
from alphatrader.sim.market.option_products import product_of
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import market_spec

MINUTE_NS = 60 * calendar.NS


@pytest.fixture(scope="module")
def flow() -> OptionFlow:
    return OptionFlow(still_chain("SPY", moves=0.004))


def market_at(fraction: float, seed: int = 7) -> SessionMarket:
    return build_market(MarketSpec(seed=seed, session_date="2026-11-20", start_fraction=fraction))


def nearest(market: SessionMarket, count: int) -> list[int]:
    spot = market.chain("SPY").spot
    options = [contract for contract in market.contracts() if contract.sec_type == "OPT"]
    return [o.con_id for o in sorted(options, key=lambda o: (o.expiry, abs(float(o.strike) - spot)))[:count]]


def test_draws_are_uniform_normal_and_poisson() -> None:
    keys = keys_of(root_key(1, "test"), np.arange(200_000))
    level = uniform(keys)
    assert 0.0 <= level.min() < 1e-3
    assert 1.0 - 1e-3 < level.max() < 1.0
    assert abs(level.mean() - 0.5) < 0.003
    shock = normal(keys, 3)
    assert abs(shock.mean()) < 0.01
    assert abs(shock.std() - 1.0) < 0.01
    assert abs(np.corrcoef(level, uniform(keys, 1))[0, 1]) < 0.01
    for mean in (0.02, 0.7, 5.0, 15.9, 16.1, 90.0):
        count = poisson(np.full(len(keys), mean), keys)
        assert abs(count.mean() / mean - 1.0) < 0.06
        assert abs(count.var() / mean - 1.0) < 0.06


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 404), st.integers(1, 6), st.integers(0, 2**16))
def test_prints_of_some_are_the_prints_of_all_for_them(minute: int, length: int, pick: int) -> None:
    flow = OptionFlow(still_chain("XSP", moves=0.004))
    chain = flow._chain
    everything = flow.prints(chain.all_rows, 0, flow.minutes)
    rows = np.unique(np.random.default_rng(pick).integers(0, len(chain.options), 40))
    part = flow.prints(rows, minute, minute + length)
    low, high = (chain.backdrop.open_ns + m * MINUTE_NS for m in (minute, minute + length))
    kept = np.isin(everything.row, rows) & (everything.ts_ns >= low) & (everything.ts_ns < high)
    for whole, piece in zip(everything, part, strict=True):
        assert (whole[kept] == piece).all()


def test_prints_lie_at_the_quotes_on_the_increments(flow: OptionFlow) -> None:
    chain = flow._chain
    prints = flow.prints(chain.all_rows, 30, 34)
    tick = (prints.ts_ns - chain.backdrop.open_ns) // 500_000_000
    quotes = chain.quotes(prints.row, tick)
    quoted = quotes.ask_size > 0
    price = prints.price[quoted]
    bid, ask = quotes.bid[quoted], quotes.ask[quoted]
    assert (price >= np.maximum(bid, 0.01) - 1e-9).all()
    assert (price <= ask + 1e-9).all()
    assert (prints.size >= 1).all()
    at_bid, at_ask = np.isclose(price, bid), np.isclose(price, ask)
    assert 0.3 < at_bid.mean() < 0.6
    assert 0.3 < at_ask.mean() < 0.65
    assert 0.02 < (~at_bid & ~at_ask).mean() < 0.2


def test_sizes_are_small_with_a_long_tail(flow: OptionFlow) -> None:
    size = flow.prints(flow._chain.all_rows, 0, 60, priced=False).size
    assert 0.3 < (size == 1).mean() < 0.5
    assert np.median(size) <= 3
    assert 5.0 < size.mean() < 10.0
    assert (size >= 100).mean() > 0.005


def test_spreads_are_rare_pairs_of_one_series_at_one_instant(flow: OptionFlow) -> None:
    chain = flow._chain
    prints = flow.prints(chain.all_rows, 0, 30, priced=False)
    legs = [CONDITIONS[c] == "f" for c in prints.condition.tolist()]
    assert 0.003 < np.mean(legs) < 0.03
    pairs = defaultdict(list)
    for row, ts_ns, size, is_leg in zip(prints.row, prints.ts_ns, prints.size, legs, strict=True):
        if is_leg:
            pairs[int(ts_ns), int(chain.series_of[row])].append((int(row), int(size)))
    whole = [pair for pair in pairs.values() if len(pair) == 2]
    assert len(whole) > 0.97 * len(pairs)
    for (one, size), (other, other_size) in whole:
        assert one != other
        assert size == other_size
        assert chain.options[one].right == chain.options[other].right


def prints_with(conditions: bool, state_dir: Path) -> list[Print]:
    settings = SimSettings(state_dir=state_dir, behaviours={"option_print_conditions": conditions})
    market = build_market(market_spec(settings, "2026-11-20"))
    assert isinstance(market, SessionMarket)
    return market.history(nearest(market, 1)[0], 0, market.now_ns)


def test_conditions_can_be_left_out(tmp_path: Path) -> None:
    told, untold = prints_with(True, tmp_path), prints_with(False, tmp_path)
    assert {trade.conditions for trade in told} == {"", "a", "f"}
    assert {trade.conditions for trade in untold} == {""}
    assert [trade[:5] for trade in told] == [trade[:5] for trade in untold]


def test_flow_is_mostly_of_today_and_at_the_money(flow: OptionFlow) -> None:
    chain = flow._chain
    prints = flow.prints(chain.all_rows, 0, flow.minutes, priced=False)
    volume = np.bincount(prints.row, weights=prints.size, minlength=len(chain.options))
    today = chain.series_of == 0
    assert 0.4 < volume[today].sum() / volume.sum() < 0.75
    near = np.abs(np.log(chain.strike / 650.0)) < 0.01
    assert volume[today & near].sum() / volume[today].sum() > 0.75
    spy, xsp = product_of("SPY", SPOTS["SPY"]), product_of("XSP", SPOTS["XSP"])
    assert volume.sum() > 2e6 * spy.activity
    assert volume.sum() < 6e6
    assert xsp.activity < 0.02
    later = chain.series_of >= 5
    round_strike = (chain.strike % 5 == 0) & (np.abs(np.log(chain.strike / 650.0)) < 0.03)
    between = (chain.strike % 5 != 0) & (np.abs(np.log(chain.strike / 650.0)) < 0.03)
    assert volume[later & round_strike].mean() > 1.3 * volume[later & between].mean()


def test_nothing_trades_before_a_series_opened_or_after_it_stopped() -> None:
    chain = still_chain("SPX")
    flow = OptionFlow(chain)
    prints = flow.prints(chain.all_rows, 0, flow.minutes, priced=False)
    tick = (prints.ts_ns - chain.backdrop.open_ns) // 500_000_000
    assert (tick >= chain.opens[prints.row]).all()
    assert (tick < chain.closes[prints.row]).all()
    morning = np.array([o.trading_class == "SPX" and o.expiry == "20261120" for o in chain.options])
    assert not morning[prints.row].any()
    expiring = np.array([o.trading_class == "SPXW" and o.expiry == "20261120" for o in chain.options])
    late = tick >= 46_800
    assert late.any()
    assert not expiring[prints.row[late]].any()


def test_streams_quotes_history_and_chain_tell_one_story() -> None:
    market = market_at(0.3)
    watched = nearest(market, 30)
    market.watch(frozenset(watched))
    start_ns = market.now_ns
    streamed: dict[int, list[Print]] = defaultdict(list)
    newest: dict[int, Quote] = {}
    for step in range(1, 1201):
        for update in market.advance(start_ns + step * 100_000_000):
            if isinstance(update, Print):
                streamed[update.con_id].append(update)
            elif isinstance(update, Quote):
                newest[update.con_id] = update
            if isinstance(update, Quote) and update.con_id in streamed and update.con_id in watched:
                assert update.last == streamed[update.con_id][-1].price
                assert update.last_size == streamed[update.con_id][-1].size
    table = market.chain("SPY")
    rows = {contract.con_id: row for row, contract in enumerate(table.contracts)}
    for con_id in watched:
        whole = market.history(con_id, market.open_ns, market.now_ns)
        assert streamed[con_id] == [trade for trade in whole if trade.ts_ns >= start_ns]
        assert streamed[con_id] == market.history(con_id, start_ns, market.now_ns)
        quote = market.quote(con_id)
        assert quote.volume == sum(trade.size for trade in whole) == table.volume[rows[con_id]]
        assert quote.last == whole[-1].price == table.last[rows[con_id]]
        assert newest[con_id][2:6] == quote[2:6]
    assert sum(len(prints) for prints in streamed.values()) > 200


def test_what_is_watched_changes_nothing() -> None:
    alone, together = market_at(0.5), market_at(0.5)
    few, many = nearest(alone, 4), nearest(together, 60)
    alone.watch(frozenset(few))
    together.watch(frozenset(many[:20]))
    together.advance(together.now_ns + 7 * calendar.NS)
    alone.advance(together.now_ns)
    together.watch(frozenset(many))
    end_ns = alone.now_ns + 40 * calendar.NS
    one = [update for update in alone.advance(end_ns) if getattr(update, "con_id", 0) in few]
    other = []
    while together.now_ns < end_ns:
        together.chain("SPY")
        other += [u for u in together.advance(together.now_ns + 300_000_000) if getattr(u, "con_id", 0) in few]
    other += [u for u in together.advance(end_ns) if getattr(u, "con_id", 0) in few]
    assert one == [update for update in other if update.ts_ns < alone.now_ns]


def test_quote_history_is_what_was_shown() -> None:
    market = market_at(0.5)
    option = nearest(market, 1)[0]
    market.watch(frozenset([option]))
    start_ns = market.now_ns
    shown = []
    for _ in range(20):
        market.advance(market.now_ns + calendar.NS)
        shown.append(market.quote(option))
    past = market.quote_history(option, start_ns, market.now_ns, calendar.NS)
    assert [quote.ts_ns for quote in past] == list(range(start_ns, market.now_ns, calendar.NS))
    history = {quote.ts_ns: quote for quote in market.quote_history(option, start_ns, market.now_ns, calendar.NS // 2)}
    for quote in shown:
        assert history[quote.ts_ns][2:6] == quote[2:6]
    before = market.quote_history(option, market.open_ns - MINUTE_NS, market.open_ns, calendar.NS)
    assert before == []


def test_greeks_of_watched_options_come_every_second() -> None:
    market = market_at(0.5)
    option = nearest(market, 1)[0]
    market.watch(frozenset([option]))
    updates = market.advance(market.now_ns + 10 * calendar.NS)
    assert len([update for update in updates if isinstance(update, Greeks)]) == 10
