"""Questions about the past of a day path: prints, minute bars, quotes, all cut from its arrays."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from alphatrader import _core
from alphatrader.sim.market.path import QUOTE_NS, DayPath, Indices, Prints
from alphatrader.sim.market.types import Bar, Print, Quote

_MINUTE_NS = 60_000_000_000
_AT_ONCE = 2_000
"""Intervals whose book is computed at once for past quotes."""


def muted(prints: Prints) -> NDArray[np.bool_]:
    """Tell for each entry of ``condition_texts`` whether it keeps a print from making the last price."""
    return np.array([bool(_core.parse_sale_conditions(text) & _core.SALE_NO_PRICE) for text in prints.condition_texts])


def last_of(path: DayPath, count: int) -> tuple[float, float, float]:
    """Return last price, its size, and the volume after the first ``count`` prints; zeros if there are none."""
    prints = path.prints
    if not count:
        return 0.0, 0.0, 0.0
    newest = count - 1
    silent = muted(prints)
    while newest > 0 and silent[prints.condition[newest]]:
        newest -= 1
    return float(prints.price[newest]), float(prints.size[newest]), float(prints.volume[count - 1])


def make_prints(prints: Prints, con_id: int, first: int, last: int) -> list[Print]:
    """Return prints ``[first, last)`` as values."""
    part = slice(first, last)
    venues, texts = prints.venue_names, prints.condition_texts
    return [
        Print(ts_ns, con_id, price, float(size), venues[venue], texts[condition])
        for ts_ns, price, size, venue, condition in zip(
            prints.ts_ns[part].tolist(),
            prints.price[part].tolist(),
            prints.size[part].tolist(),
            prints.venue[part].tolist(),
            prints.condition[part].tolist(),
            strict=True,
        )
    ]


def prints_between(path: DayPath, con_id: int, start_ns: int, end_ns: int) -> list[Print]:
    """Return the prints of ``[start, end)``."""
    first = path.print_count(start_ns)
    return make_prints(path.prints, con_id, first, max(first, path.print_count(end_ns)))


def minute_bars(path: DayPath, start_ns: int, end_ns: int) -> list[Bar]:
    """Return one-minute bars of the prints of ``[start, end)``; minutes without one that makes a price are left out.

    Volume counts all prints.
    """
    prints = path.prints
    counted = np.arange(path.print_count(start_ns), path.print_count(end_ns))
    chosen = counted[~muted(prints)[prints.condition[counted]]]
    if not len(chosen):
        return []
    volume = np.bincount(
        (prints.ts_ns[counted] - start_ns // _MINUTE_NS * _MINUTE_NS) // _MINUTE_NS, prints.size[counted]
    )
    minute = prints.ts_ns[chosen] // _MINUTE_NS
    first = np.concatenate(([0], np.flatnonzero(minute[1:] != minute[:-1]) + 1))
    last = np.concatenate((first[1:], [len(chosen)])) - 1
    price = prints.price[chosen]
    columns = (
        minute[first] * _MINUTE_NS,
        price[first],
        np.maximum.reduceat(price, first),
        np.minimum.reduceat(price, first),
        price[last],
        volume[minute[first] - start_ns // _MINUTE_NS],
    )
    return [Bar(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def quotes_at(path: DayPath, con_id: int, instants: Sequence[int]) -> list[Quote]:
    """Return the quotes that stood at some instants, oldest first; clients' own orders do not count in the past."""
    found: list[Quote] = []
    for first in range(0, len(instants), _AT_ONCE):
        found += _quotes(path, con_id, np.array(instants[first : first + _AT_ONCE], dtype=np.int64))
    return found


def _quotes(path: DayPath, con_id: int, at_ns: Indices) -> Iterator[Quote]:
    prints = path.prints
    counts = np.searchsorted(prints.ts_ns, at_ns, side="left")
    loud = np.maximum.accumulate(np.where(~muted(prints)[prints.condition], np.arange(len(prints.ts_ns)), 0))
    newest = loud[np.maximum(counts - 1, 0)] if len(loud) else np.zeros(len(at_ns), dtype=np.int64)
    some = counts > 0
    if not len(loud):
        last = last_size = volume = np.zeros(len(at_ns))
    else:
        last = np.where(some, prints.price[newest], 0.0)
        last_size = np.where(some, prints.size[newest], 0.0)
        volume = np.where(some, prints.volume[np.maximum(counts - 1, 0)], 0.0)
    intervals = np.clip((at_ns - path.first_ns) // QUOTE_NS, 0, len(path.bid_cents) - 1)
    if path.book is None:
        zeros = np.zeros(len(at_ns))
        columns = (zeros, zeros, zeros, zeros, last, zeros, zeros)
    else:
        best = path.book.sizes(path, intervals)[:, :, 0, :].sum(axis=2).astype(np.float64)
        bid, ask = path.bid_cents[intervals] / 100.0, path.ask_cents[intervals] / 100.0
        columns = (bid, best[:, 0], ask, best[:, 1], last, last_size, volume)
    for ts_ns, *values in zip(at_ns.tolist(), *(column.tolist() for column in columns), strict=True):
        yield Quote(ts_ns, con_id, *values)
