"""What clients' orders took from displayed books, until it is refilled."""

from typing import Literal

BookSide = Literal["bid", "ask"]
Levels = list[tuple[float, float]]
Rows = tuple[tuple[str, float, float], ...]
"""Maker or venue, price, size."""

_FORGOTTEN = 0.5
"""Less than this many shares or contracts missing counts as refilled."""


class Consumption:
    """Sizes missing at each price of one book. Every refill brings back part of what is missing."""

    def __init__(self, refill_share: float) -> None:
        self._kept = 1.0 - refill_share
        self._missing: dict[tuple[int, BookSide], dict[int, float]] = {}

    def __bool__(self) -> bool:
        return bool(self._missing)

    def contracts(self) -> list[int]:
        """Return the contracts of which something is missing, ascending."""
        return sorted({con_id for con_id, _ in self._missing})

    def take(self, con_id: int, side: BookSide, price: float, size: float) -> None:
        """Note that ``size`` was taken at ``price``."""
        prices = self._missing.setdefault((con_id, side), {})
        cents = round(price * 100.0)
        prices[cents] = prices.get(cents, 0.0) + size

    def refill(self) -> None:
        """Let one refill interval pass."""
        for key, prices in list(self._missing.items()):
            left = {cents: size * self._kept for cents, size in prices.items() if size * self._kept >= _FORGOTTEN}
            if left:
                self._missing[key] = left
            else:
                del self._missing[key]

    def left_of(self, con_id: int, side: BookSide, levels: Levels) -> Levels:
        """Return the levels less what is missing; emptied ones drop out."""
        prices = self._missing.get((con_id, side))
        if not prices:
            return levels
        reduced = ((price, size - prices.get(round(price * 100.0), 0.0)) for price, size in levels)
        return [(price, float(int(size))) for price, size in reduced if size >= 1.0]

    def rows_left(self, con_id: int, side: BookSide, rows: Rows) -> Rows:
        """Return a book's rows less what is missing at their prices, one maker after the other."""
        added: dict[float, float] = {}
        for _, price, size in rows:
            added[price] = added.get(price, 0.0) + size
        left = dict(self.left_of(con_id, side, list(added.items())))
        gone = {price: size - left.get(price, 0.0) for price, size in added.items()}
        kept = []
        for maker, price, size in rows:
            taken = min(size, gone[price])
            gone[price] -= taken
            if size > taken:
                kept.append((maker, price, size - taken))
        return tuple(kept)
