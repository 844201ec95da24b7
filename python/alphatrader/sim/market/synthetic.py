"""A seeded session: prices, quotes, prints and books of one underlying, drawn at once for the whole day.

The efficient price is a random walk with the day's volatility shape and clustering, plus the drift of the flow plan's
episodes. Quotes stand around it on a cent grid. Trades arrive by a Poisson process whose rate and sizes follow the day
and the episodes; their signs follow the price moves of the moment, the episodes, and one another.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market import book as books
from alphatrader.sim.market.episodes import FlowPlan, plan_flow
from alphatrader.sim.market.path import STEP_NS, STEPS_PER_QUOTE, DayPath, Floats
from alphatrader.sim.market.prints import Tape, draw_prints
from alphatrader.sim.market.profiles import Profile, price_level, round_lot, stream
from alphatrader.sim.market.shape import volatility_shape, volume_shape
from alphatrader.sim.market.spec import SCENARIOS, Scenario

_STEPS_PER_MINUTE = 600
_SESSIONS_A_YEAR = 252


@dataclass(frozen=True, slots=True)
class _Prices:
    """Efficient price in cents at the start of each step (one more than steps), and what moved it."""

    mid_cents: Floats
    noise_cents: Floats
    sigma_cents: Floats
    log_volatility: Floats


def draw_session(profile: Profile, session: calendar.Session, seed: int, scenario_name: str) -> DayPath:
    """Draw the whole session of one underlying. Takes a few tenths of a second."""
    scenario = SCENARIOS[scenario_name]
    steps = (session.close_ns - session.open_ns) // STEP_NS
    generator = stream(seed, profile.symbol, "level")
    previous_close = price_level(profile, session.date, generator)
    annual = generator.uniform(*profile.annual_volatility) * scenario.volatility_factor
    day_sigma = float(annual / np.sqrt(_SESSIONS_A_YEAR))
    open_price = previous_close * float(np.exp(0.4 * day_sigma * generator.standard_normal()))

    plan = plan_flow(stream(seed, profile.symbol, "episodes"), steps, scenario)
    prices = _draw_prices(stream(seed, profile.symbol, "prices"), plan, scenario, open_price, day_sigma)
    bid, ask = _draw_quotes(stream(seed, profile.symbol, "quotes"), prices)

    generator = stream(seed, profile.symbol, "flow")
    arrangement = books.draw_arrangement(generator, len(bid))
    fraction = (np.arange(steps) + 0.5) / steps
    activity = np.sqrt(volume_shape(fraction))
    tape = Tape(
        rate=profile.prints_per_s
        * scenario.rate_factor
        * 0.1
        * activity
        * np.exp(0.5 * prices.log_volatility)
        * plan.intensity,
        buy_probit=plan.bias + 0.9 * _local_move(prices),
        size_factor=activity,
        growth=plan.growth,
        direction=np.sign(plan.bias).astype(np.int64),
    )
    lot = round_lot(session.date, previous_close)
    prints, sign = draw_prints(generator, tape, bid, ask, arrangement, session.open_ns, lot)
    taken = books.taken_by_interval(prints.ts_ns, prints.size, sign, session.open_ns, len(bid))
    lean = _draw_lean(generator, plan, prices)
    return DayPath(
        symbol=profile.symbol,
        open_ns=session.open_ns,
        close_ns=session.close_ns,
        previous_close=previous_close,
        day_sigma=day_sigma,
        bid_cents=bid,
        ask_cents=ask,
        book=books.build_book(generator, arrangement, lean, taken),
        prints=prints,
        variance_factor=variance_factor(prices.mid_cents[:-1:10], prices.log_volatility[::10]),
    )


def variance_factor(price: Floats, log_volatility: Floats) -> Floats:
    """Return by how much options expect more variance than usual: more in busy minutes, and after a fall."""
    moved = np.log(price / price[0])
    return np.asarray(np.clip(np.exp(0.5 * log_volatility - 9.0 * moved), 0.5, 3.0), dtype=np.float64)


def _draw_prices(
    generator: np.random.Generator, plan: FlowPlan, scenario: Scenario, open_price: float, day_sigma: float
) -> _Prices:
    steps = len(plan.bias)
    log_volatility = _draw_log_volatility(generator, steps)
    shape = volatility_shape((np.arange(steps) + 0.5) / steps)
    sigma = 100.0 * open_price * day_sigma / np.sqrt(steps) * shape * np.exp(log_volatility)
    noise = np.sqrt(scenario.noise_share) * sigma * generator.standard_normal(steps)
    mid = 100.0 * open_price + np.concatenate(([0.0], np.cumsum(noise + plan.drift_sd * sigma)))
    return _Prices(mid_cents=mid, noise_cents=noise, sigma_cents=sigma, log_volatility=log_volatility)


def _draw_log_volatility(generator: np.random.Generator, steps: int) -> Floats:
    """Clustering: an autoregressive log volatility by the minute, centred so that the mean variance stays the same."""
    minutes = steps // _STEPS_PER_MINUTE + 2
    persistence, shock = 0.97, 0.08
    spread = shock / np.sqrt(1.0 - persistence**2)
    draws = generator.standard_normal(minutes)
    level = np.empty(minutes)
    level[0] = spread * draws[0]
    for minute in range(1, minutes):
        level[minute] = persistence * level[minute - 1] + shock * draws[minute]
    by_step = np.interp(np.arange(steps), np.arange(minutes) * _STEPS_PER_MINUTE, level)
    return np.asarray(by_step - spread**2)


def _draw_quotes(generator: np.random.Generator, prices: _Prices) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Put bid and ask around the efficient price: one cent wide, two or three when volatility is up."""
    mid = prices.mid_cents[:-1:STEPS_PER_QUOTE]
    busy = np.exp(prices.log_volatility[::STEPS_PER_QUOTE]) - 1.0
    draw = np.repeat(generator.random(len(mid) // 5 + 1), 5)[: len(mid)]
    wide = np.clip(0.06 + 0.15 * busy, 0.02, 0.5)
    spread = 1 + (draw < wide) + (draw < 0.15 * wide)
    bid = np.floor(mid - (spread - 1) / 2.0)
    return bid.astype(np.int32), (bid + spread).astype(np.int32)


def _local_move(prices: _Prices) -> Floats:
    """Return the noise part of the price move within a second around each step, in standard deviations."""
    reach = 10
    walk = np.concatenate((np.zeros(reach), np.cumsum(prices.noise_cents), np.zeros(reach)))
    walk[-reach:] = walk[-reach - 1]
    move = walk[2 * reach :] - walk[: -2 * reach]
    return np.asarray(move / (prices.sigma_cents * np.sqrt(2.0 * reach)))


def _draw_lean(generator: np.random.Generator, plan: FlowPlan, prices: _Prices) -> Floats:
    """Lean the book: with the flow, a little with the next two seconds of price, and for no reason."""
    ahead = 20
    mid = np.concatenate((prices.mid_cents[:-1], np.full(ahead, prices.mid_cents[-1])))
    coming = (mid[ahead:] - mid[:-ahead]) / (prices.sigma_cents * np.sqrt(float(ahead)))
    intervals = len(coming) // STEPS_PER_QUOTE
    whim = np.convolve(generator.standard_normal(intervals + 14), np.full(15, 15.0**-0.5), mode="valid")
    flow, coming = plan.bias[::STEPS_PER_QUOTE], coming[::STEPS_PER_QUOTE]
    return np.asarray(np.tanh(0.5 * flow + 0.3 * coming + 0.5 * whim))
