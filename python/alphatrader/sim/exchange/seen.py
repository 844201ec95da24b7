"""What one step of the market showed, sorted by contract for those who look at it."""

from collections.abc import Sequence

from alphatrader.sim.exchange.matching import PrintLeft, prints_left
from alphatrader.sim.market.types import Auction, MarketUpdate, Print, Quote, SessionChange


class Seen:
    """The updates of one step."""

    def __init__(self, updates: Sequence[MarketUpdate]) -> None:
        self.quotes: dict[int, list[Quote]] = {}
        self.prints: dict[int, list[Print]] = {}
        self.auctions: list[Auction] = []
        self.changes: list[SessionChange] = []
        self._left: dict[int, list[PrintLeft]] = {}
        for update in updates:
            if isinstance(update, Quote):
                self.quotes.setdefault(update.con_id, []).append(update)
            elif isinstance(update, Print):
                self.prints.setdefault(update.con_id, []).append(update)
            elif isinstance(update, Auction):
                self.auctions.append(update)
            elif isinstance(update, SessionChange):
                self.changes.append(update)

    def touches(self, con_ids: Sequence[int]) -> bool:
        """Whether any of the contracts was quoted or traded."""
        return any(con_id in self.quotes or con_id in self.prints for con_id in con_ids)

    def last_quote(self, con_id: int) -> Quote | None:
        """Return a contract's last quote of the step, None if it was not quoted."""
        quotes = self.quotes.get(con_id)
        return quotes[-1] if quotes else None

    def left(self, con_id: int) -> list[PrintLeft]:
        """Return a contract's prints with the size that our orders have not had yet."""
        if con_id not in self._left:
            self._left[con_id] = prints_left(self.prints.get(con_id, ()))
        return self._left[con_id]
