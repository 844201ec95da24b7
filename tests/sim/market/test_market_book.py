"""Queues by venue: what stands at a price stays, is eaten by prints, and refills."""

import dataclasses
from functools import cache

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market.path import QUOTE_NS, DayPath
from alphatrader.sim.market.profiles import DARK, VENUES, profile_of
from alphatrader.sim.market.synthetic import draw_session

Ints = NDArray[np.int64]


@cache
def day() -> DayPath:
    return draw_session(profile_of("SPY"), calendar.session_for("2026-11-24"), 5, "regular")


def intervals(first: int, count: int) -> Ints:
    """Intervals of the regular session, counted from two hours after the open."""
    open_interval = (day().open_ns - day().first_ns) // QUOTE_NS
    return np.arange(open_interval + 36_000 + first, open_interval + 36_000 + first + count)


def sizes(chosen: Ints, path: DayPath | None = None) -> Ints:
    book = day().book
    assert book is not None
    return book.sizes(path or day(), chosen).astype(np.int64)


def test_a_page_of_the_book_does_not_depend_on_what_else_is_computed() -> None:
    whole = sizes(intervals(0, 900))
    assert (sizes(intervals(300, 300)) == whole[300:600]).all()
    assert (sizes(intervals(0, 900)[::7]) == whole[::7]).all()


def test_sizes_are_whole_lots_and_the_best_price_is_never_empty() -> None:
    found = sizes(intervals(0, 3_000))
    assert (found >= 0).all()
    assert (found % 100 == 0).all()
    assert (found[:, :, 0, :].sum(axis=2) >= 100).all()
    assert 5 < (found > 0).sum(axis=(2, 3)).mean() < 25, "rows a side"


def test_what_stands_at_a_price_stays_when_the_best_price_moves_on() -> None:
    """A queue behind the best becomes the best and is still the same queue, but for arrivals, cancels and prints."""
    chosen = intervals(0, 6_000)
    found, bid = sizes(chosen), day().bid_cents[chosen]
    fell = np.flatnonzero(np.diff(bid) == -1)
    before, after = found[fell, 0, 2].ravel(), found[fell + 1, 0, 1].ravel()
    other = found[np.roll(fell, 7), 0, 2].ravel()
    assert np.corrcoef(before, after)[0, 1] > 0.8
    assert np.corrcoef(other, after)[0, 1] < 0.3


def test_prints_eat_the_queue_they_trade_at_and_it_refills() -> None:
    path, chosen = day(), intervals(0, 9_000)
    prints = path.prints
    untouched = dataclasses.replace(path, prints=dataclasses.replace(prints, size=np.zeros_like(prints.size)))
    missing = sizes(chosen, untouched) - sizes(chosen)
    assert (missing >= 0).all()
    assert not missing[:, :, 2:, :].any(), "only queues near the best price trade"
    begin, end = (path.print_count(path.first_ns + int(at) * QUOTE_NS) for at in (chosen[0], chosen[-30]))
    after = {1: [0.0, 0.0], 18: [0.0, 0.0], 25: [0.0, 0.0]}
    for index in np.flatnonzero((prints.size >= 300) & (prints.venue < len(VENUES))):
        at = (int(prints.ts_ns[index]) - path.first_ns) // QUOTE_NS
        price = round(float(prints.price[index]) * 100)
        if not begin <= index < end or int(path.bid_cents[at]) != price:
            continue
        for later, sums in after.items():
            level = int(path.bid_cents[at + later]) - price
            if 0 <= level < 2:
                sums[0] += float(missing[at + later - int(chosen[0]), 0, level, int(prints.venue[index])])
                sums[1] += 1
    mean = {later: total / count for later, (total, count) in after.items()}
    assert min(count for _, count in after.values()) > 30
    assert mean[1] > 1.5 * mean[18] > 1.5 * mean[25]
    assert mean[1] > 60


def test_a_price_about_to_give_way_is_thin() -> None:
    chosen = intervals(0, 9_000)
    best = sizes(chosen)[:, 0, 0, :].sum(axis=1)
    falls = np.flatnonzero(np.diff(day().bid_cents[chosen]) < 0)
    assert best[falls].mean() < 0.75 * best.mean()


def test_prints_happen_where_something_is_shown() -> None:
    prints = day().prints
    assert prints.venue_names[:6] == VENUES
    lit = prints.venue[(prints.venue != DARK)]
    shares = np.bincount(lit, minlength=6) / len(lit)
    assert (shares > 0.04).all()
    assert shares[VENUES.index("NASDAQ")] > shares[VENUES.index("IEX")]
    dark = (prints.venue == DARK).mean()
    assert 0.1 < dark < 0.35
