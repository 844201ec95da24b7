"""Named scenarios, regimes and news: what they do to price, flow and trading."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market import SCENARIOS, MarketSpec, Print, build_market
from alphatrader.sim.market.hours import span_of
from alphatrader.sim.market.live import SessionMarket
from alphatrader.sim.market.market_factor import MarketDay, Mood, draw_market_day
from alphatrader.sim.market.path import QUOTE_NS, DayPath
from alphatrader.sim.market.profiles import profile_of
from alphatrader.sim.market.regimes import TRENDING, VOLATILE, draw_jumps, draw_spells, jump_moves
from alphatrader.sim.market.synthetic import draw_session
from alphatrader.sim.market.types import Auction, Halt, Phase

DATE = "2026-11-24"
SEEDS = range(5)
SPY, QQQ = 756733, 320227571


@cache
def day(scenario: str, seed: int) -> DayPath:
    return draw_session(profile_of("SPY"), calendar.session_for(DATE), seed, scenario)


def mid(path: DayPath) -> NDArray[np.float64]:
    first, last = ((at_ns - path.first_ns) // QUOTE_NS for at_ns in (path.open_ns, path.close_ns))
    return np.asarray((path.bid_cents + path.ask_cents)[first:last] / 200.0)


def realised(scenario: str) -> float:
    """Root mean square of the minute returns over the seeds."""
    return float(np.sqrt(np.mean([(np.diff(np.log(mid(day(scenario, seed))[::300])) ** 2).mean() for seed in SEEDS])))


def test_scenarios_differ_in_volatility_and_activity() -> None:
    assert realised("quiet") < 0.8 * realised("regular")
    assert realised("volatile") > 1.4 * realised("regular")
    prints = {
        name: sum(len(day(name, seed).prints.size) for seed in SEEDS) for name in ("quiet", "regular", "volatile")
    }
    assert prints["quiet"] < 0.8 * prints["regular"] < 0.8 * prints["volatile"]


@pytest.mark.parametrize(("scenario", "sign"), [("trend_up", 1), ("trend_down", -1)])
def test_trends_trend(scenario: str, sign: int) -> None:
    moves = [sign * np.log(mid(day(scenario, seed))[-1] / mid(day(scenario, seed))[0]) for seed in SEEDS]
    assert np.mean(moves) > 0.008
    assert min(moves) > -0.005


def test_a_pinned_market_stays_at_its_strike() -> None:
    for seed in SEEDS:
        path = day("pinned", seed)
        strike = 5.0 * round(path.previous_close / 5.0)
        afternoon = mid(path)[len(mid(path)) // 2 :]
        assert np.abs(afternoon - strike).mean() < 2.5


def test_a_crash_falls_within_the_hour() -> None:
    for seed in SEEDS:
        price = mid(day("crash", seed))
        hour = 18_000
        worst = np.log(price[hour:] / price[:-hour]).min()
        assert -0.12 < worst < -0.03


def test_a_halt_stops_one_stock_and_reopens_it_by_auction() -> None:
    spec = MarketSpec(seed=3, session_date=DATE, symbols=("SPY", "QQQ"), scenario="halt")
    market = build_market(spec)
    assert isinstance(market, SessionMarket)
    ((start_ns, end_ns),) = market.day.member("SPY").path.halts
    assert market.day.member("QQQ").path.halts == ()
    assert end_ns - start_ns == 300 * calendar.NS
    option = next(c for c in market.contracts() if c.symbol == "SPY" and c.sec_type == "OPT")
    market.watch(frozenset({option.con_id}))
    market.skip_to(start_ns - 10 * calendar.NS)
    before = market.advance(start_ns + calendar.NS)
    assert Halt(start_ns, SPY, True) in before
    assert market.phase(SPY) is Phase.HALTED
    assert market.phase(option.con_id) is Phase.CLOSED
    assert market.phase(QQQ) is Phase.REGULAR
    assert market.displayed(SPY, "bid") == market.displayed(option.con_id, "ask") == []
    silent = market.advance(end_ns)
    assert {u.con_id for u in silent} == {QQQ}  # type: ignore[union-attr]
    after = market.advance(end_ns + 2 * calendar.NS)
    assert Halt(end_ns, SPY, False) in after
    (auction,) = [u for u in after if isinstance(u, Auction)]
    assert auction.kind == "reopen"
    (cross,) = [u for u in after if isinstance(u, Print) and u.conditions == "5"]
    assert (cross.con_id, cross.price) == (SPY, auction.price)
    assert market.phase(SPY) is Phase.REGULAR
    assert market.displayed(SPY, "bid")


def test_a_stock_is_halted_outside_of_its_price_band() -> None:
    """LULD: five percent from the mean of the last five minutes, for a large fund."""
    for seed in SEEDS:
        path = day("halt", seed)
        ((start_ns, _),) = path.halts
        last = path.interval_at(start_ns - 1)
        price = (path.bid_cents + path.ask_cents)[last - 1_500 : last + 1] / 200.0
        assert abs(price[-1] / price[0] - 1.0) > 0.05


def test_a_circuit_breaker_stops_all() -> None:
    spec = MarketSpec(seed=3, session_date=DATE, symbols=("SPY", "IWM", "SPX"), scenario="circuit_breaker")
    market = build_market(spec)
    assert isinstance(market, SessionMarket)
    paths = [market.day.member(symbol).path for symbol in ("SPY", "IWM", "SPX")]
    assert len({path.halts for path in paths}) == 1
    ((start_ns, end_ns),) = paths[0].halts
    assert end_ns - start_ns == 900 * calendar.NS
    assert paths[0].mid_at(start_ns) / paths[0].mid_at(paths[0].open_ns) < 0.95


def test_events_befall_the_first_day_alone() -> None:
    market = build_market(MarketSpec(seed=3, session_date=DATE, scenario="halt"))
    assert isinstance(market, SessionMarket)
    market.skip_to(calendar.to_ns("2026-11-25", "12:00"))
    assert market.day.member("SPY").path.halts == ()


def test_scenarios_know_flow_volatility_and_interest_alone() -> None:
    fields = set(next(iter(SCENARIOS.values())).__slots__)
    assert fields == {
        "volatility_factor", "noise_share", "episode_gap_s", "episode_move", "rate_factor", "jumps_a_day", "drift_sd",
        "lean", "restlessness", "pin", "pinned_interest", "interest_walls", "interest_puts", "event",
    }  # fmt: skip


@cache
def market_day(seed: int, mood: Mood | None = None) -> MarketDay:
    span = span_of(calendar.session_for(DATE))
    return draw_market_day(span, seed, SCENARIOS["regular"], mood or Mood(), first_day=True)


def test_regimes_fill_the_session_and_carry_over_the_night() -> None:
    for seed in range(20):
        generator = np.random.default_rng(seed)
        spells = draw_spells(generator, 23_400.0, SCENARIOS["regular"], VOLATILE)
        assert spells[0].kind == VOLATILE
        assert (spells[0].start_s, spells[-1].end_s) == (0.0, 23_400.0)
        for one, two in pairwise(spells):
            assert one.end_s == two.start_s
            assert one.kind != two.kind
        assert all((spell.direction != 0) == (spell.kind == TRENDING) for spell in spells)
    first = market_day(4)
    assert first.mood.regime == first.spells[-1].kind
    assert market_day(4, Mood(VOLATILE, 0.4)).spells[0].kind == VOLATILE


def test_volatile_spells_move_more() -> None:
    calm, wild = [], []
    for seed in range(12):
        path, market = day("regular", seed), market_day(seed)
        returns = np.diff(np.log(mid(path)[::150])) ** 2
        for spell in market.spells:
            part = returns[int(spell.start_s / 30) : int(spell.end_s / 30)] / 1.0
            if spell.start_s > 5_400 and spell.kind in (0, VOLATILE) and len(part) > 5:
                (wild if spell.kind == VOLATILE else calm).append(part.mean())
    assert np.mean(wild) > 1.8 * np.mean(calm)


def test_news_reprices_within_seconds() -> None:
    jumps = [jump for seed in range(200) for jump in draw_jumps(np.random.default_rng(seed), 23_400.0, 1.0, 0.0)]
    assert 150 < len(jumps) < 260
    assert all(abs(jump.move_sd) >= 0.12 and 0.5 <= jump.length_s <= 3.0 for jump in jumps)
    moves = jump_moves(jumps[:1], 234_000, 0.1)
    assert moves.sum() == pytest.approx(jumps[0].move_sd)
    assert np.count_nonzero(moves) <= 30
