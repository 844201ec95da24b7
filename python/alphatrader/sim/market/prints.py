"""Prints of a synthetic day: when, which side, how large, where and under which sale conditions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader import _core
from alphatrader.sim.market.hours import Span
from alphatrader.sim.market.path import QUOTE_NS, STEP_NS, Cross, Floats, Indices, Ints, Prints
from alphatrader.sim.market.profiles import DARK, PRINT_VENUES, VENUES, Profile
from alphatrader.sim.market.queues import QueueBook
from alphatrader.sim.market.signs import Signs, draw_signs, gusts
from alphatrader.sim.market.types import Interval

_ODD, _SWEPT, _EXTENDED = 1, 2, 4
_ORDINARY = tuple(
    (_core.SALE_ODD_LOT if kind & _ODD else 0)
    | (_core.SALE_INTERMARKET_SWEEP if kind & _SWEPT else 0)
    | (_core.SALE_EXTENDED_HOURS if kind & _EXTENDED else 0)
    for kind in range(8)
)
_CROSS = {"open": _core.SALE_OPENING, "reopen": _core.SALE_REOPENING, "close": _core.SALE_CLOSING}
_ODDITIES = (
    (_core.SALE_AVERAGE_PRICE, 0.00045),
    (_core.SALE_DERIVATIVELY_PRICED, 0.00030),
    (_core.SALE_OUT_OF_SEQUENCE, 0.00035),
)
"""Trades that say nothing of the price of the moment, and their shares of all."""
_LATE = _core.SALE_EXTENDED_HOURS | _core.SALE_OUT_OF_SEQUENCE
_LATE_SHARE = 0.01
_KINDS = (*_ORDINARY, *_CROSS.values(), *(says for says, _ in _ODDITIES), _LATE)
"""What prints say, by the number that stands for it in their column of conditions."""

_ODD_LOTS = np.array([1, 1, 1, 2, 3, 5, 5, 7, 10, 10, 12, 15, 20, 25, 30, 33, 39, 50, 50, 60, 75, 80, 90, 99])
_SWEEP_LEGS = np.array([2, 2, 2, 3, 3, 4, 5])
_CHILDREN = 0.52
"""Parameter of the geometric number of prints of one event: what one order takes from several resting ones."""
_MEAN_CHILDREN = 1.0 / _CHILDREN
_SWEEP_GAP_NS = 150_000
_DARK_SHARE, _MIDPOINT_SHARE = 0.22, 0.04
_DARK_MIDPOINT, _DARK_IMPROVED = 0.35, 0.30
_IEX = VENUES.index("IEX")


@dataclass(frozen=True, slots=True)
class Tape:
    """What drives the prints at each 100 ms step.

    ``rate``: expected prints; ``buy_probit``: push towards buying; ``size_factor`` and ``growth``: how large trades are
    for the time of day and in an episode; ``direction``: the episode's side (0 none).
    """

    rate: Floats
    buy_probit: Floats
    size_factor: Floats
    growth: Floats
    direction: Signs


class _Trades(NamedTuple):
    """Prints in the making, in order of time. ``level``: how many cents behind the best price."""

    ts_ns: Indices
    step: Indices
    sign: Signs
    size: Indices
    swept: NDArray[np.bool_]
    level: Indices


def draw_prints(
    generator: np.random.Generator,
    tape: Tape,
    quotes: tuple[Ints, Ints],
    book: QueueBook,
    span: Span,
    lot: int,
    crosses: Sequence[Cross],
    halts: Sequence[Interval],
    profile: Profile,
) -> Prints:
    """Draw the day's prints between ``quotes`` (bid and ask in cents by interval), auctions among them."""
    trades = _draw_trades(generator, tape, span, halts)
    interval = (trades.ts_ns - span.start_ns) // QUOTE_NS
    bid, ask = quotes[0][interval].astype(np.int64), quotes[1][interval].astype(np.int64)
    cents = np.where(trades.sign > 0, ask + trades.level, bid - trades.level)
    venue = _venues(generator, book, cents, interval, trades)
    price = cents / 100.0
    price, venue = _off_the_book(generator, price, venue, (bid + ask) / 200.0, trades)
    extended = (trades.ts_ns < span.open_ns) | (trades.ts_ns >= span.close_ns)
    condition = (trades.size < lot) * _ODD + trades.swept * _SWEPT + extended * _EXTENDED
    size = trades.size.copy()
    _mark_oddities(generator, price, size, venue, condition, extended)

    # The crosses go in where they belong; each is a print of its own.
    at = np.searchsorted(trades.ts_ns, [cross.ts_ns for cross in crosses])
    primary = VENUES.index(profile.primary_exchange)
    size = np.insert(size, at, [cross.size for cross in crosses])
    return Prints(
        ts_ns=np.insert(trades.ts_ns, at, [cross.ts_ns for cross in crosses]),
        price=np.insert(price, at, [cross.price for cross in crosses]),
        size=size.astype(np.int32),
        venue=np.insert(venue, at, primary).astype(np.int8),
        condition=np.insert(condition, at, [_KINDS.index(_CROSS[cross.kind]) for cross in crosses]).astype(np.int16),
        venue_names=PRINT_VENUES,
        condition_texts=tuple(_core.format_sale_conditions(says, profile.plan) for says in _KINDS),
        volume=np.cumsum(size, dtype=np.int64),
    )


