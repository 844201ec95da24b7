"""Chains without a whole market around them: the price stands still, everything else can be chosen."""

from collections.abc import Iterator

import numpy as np

from alphatrader import calendar
from alphatrader.sim.market.backdrop import GRID_NS, LATE_NS, Backdrop
from alphatrader.sim.market.chain import DayFacts, OptionChain
from alphatrader.sim.market.listing import list_options
from alphatrader.sim.market.option_products import product_of
from alphatrader.sim.market.profiles import Profile
from alphatrader.sim.market.scheduled import ScheduledEvent
from alphatrader.sim.market.shape import variance_left

SESSION = "2026-11-20"
SPOTS = {"SPY": 650.0, "QQQ": 600.0, "IWM": 240.0, "SPX": 6500.0, "XSP": 650.0, "AAPL": 265.0}


def profile(symbol: str) -> Profile:
    return Profile(symbol, 1, symbol, "ARCA", 0.0, 0.0, 1.0, (0.1, 0.2))


def still_backdrop(
    spot: float, date: str = SESSION, factor: float = 1.0, widening: float = 1.0, moves: float = 0.0
) -> Backdrop:
    """Stand still at a price, or swing around it by ``moves`` (a fraction) every minute."""
    session = calendar.session_for(date)
    ticks = (session.close_ns + LATE_NS - session.open_ns) // GRID_NS
    length = (session.close_ns - session.open_ns) // GRID_NS
    left = np.array([variance_left(tick / length) for tick in range(0, ticks, 60)]).repeat(60)[:ticks]
    minutes = -(-ticks // 120)
    return Backdrop(
        open_ns=session.open_ns,
        spot=spot * (1.0 + moves * np.sin(np.arange(ticks) / 19.1)),
        left=left,
        factor=np.full(ticks, factor),
        widening=np.full(ticks, widening),
        momentum=np.zeros(ticks),
        halted=np.zeros(ticks, dtype=np.bool_),
        activity=np.full(minutes, 1.0 / minutes),
    )


def still_chain(
    symbol: str,
    spot: float | None = None,
    date: str = SESSION,
    *,
    factor: float = 1.0,
    widening: float = 1.0,
    sigma: float = 0.009,
    seed: int = 1,
    events: tuple[ScheduledEvent, ...] = (),
    moves: float = 0.0,
) -> OptionChain:
    spot = SPOTS[symbol] if spot is None else spot
    options = list_options(profile(symbol), date, spot)
    facts = DayFacts(calendar.session_for(date), sigma, spot, seed, events, late=symbol != "AAPL")
    backdrop = still_backdrop(spot, date, factor, widening, moves)
    return OptionChain(product_of(symbol, spot), options, np.zeros(len(options), dtype=np.int64), backdrop, facts)


def ladders(chain: OptionChain) -> Iterator[tuple[str, str, "np.ndarray[tuple[int, ...], np.dtype[np.intp]]"]]:
    """Yield class, expiry and rows ``[strike, 0 call / 1 put]`` of each series, nearest first."""
    for series, (name, expiry) in enumerate(chain.series):
        yield name, expiry, np.flatnonzero(chain.series_of == series).reshape(-1, 2)
