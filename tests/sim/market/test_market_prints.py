"""Sale conditions, and where the prints that carry them stand."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market.past_day import minute_bars
from alphatrader.sim.market.path import QUOTE_NS, DayPath
from alphatrader.sim.market.profiles import DARK, profile_of, round_lot
from alphatrader.sim.market.synthetic import draw_session

DATE = "2026-11-24"


@cache
def day(symbol: str = "SPY", date: str = DATE) -> DayPath:
    return draw_session(profile_of(symbol), calendar.session_for(date), 11, "regular")


def carrying(path: DayPath, letter: str) -> NDArray[np.bool_]:
    table = np.array([letter in text.split() for text in path.prints.condition_texts])
    return np.asarray(table[path.prints.condition])


def outside(path: DayPath) -> NDArray[np.float64]:
    """How far each print stands outside of the quote, in cents."""
    prints = path.prints
    interval = (prints.ts_ns - path.first_ns) // QUOTE_NS
    price = 100.0 * prints.price
    return np.asarray(np.maximum(0.0, np.maximum(path.bid_cents[interval] - price, price - path.ask_cents[interval])))


@pytest.mark.parametrize(("symbol", "date", "lot"), [("SPY", DATE, 40), ("IWM", DATE, 100), ("SPY", "2024-11-25", 100)])
def test_odd_lots_are_below_the_round_lot_of_the_price(symbol: str, date: str, lot: int) -> None:
    path = day(symbol, date)
    assert round_lot(date, path.previous_close) == lot
    plain = np.array([set(text.split()) <= {"I", "F", "T"} for text in path.prints.condition_texts])
    chosen = plain[path.prints.condition]
    assert (carrying(path, "I")[chosen] == (path.prints.size[chosen] < lot)).all()


def test_form_t_marks_extended_hours_and_nothing_else() -> None:
    path = day()
    regular = (path.prints.ts_ns >= path.open_ns) & (path.prints.ts_ns < path.close_ns)
    extended = carrying(path, "T") | carrying(path, "U")
    assert not extended[regular].any()
    crosses = carrying(path, "O") | carrying(path, "6")
    assert (extended | crosses)[~regular].all()
    assert crosses.sum() == 2


@pytest.mark.parametrize(("symbol", "average", "other"), [("SPY", "B", "W"), ("QQQ", "W", "B")])
def test_average_prices_have_the_letter_of_their_plan(symbol: str, average: str, other: str) -> None:
    path = day(symbol)
    assert carrying(path, average).any()
    assert not carrying(path, other).any()


@pytest.mark.parametrize("letter", ["B", "4", "Z"])
def test_odd_reports_are_rare_off_the_market_and_make_no_price(letter: str) -> None:
    path = day()
    chosen = carrying(path, letter)
    assert 3 < chosen.sum() < 0.002 * len(chosen)
    assert (path.prints.venue[chosen] == DARK).all()
    assert (outside(path)[chosen] > 0.5).mean() > 0.5
    bars = minute_bars(path, path.open_ns, path.close_ns)
    lows, highs = {bar.start_ns: bar.low for bar in bars}, {bar.start_ns: bar.high for bar in bars}
    far = np.flatnonzero(chosen & (outside(path) > 30.0))
    minutes = path.prints.ts_ns[far] // 60_000_000_000 * 60_000_000_000
    inside = [
        lows[minute] <= path.prints.price[index] <= highs[minute]
        for index, minute in zip(far.tolist(), minutes.tolist(), strict=True)
    ]
    assert not inside or sum(inside) < 0.5 * len(inside)


def test_prints_stand_at_or_inside_the_quote_but_for_sweeps_and_odd_reports() -> None:
    path = day()
    beyond = outside(path) > 1e-6
    explained = carrying(path, "F")
    for letter in "B4ZUO6":
        explained |= carrying(path, letter)
    assert not beyond[~explained].any()


def test_dark_trades_get_midpoints_and_better_prices() -> None:
    path = day()
    prints = path.prints
    dark = (prints.venue == DARK) & (carrying(path, "I") | (prints.condition == 0))
    cents = 100.0 * prints.price[dark]
    fraction = np.abs(cents - np.rint(cents))
    assert 0.2 < (np.abs(fraction - 0.5) < 1e-6).mean() < 0.6
    assert 0.1 < ((fraction > 1e-6) & (fraction < 0.499)).mean() < 0.5
    lit = (prints.venue != DARK) & (prints.condition == 0)
    assert (np.abs(100.0 * prints.price[lit] - np.rint(100.0 * prints.price[lit])) < 1e-6).mean() > 0.9


def test_the_auctions_are_the_largest_prints() -> None:
    path = day()
    cross = carrying(path, "O") | carrying(path, "6")
    assert path.prints.size[cross].min() > 100_000
    assert path.prints.volume[-1] == path.prints.size.sum()