def _draw_trades(generator: np.random.Generator, tape: Tape, span: Span, halts: Sequence[Interval]) -> _Trades:
    """Draw events, the prints of each, and sort them by time."""
    steps = len(tape.rate)
    counts = generator.poisson(tape.rate / _MEAN_CHILDREN * gusts(generator, steps))
    step = np.repeat(np.arange(steps), counts)
    ts_ns = np.sort(span.start_ns + step * STEP_NS + generator.integers(0, STEP_NS // 1000, len(step)) * 1000)
    sign = draw_signs(generator, tape.buy_probit[step])
    growth = tape.growth[step] * (sign == tape.direction[step])

    # A sweep takes several venues within a millisecond, each of its prints flagged F.
    sweeps = generator.random(len(step)) < 0.02 + 0.09 * growth
    legs = np.where(
        sweeps,
        _SWEEP_LEGS[generator.integers(0, len(_SWEEP_LEGS), len(step))],
        generator.geometric(_CHILDREN, len(step)),
    )
    parent = np.repeat(np.arange(len(step)), legs)
    leg = np.arange(len(parent)) - np.repeat(np.cumsum(legs) - legs, legs)
    gap_ns = np.where(sweeps[parent], _SWEEP_GAP_NS, generator.exponential(600_000.0, len(parent)).astype(np.int64))
    ts_ns = ts_ns[parent] + leg * gap_ns // 1000 * 1000
    # What would fall into the next interval, or into a halt, is left out rather than priced by another quote.
    kept = (ts_ns - span.start_ns) // QUOTE_NS == (step[parent] * STEP_NS) // QUOTE_NS
    for start_ns, end_ns in halts:
        kept &= (ts_ns < start_ns) | (ts_ns >= end_ns)
    kept = np.flatnonzero(kept)
    order = kept[np.argsort(ts_ns[kept], kind="stable")]
    parent, leg, ts_ns = parent[order], leg[order], ts_ns[order]
    swept = sweeps[parent]
    size = _draw_sizes(generator, tape, step[parent], sign[parent])
    size = np.where(swept & (size < 100), 100, size)
    return _Trades(ts_ns, step[parent], sign[parent], size, swept, np.where(swept, leg // 2, 0))


def _venues(
    generator: np.random.Generator, book: QueueBook, cents: Indices, interval: Indices, trades: _Trades
) -> Indices:
    """Pick for each print a venue that shows its price, by the size it shows; a sweep goes round the venues."""
    waiting = book.waiting_at(cents, interval)
    reach = np.cumsum(waiting, axis=1)
    venue = (reach < generator.random(len(cents))[:, None] * reach[:, -1:]).sum(axis=1)
    run = np.arange(len(cents))
    return np.asarray(np.where(trades.swept, (venue + run) % len(VENUES), venue))


def _off_the_book(
    generator: np.random.Generator, price: Floats, venue: Indices, middle: Floats, trades: _Trades
) -> tuple[Floats, Indices]:
    """Let some trades happen in the dark, at the mid or a little better than the quote, and some at IEX's midpoint."""
    draw = generator.random(len(price))
    dark = ~trades.swept & (draw < _DARK_SHARE)
    at_mid = dark & (draw < _DARK_SHARE * _DARK_MIDPOINT)
    improved = dark & ~at_mid & (draw < _DARK_SHARE * (_DARK_MIDPOINT + _DARK_IMPROVED))
    lit_mid = ~trades.swept & (draw > 1.0 - _MIDPOINT_SHARE)
    better = generator.integers(1, 20, len(price)) / 10_000.0
    price = np.where(improved, np.round(price - trades.sign * better, 4), price)
    price = np.where(at_mid | lit_mid, middle, price)
    venue = np.where(dark, DARK, np.where(lit_mid, _IEX, venue))
    return price, venue


def _mark_oddities(
    generator: np.random.Generator,
    price: Floats,
    size: Indices,
    venue: Indices,
    condition: Indices,
    extended: NDArray[np.bool_],
) -> None:
    """Turn a few prints into average-price, derivatively priced and late ones, off the market, reported as such."""
    count = len(price)
    draw = generator.random(count)
    floor = 0.0
    for says, share in _ODDITIES:
        chosen = np.flatnonzero(~extended & (draw >= floor) & (draw < floor + share))
        floor += share
        if says == _core.SALE_DERIVATIVELY_PRICED:
            price[chosen] *= 1.0 + 0.0008 * generator.standard_normal(len(chosen))
        else:
            back = np.maximum(chosen - generator.integers(200, 4_000, len(chosen)), 0)
            price[chosen] = price[back] if says == _core.SALE_OUT_OF_SEQUENCE else 0.5 * (price[back] + price[chosen])
        price[chosen] = np.round(price[chosen], 4)
        if says != _core.SALE_OUT_OF_SEQUENCE:
            size[chosen] = size[chosen] * 20 + 100
        venue[chosen] = DARK
        condition[chosen] = _KINDS.index(says)
    late = np.flatnonzero(extended & (draw < _LATE_SHARE))
    price[late] = price[np.maximum(late - generator.integers(5, 60, len(late)), 0)]
    venue[late] = DARK
    condition[late] = _KINDS.index(_LATE)


def _draw_sizes(generator: np.random.Generator, tape: Tape, step: Indices, sign: Signs) -> Indices:
    """Draw sizes: odd lots, hundreds, multiples, and now and then a block; larger with an episode's flow."""
    count = len(step)
    kind = generator.random(count)
    growth = tape.growth[step] * (sign == tape.direction[step])
    odd = kind < 0.42 * (1.0 - 0.6 * growth)
    lots = np.ones(count)
    multiple = kind > 0.80 - 0.15 * growth
    lots[multiple] = 1 + generator.geometric(0.38, int(multiple.sum()))
    large = kind > 0.975 - 0.02 * growth
    lots[large] = 8.0 * np.exp(0.7 * generator.standard_normal(int(large.sum())))
    block = kind > 0.9995 - 0.0007 * growth
    lots[block] = 100.0 * np.exp(0.5 * np.abs(generator.standard_normal(int(block.sum()))))
    lots *= tape.size_factor[step] * (1.0 + 1.3 * growth)
    whole = np.maximum(1, np.floor(lots + generator.random(count)))
    odd_size = _ODD_LOTS[generator.integers(0, len(_ODD_LOTS), count)]
    return np.where(odd, odd_size, whole * 100).astype(np.int64)
