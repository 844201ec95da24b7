"""The recorded book of one instrument as it stands: rows of each side, best first."""

from typing import Protocol

import numpy as np

from alphatrader.sim.market.tape.form import DELETE, INSERT, RESET, SIDES, UPDATE, DepthRows, DepthStates

Row = tuple[str, float, float]
"""Market maker, price, size."""
Rows = tuple[Row, ...]

_MAX_ROWS = 1_000


class DepthBook(Protocol):
    """A recorded book that is wound forward event by event."""

    def seek(self, count: int) -> None:
        """Stand after the first ``count`` events."""
        ...

    def apply(self, event: int) -> None:
        """Apply the next event, given by its number."""
        ...

    def rows(self, side: str) -> Rows:
        """Return the rows of ``bid`` or ``ask``, best first."""
        ...


class RowBook:
    """A book of row operations. A row that is not there is left alone, as clients do (recordings hold some)."""

    def __init__(self, depth: DepthRows) -> None:
        self._depth = depth
        self._sides: dict[str, list[Row]] = {side: [] for side in SIDES}

    def seek(self, count: int) -> None:
        """Stand after the first ``count`` events: apply those since the last reset."""
        resets = np.flatnonzero(self._depth.op[:count] == RESET)
        self._clear()
        for event in range(int(resets[-1]) if len(resets) else 0, count):
            self.apply(event)

    def apply(self, event: int) -> None:
        """Apply an event."""
        depth = self._depth
        op = int(depth.op[event])
        if op == RESET:
            self._clear()
            return
        rows = self._sides[SIDES[int(depth.side[event])]]
        position = int(depth.position[event])
        row = (depth.makers[int(depth.maker[event])], float(depth.price[event]), float(depth.size[event]))
        if op == INSERT and position <= len(rows) < _MAX_ROWS:
            rows.insert(position, row)
        elif op == UPDATE and position < len(rows):
            rows[position] = row
        elif op == DELETE and position < len(rows):
            del rows[position]

    def rows(self, side: str) -> Rows:
        """Return the rows of a side."""
        return tuple(self._sides[side])

    def _clear(self) -> None:
        for rows in self._sides.values():
            rows.clear()


class StateBook:
    """A book recorded as a whole at each event."""

    def __init__(self, depth: DepthStates) -> None:
        self._depth = depth
        self._event = -1

    def seek(self, count: int) -> None:
        """Stand after the first ``count`` events."""
        self._event = count - 1

    def apply(self, event: int) -> None:
        """Move to an event."""
        self._event = event

    def rows(self, side: str) -> Rows:
        """Return the levels of a side as rows of the one venue."""
        if self._event < 0:
            return ()
        depth, column = self._depth, SIDES.index(side)
        levels = zip(depth.price[self._event, column].tolist(), depth.size[self._event, column].tolist(), strict=True)
        return tuple((depth.maker, price, size) for price, size in levels if size > 0.0)


def book_of(depth: DepthRows | DepthStates) -> DepthBook:
    """Return the book that plays recorded depth."""
    return RowBook(depth) if isinstance(depth, DepthRows) else StateBook(depth)
