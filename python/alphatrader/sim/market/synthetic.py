"""A seeded day of one underlying: prices, quotes, prints, auctions and book, drawn at once.

The efficient price follows the market's factor and a part of its own: shocks with the day's volatility shape and
clustering, the drift of episodes and trends, news. Quotes stand around it on a cent grid. Trades arrive in clusters
whose rate and sizes follow the day and the episodes; their signs follow the price moves of the moment, the episodes,
and one another.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market.auctions import draw_crosses
from alphatrader.sim.market.episodes import FlowPlan, plan_flow
from alphatrader.sim.market.hours import span_of
from alphatrader.sim.market.market_factor import (
    STEPS_A_SECOND,
    Happening,
    MarketDay,
    Mood,
    draw_log_volatility,
    draw_market_day,
)
from alphatrader.sim.market.path import STEP_NS, STEPS_PER_QUOTE, DayPath, Floats
from alphatrader.sim.market.prints import Tape, draw_prints
from alphatrader.sim.market.profiles import Profile, price_level, round_lot, stream, stream_words
from alphatrader.sim.market.queues import QueueBook
from alphatrader.sim.market.regimes import draw_jumps, jump_moves
from alphatrader.sim.market.shape import GAP_VARIANCE, extended_volume, volume_shape
from alphatrader.sim.market.spec import SCENARIOS, Scenario
from alphatrader.sim.market.types import Interval

LEVERAGE = 9.0
"""By how much more variance options expect for each unit of log return that the price has lost since the open."""
_SESSIONS_A_YEAR = 252
_OWN_VOLATILITY = 0.5
"""How far the clustering of an underlying's own shocks goes, against the market's."""
_EVENT_VOLATILITY = 0.6
_PIN_STRIKE = 5
_OPENING_BURST, _BURST_S = 2.0, 20.0
_HOUR_STEPS = 3600 * STEPS_A_SECOND


class Standing(NamedTuple):
    """Where an underlying stands at the end of a day: official close, last price (dollars), annualised volatility."""

    close: float
    last: float
    annual_volatility: float


class _Prices(NamedTuple):
    """Efficient price in cents at the start of each step (one more than steps), and what moved it."""

    mid_cents: Floats
    shock: Floats
    sigma_cents: Floats
    log_volatility: Floats
    plan: FlowPlan


def draw_session(profile: Profile, session: calendar.Session, seed: int, scenario_name: str) -> DayPath:
    """Draw a first day of one underlying, with the market around it."""
    scenario = SCENARIOS[scenario_name]
    market = draw_market_day(span_of(session), seed, scenario, Mood(), first_day=True)
    return draw_day(profile, market, seed, scenario, None, struck=True)[0]


def draw_day(
    profile: Profile, market: MarketDay, seed: int, scenario: Scenario, before: Standing | None, *, struck: bool
) -> tuple[DayPath, Standing]:
    """Draw the day of one underlying that can be traded; takes half a second.

    ``before``: where it stood the day before, None on the first day. ``struck``: whether an event of the scenario that
    does not befall the whole market befalls this one.
    """
    span = market.span

    def of(purpose: str) -> np.random.Generator:
        return stream(seed, profile.symbol, f"{purpose} {span.date}")

    before = _standing(of("level"), profile, scenario, before, span.date)
    day_sigma = float(before.annual_volatility / np.sqrt(_SESSIONS_A_YEAR))
    happening = market.happening
    if happening is not None and not (struck or happening.event.whole_market):
        happening = None
    prices = _draw_prices(profile, market, seed, scenario, before, happening)
    bid, ask = _draw_quotes(of("quotes"), prices, market, happening)
    halts: tuple[Interval, ...] = ()
    if happening is not None and happening.resume > happening.last:
        halts = ((span.start_ns + happening.last * STEP_NS, span.start_ns + happening.resume * STEP_NS),)

    generator = of("flow")
    regular = (market.regular.start // STEPS_PER_QUOTE, market.regular.stop // STEPS_PER_QUOTE)
    words = stream_words(seed, profile.symbol, f"book {span.date}")
    book = QueueBook(words, regular, _draw_lean(generator, prices, market))
    lot = round_lot(span.date, before.close)
    tape = _tape(profile, scenario, market, prices, halts)
    crosses = draw_crosses(of("auctions"), profile, span, bid, ask, halts)
    prints = draw_prints(generator, tape, (bid, ask), book, span, lot, crosses, halts, profile)
    by_second = slice(market.regular.start, market.regular.stop, STEPS_A_SECOND)
    path = DayPath(
        symbol=profile.symbol,
        start_ns=span.start_ns,
        open_ns=span.open_ns,
        close_ns=span.close_ns,
        previous_close=before.close,
        day_sigma=day_sigma,
        bid_cents=bid,
        ask_cents=ask,
        book=book,
        prints=prints,
        variance_factor=variance_factor(prices.mid_cents[by_second], prices.log_volatility[by_second]),
        crosses=crosses,
        halts=halts,
    )
    last = round((int(bid[-1]) + int(ask[-1])) / 200.0, 2)
    return path, Standing(path.close_price, last, before.annual_volatility)


def variance_factor(price: Floats, log_volatility: Floats) -> Floats:
    """Return by how much options expect more variance than usual: more in busy minutes, and after a fall."""
    moved = np.log(price / price[0])
    return np.asarray(np.clip(np.exp(0.5 * log_volatility - LEVERAGE * moved), 0.5, 3.0), dtype=np.float64)


def _standing(
    generator: np.random.Generator, profile: Profile, scenario: Scenario, before: Standing | None, date: str
) -> Standing:
    """Return the close before and today's volatility, which strays from yesterday's and returns to the usual."""
    low, high = (bound * scenario.volatility_factor for bound in profile.annual_volatility)
    if before is None:
        close = price_level(profile, date, generator)
        return Standing(close, close, float(generator.uniform(low, high)))
    usual = np.log(0.5 * (low + high))
    stray = 0.85 * (np.log(before.annual_volatility) - usual) + 0.12 * generator.standard_normal()
    return before._replace(annual_volatility=float(np.exp(usual + stray)))


def _draw_prices(
    profile: Profile,
    market: MarketDay,
    seed: int,
    scenario: Scenario,
    before: Standing,
    happening: Happening | None,
) -> _Prices:
    date, steps = market.span.date, market.steps
    generator = stream(seed, profile.symbol, f"prices {date}")
    share, rest = profile.market_share, float(np.sqrt(1.0 - profile.market_share**2))
    day_sigma = before.annual_volatility / np.sqrt(_SESSIONS_A_YEAR)
    own_noise, own_plan = 1.0, None
    count = market.regular.stop - market.regular.start
    if profile.own_gap_factor:
        own_plan = plan_flow(stream(seed, profile.symbol, f"episodes {date}"), count, scenario, profile.own_gap_factor)
        own_noise = 1.0 - (1.0 - scenario.noise_share) / profile.own_gap_factor
    log_volatility = market.log_volatility + _OWN_VOLATILITY * draw_log_volatility(generator, steps)
    if happening is not None:
        log_volatility[happening.first : happening.last] += _EVENT_VOLATILITY
    own_shock = generator.standard_normal(steps)
    # Outside regular hours there are no episodes, so noise is all the variance there is.
    of_market, of_its_own = np.ones(steps), np.ones(steps)
    of_market[market.regular], of_its_own[market.regular] = np.sqrt(scenario.noise_share), np.sqrt(own_noise)
    noise = share * of_market * market.shock + rest * of_its_own * own_shock
    drift = share * market.drift_sd
    if own_plan is not None:
        drift[market.regular] += rest * own_plan.drift_sd
    moves = share * market.moves_sd
    if profile.own_jumps_a_day:
        rate = profile.own_jumps_a_day * min(1.0, 4.0 * scenario.jumps_a_day)
        jumps = draw_jumps(stream(seed, profile.symbol, f"news {date}"), count / STEPS_A_SECOND, rate, 0.0)
        moves = moves + market.whole_day(jump_moves(jumps, count, 1.0 / STEPS_A_SECOND))

    sigma = day_sigma * market.shape * np.exp(log_volatility)
    returns = sigma * (noise + drift) + day_sigma * moves
    if happening is not None:
        _befall(returns, happening)
    gap = day_sigma * np.sqrt(GAP_VARIANCE)
    gap *= share * market.gap + rest * generator.standard_normal()
    mid = 100.0 * before.last * np.exp(gap + np.concatenate(([0.0], np.cumsum(returns))))
    if scenario.pin:
        mid = _pinned(mid, market, 100.0 * _PIN_STRIKE * round(before.close / _PIN_STRIKE), scenario.pin)
    return _Prices(
        mid_cents=mid,
        shock=share * market.shock + rest * own_shock,
        sigma_cents=sigma * mid[:-1],
        log_volatility=log_volatility,
        plan=market.plan if own_plan is None else market.plan.joined(share, own_plan, rest),
    )


def _befall(returns: Floats, happening: Happening) -> None:
    """Let the event move the price, stop it during the pause, and reopen it elsewhere."""
    event, first, last, resume = happening
    part = slice(first, last)
    # The event decides where its span ends, the shocks only the way there.
    returns[part] += (event.move - returns[part].sum()) / (last - first)
    if resume > last:
        returns[last:resume] = 0.0
        returns[resume - 1] = event.reopens


def _pinned(mid: Floats, market: MarketDay, strike_cents: float, an_hour: float) -> Floats:
    """Pull the price of regular hours towards a strike: the same shocks, in an Ornstein-Uhlenbeck process."""
    first, last = market.regular.start, market.regular.stop
    decay = an_hour / _HOUR_STEPS * np.arange(last - first + 1)
    shocks = np.diff(mid[first : last + 1])
    pulled = np.exp(-decay) * (
        mid[first] - strike_cents + np.concatenate(([0.0], np.cumsum(np.exp(decay[1:]) * shocks)))
    )
    moved = mid.copy()
    moved[first : last + 1] = strike_cents + pulled
    moved[last + 1 :] += moved[last] - mid[last]
    return moved


def _draw_quotes(
    generator: np.random.Generator, prices: _Prices, market: MarketDay, happening: Happening | None
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Put bid and ask around the efficient price: one cent wide, more when volatility is up or the market is shut."""
    mid = prices.mid_cents[:-1:STEPS_PER_QUOTE]
    intervals = len(mid)
    regular = slice(market.regular.start // STEPS_PER_QUOTE, market.regular.stop // STEPS_PER_QUOTE)
    busy = np.exp(prices.log_volatility[::STEPS_PER_QUOTE]) - 1.0 + market.rush[::STEPS_PER_QUOTE]
    draw = np.repeat(generator.random(intervals // 5 + 1), 5)[:intervals]
    wide = np.clip(0.06 + 0.15 * busy, 0.02, 0.85)
    spread = 1 + (draw < wide) + (draw < 0.15 * wide) + 2 * (draw < 0.2 * (wide - 0.3))
    # Few makers quote outside regular hours: wider, and slower to move.
    extended = 1 + np.minimum(np.floor(-1.3 * np.log(1.0 - draw)), 7) + (draw > 0.35)
    spread[: regular.start], spread[regular.stop :] = extended[: regular.start], extended[regular.stop :]
    index = np.arange(intervals)
    renewed = generator.random(intervals) < 0.12
    renewed[regular] = True
    if happening is not None:
        pause = slice(happening.last // STEPS_PER_QUOTE, happening.resume // STEPS_PER_QUOTE)
        renewed[pause] = False
    renewed[[0, regular.stop]] = True
    index = np.maximum.accumulate(np.where(renewed, index, 0))
    spread, mid = spread[index], mid[index]
    bid = np.floor(mid - (spread - 1) / 2.0)
    return bid.astype(np.int32), (bid + spread).astype(np.int32)


def _tape(
    profile: Profile,
    scenario: Scenario,
    market: MarketDay,
    prices: _Prices,
    halts: tuple[Interval, ...],
) -> Tape:
    """Return what drives the trades of the day at each step."""
    regular = market.regular
    count = regular.stop - regular.start
    activity = np.empty(market.steps)
    activity[regular] = volume_shape((np.arange(count) + 0.5) / count)
    activity[: regular.start], activity[regular.stop :] = extended_volume(regular.start, market.steps - regular.stop)
    # What waited for the open trades in its first minute.
    activity[regular] *= 1.0 + _OPENING_BURST * np.exp(-np.arange(count) / (_BURST_S * STEPS_A_SECOND))
    rate = profile.prints_per_s * scenario.rate_factor / STEPS_A_SECOND * activity**0.8
    rate *= np.exp(0.5 * prices.log_volatility + market.rush)
    rate[regular] *= prices.plan.intensity
    for start_ns, end_ns in halts:
        rate[(start_ns - market.span.start_ns) // STEP_NS : (end_ns - market.span.start_ns) // STEP_NS] = 0.0
    bias = market.whole_day(prices.plan.bias)
    return Tape(
        rate=rate,
        buy_probit=bias + 0.9 * _local_move(prices),
        size_factor=np.maximum(activity, 0.2) ** 0.2,
        growth=market.whole_day(prices.plan.growth),
        direction=np.sign(bias).astype(np.int64),
    )


def _local_move(prices: _Prices) -> Floats:
    """Return the shocks of the price within a second around each step, in standard deviations."""
    reach = 10
    walk = np.concatenate((np.zeros(reach), np.cumsum(prices.shock), np.zeros(reach + 1)))
    walk[-reach - 1 :] = walk[-reach - 2]
    return np.asarray((walk[2 * reach + 1 :] - walk[: -2 * reach - 1]) / np.sqrt(2.0 * reach))


def _draw_lean(generator: np.random.Generator, prices: _Prices, market: MarketDay) -> Floats:
    """Lean the book, by second: with the flow, a little with the next two seconds of price, and for no reason."""
    ahead = 2 * STEPS_A_SECOND
    mid = np.concatenate((prices.mid_cents[:-1], np.full(ahead, prices.mid_cents[-1])))
    coming = (mid[ahead:] - mid[:-ahead])[::STEPS_A_SECOND] / (
        prices.sigma_cents[::STEPS_A_SECOND] * np.sqrt(float(ahead))
    )
    seconds = len(coming)
    whim = np.convolve(generator.standard_normal(seconds + 2), np.full(3, 3.0**-0.5), mode="valid")
    flow = market.whole_day(prices.plan.bias)[::STEPS_A_SECOND]
    return np.asarray(np.tanh(0.5 * flow + 0.3 * coming + 0.5 * whim))
