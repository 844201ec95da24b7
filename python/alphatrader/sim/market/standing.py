"""Where each option's day stands: volume and last print, carried forward minute by minute as somebody asks."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.chain import Rows
from alphatrader.sim.market.option_flow import MINUTE_NS, OptionFlow, OptionPrints

Floats = NDArray[np.float64]


class Tally(NamedTuple):
    """By contract: day volume, last price and last size (0 before the first print)."""

    volume: Floats
    last: Floats
    last_size: Floats


class Standing:
    """The tallies of a chain, each at the end of some minute; only those asked for are carried forward."""

    def __init__(self, flow: OptionFlow, contracts: int, open_ns: int) -> None:
        self._flow, self._open_ns = flow, open_ns
        self._minute = np.zeros(contracts, dtype=np.int64)
        self._running: dict[int, OptionPrints] = {}
        self._running_minute = 0
        self._volume, self._last, self._last_size = np.zeros(contracts), np.zeros(contracts), np.zeros(contracts)

    def at(self, rows: Rows, ts_ns: int) -> Tally:
        """Return the tallies of some contracts over all prints before an instant.

        Time may not run backwards by more than the minute it is in: for the past read the prints.
        """
        minute = min(max((ts_ns - self._open_ns) // MINUTE_NS, 0), self._flow.minutes)
        self.carry(rows, minute)
        tally = self.at_minute(rows)
        running = self._flow.prints(rows, minute, minute + 1, priced=False)
        count = int(np.searchsorted(running.ts_ns, ts_ns, side="left"))
        if not count:
            return tally
        place = np.empty(len(self._minute), dtype=np.intp)
        place[rows] = np.arange(len(rows))
        _add(tally, self._flow, running, count, place)
        return tally

    def at_minute(self, rows: Rows) -> Tally:
        """Return the tallies at the minute to which the contracts were carried."""
        return Tally(self._volume[rows], self._last[rows], self._last_size[rows])

    def one(self, row: int, ts_ns: int) -> tuple[float, float, float]:
        """Return volume, last price and last size of one contract; cheaper when asked again within the minute."""
        minute = min(max((ts_ns - self._open_ns) // MINUTE_NS, 0), self._flow.minutes)
        if minute != self._running_minute:
            self._running.clear()
            self._running_minute = minute
        prints = self._running.get(row)
        if prints is None:
            rows = np.array([row])
            self.carry(rows, minute)
            prints = self._running[row] = self._flow.prints(rows, minute, minute + 1)
        count = int(np.searchsorted(prints.ts_ns, ts_ns, side="left"))
        if not count:
            return float(self._volume[row]), float(self._last[row]), float(self._last_size[row])
        volume = float(self._volume[row] + prints.size[:count].sum())
        return volume, float(prints.price[count - 1]), float(prints.size[count - 1])

    def carry(self, rows: Rows, minute: int) -> None:
        """Carry contracts forward to the start of a minute."""
        behind = self._minute[rows]
        everywhere = Tally(self._volume, self._last, self._last_size)
        identity = np.arange(len(self._minute))
        for since in np.unique(behind[behind < minute]).tolist():
            late = rows[behind == since]
            prints = self._flow.prints(late, since, minute, priced=False)
            _add(everywhere, self._flow, prints, len(prints.row), identity)
            self._minute[late] = minute


def _add(tally: Tally, flow: OptionFlow, prints: OptionPrints, count: int, place: Rows) -> None:
    """Add the first ``count`` prints to tallies whose entry of a row stands at ``place[row]``."""
    row = prints.row[:count]
    np.add.at(tally.volume, place[row], prints.size[:count])
    # Only the newest print of a contract shows its price, so only that one need have one.
    _, newest = np.unique(row[::-1], return_index=True)
    newest = count - 1 - newest
    at = place[row[newest]]
    tally.last[at] = flow.prices(row[newest], prints.ts_ns[newest], prints.key[newest])
    tally.last_size[at] = prints.size[newest]
