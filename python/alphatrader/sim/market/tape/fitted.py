"""Best quotes where none were recorded by the tick: fitted to the prints, within recorded bars where there are some."""

import numpy as np

from alphatrader.sim.market.tape.form import Floats, Quotes, Stamps, Trades
from alphatrader.sim.market.tape.lean import SecondQuotes

GRID_NS = 200_000_000
"""Fitted quotes change at most this often."""
OFF_EXCHANGE = "FINRA"
_UNIT = 10_000.0
_LOT = 100.0


def fit_quotes(trades: Trades, seconds: SecondQuotes | None, tick: float) -> Quotes:
    """Fit bid and ask to prints.

    A print after an uptick is taken to be at the ask, after a downtick at the bid. A span of the grid is quoted by its
    first print, because quotes move before the trade that takes them; one without prints by the last before it.
    Off-exchange prints, which may be reported seconds late, and those that make no price do not count. With bars the
    quote stays within their range and has their size.
    """
    starts = np.arange(trades.ts_ns[0] // GRID_NS, trades.ts_ns[-1] // GRID_NS + 1) * GRID_NS
    bid = _bid_ticks(trades, starts, tick)
    ask = bid + 1
    size = _made_up_size(np.stack((bid, ask)))
    if seconds is not None and len(seconds.ts_ns):
        row = np.searchsorted(seconds.ts_ns, starts, side="right") - 1
        row, known = np.maximum(row, 0), row >= 0
        known &= (seconds.bid[row].min(axis=1) > 0) & (seconds.ask[row].min(axis=1) > 0)
        unit = _UNIT * tick
        low, high = seconds.bid[row].min(axis=1) / unit, seconds.bid[row].max(axis=1) / unit
        bid = np.where(known, np.clip(bid, np.ceil(low), np.floor(high)), bid)
        low, high = seconds.ask[row].min(axis=1) / unit, seconds.ask[row].max(axis=1) / unit
        ask = np.where(known, np.clip(bid + 1, np.ceil(low), np.floor(high)), ask)
        recorded = np.stack((seconds.bid_size[row], seconds.ask_size[row]))
        size = np.where(known & (recorded > 0), recorded, size)
    ask = np.maximum(ask, bid + 1)
    changed = np.any(np.diff(np.stack((bid, ask, *size)), axis=1) != 0, axis=0)
    rows = np.flatnonzero(np.concatenate(([True], changed)))
    nowhere = np.zeros(len(rows), dtype=np.int16)
    return Quotes(
        ts_ns=starts[rows] - 1,  # before a print of the same instant
        bid=np.round(bid[rows] * tick, 4),
        bid_size=size[0][rows],
        ask=np.round(ask[rows] * tick, 4),
        ask_size=size[1][rows],
        bid_venue=nowhere,
        ask_venue=nowhere,
        venues=("",),
    )


def _bid_ticks(trades: Trades, starts: Stamps, tick: float) -> Floats:
    """Return the bid in ticks for each span of the grid."""
    venue_counts = np.array([name != OFF_EXCHANGE for name in trades.venues], dtype=np.bool_)
    kind_counts = np.array([not kind.silent for kind in trades.kinds], dtype=np.bool_)
    counts = venue_counts[trades.venue] & kind_counts[trades.kind]
    if not counts.any():
        counts[:] = True
    times = trades.ts_ns[counts]
    price = np.rint(trades.price[counts] * _UNIT).astype(np.int64)
    newest = np.searchsorted(times, starts, side="left")
    follows = times[np.minimum(newest, len(times) - 1)] >= starts + GRID_NS
    newest = np.clip(newest - follows, 0, len(times) - 1)
    moved = np.concatenate(([0], np.sign(np.diff(price))))
    rising = moved[np.maximum.accumulate(np.where(moved != 0, np.arange(len(price)), 0))] > 0
    last = price[newest] / (_UNIT * tick)
    return np.where(rising[newest], np.ceil(np.round(last, 6)) - 1, np.floor(np.round(last, 6)))


def _made_up_size(ticks: Floats) -> Floats:
    """Return shares at a best price that nobody recorded: one to nine lots, always the same at a price."""
    return _LOT * (1.0 + (ticks * 7919.0) % 9.0)
