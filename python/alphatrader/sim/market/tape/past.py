"""Questions about the past of a recorded instrument: prints, minute bars, quotes. All cut from the tape."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.tape.form import InstrumentTape
from alphatrader.sim.market.types import Bar, Print, Quote

_MINUTE_NS = 60_000_000_000
_BLOCK = 4_096


class TapePast:
    """The tape of one instrument, asked by time."""

    def __init__(self, tape: InstrumentTape, con_id: int) -> None:
        self._tape = tape
        self._con_id = con_id
        size = tape.trades.size
        blocks = [size[first : first + _BLOCK].sum() for first in range(0, len(size), _BLOCK)]
        self._volume_before = np.concatenate(([0.0], np.cumsum(blocks)))
        self._silent_kind = np.array([kind.silent for kind in tape.trades.kinds], dtype=np.bool_)
        self._last_name = tuple(kind.conditions for kind in tape.trades.kinds)

    def print_count(self, ts_ns: int) -> int:
        """Return how many prints happened before an instant."""
        return int(np.searchsorted(self._tape.trades.ts_ns, ts_ns, side="left"))

    def quote_count(self, ts_ns: int) -> int:
        """Return how many quotes came before an instant."""
        return int(np.searchsorted(self._tape.quotes.ts_ns, ts_ns, side="left"))

    def depth_count(self, ts_ns: int) -> int:
        """Return how many changes of the book came before an instant."""
        depth = self._tape.depth
        return int(np.searchsorted(depth.ts_ns, ts_ns, side="left")) if depth is not None else 0

    def is_silent(self, print_number: int) -> bool:
        """Return whether a print makes no last price."""
        return bool(self._silent_kind[self._tape.trades.kind[print_number]])

    def last_of(self, count: int) -> tuple[float, float, float]:
        """Return last price, its size, and the volume after the first ``count`` prints; zeros if there are none."""
        trades = self._tape.trades
        newest = count - 1
        while newest >= 0 and self.is_silent(newest):
            newest -= 1
        block = count // _BLOCK
        volume = float(self._volume_before[block] + trades.size[block * _BLOCK : count].sum())
        if newest < 0:
            return 0.0, 0.0, volume
        return float(trades.price[newest]), float(trades.size[newest]), volume

    def prints(self, first: int, last: int) -> list[Print]:
        """Return prints by number, ``[first, last)``."""
        trades, part, con_id = self._tape.trades, slice(first, last), self._con_id
        venues, conditions = trades.venues, self._last_name
        return [
            Print(ts_ns, con_id, price, size, venues[venue], conditions[kind])
            for ts_ns, price, size, venue, kind in zip(
                trades.ts_ns[part].tolist(),
                trades.price[part].tolist(),
                trades.size[part].tolist(),
                trades.venue[part].tolist(),
                trades.kind[part].tolist(),
                strict=True,
            )
        ]

    def history(self, start_ns: int, end_ns: int) -> list[Print]:
        """Return the prints of ``[start, end)``."""
        first = self.print_count(start_ns)
        return self.prints(first, max(first, self.print_count(end_ns)))

    def quotes_at(self, instants: Sequence[int]) -> list[Quote]:
        """Return the quotes that stood at some instants; those before the first quote are left out."""
        quotes, found = self._tape.quotes, []
        for at_ns in instants:
            row = self.quote_count(at_ns) - 1
            if row < 0:
                continue
            sides = (quotes.bid[row], quotes.bid_size[row], quotes.ask[row], quotes.ask_size[row])
            bid, bid_size, ask, ask_size = (float(value) for value in sides)
            last, last_size, volume = self.last_of(self.print_count(at_ns))
            found.append(Quote(at_ns, self._con_id, bid, bid_size, ask, ask_size, last, last_size, volume))
        return found

    def minute_bars(self, start_ns: int, end_ns: int) -> list[Bar]:
        """Return one-minute bars of the prints of ``[start, end)`` that make prices; empty minutes are left out."""
        trades = self._tape.trades
        part = slice(self.print_count(start_ns), self.print_count(end_ns))
        loud = ~self._silent_kind[trades.kind[part]]
        ts_ns, price, size = trades.ts_ns[part][loud], trades.price[part][loud], trades.size[part][loud]
        if not len(ts_ns):
            return []
        minute = ts_ns // _MINUTE_NS
        first: NDArray[np.int64] = np.concatenate(([0], np.flatnonzero(np.diff(minute)) + 1))
        last = np.concatenate((first[1:], [len(ts_ns)])) - 1
        columns = (
            minute[first] * _MINUTE_NS,
            price[first],
            np.maximum.reduceat(price, first),
            np.minimum.reduceat(price, first),
            price[last],
            np.add.reduceat(size, first),
        )
        return [Bar(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
