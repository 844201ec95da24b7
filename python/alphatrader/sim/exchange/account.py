"""The account: cash, positions at average cost, and what fills do to them. Positions may be short.

Average cost includes commissions, as the broker's does: a purchase costs more, a short sale brings less. The day's
figures start from a *base*: quantity, cost and price of each position when the session began.
"""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from alphatrader.sim.exchange.orders import Side

_CENT_FRACTION = Decimal("0.0001")


class Position(Struct):
    """A holding. ``average_cost`` is dollars a share or a contract, multiplier and commissions included.

    ``realized_pnl`` and ``spent`` are the day's: profit that closing fills made, and cash that went into (or, below 0,
    came out of) the contract. ``base_price`` is dollars a share.
    """

    con_id: int
    quantity: int = 0
    average_cost: Decimal = Decimal(0)
    realized_pnl: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    base_quantity: int = 0
    base_cost: Decimal = Decimal(0)
    base_price: Decimal = Decimal(0)


class Account:
    """Cash and positions. ``contracts_traded`` counts option contracts of the month for the volume tiers."""

    def __init__(
        self, account_id: str, cash: Decimal, session_date: str, kind: Literal["margin", "cash"] = "margin"
    ) -> None:
        self.account_id = account_id
        self.kind = kind
        self.cash = cash
        self.session_date = session_date
        self.positions: dict[int, Position] = {}
        self.contracts_traded = 0
        self.base_equity = cash
        """Net liquidation value when the session began."""
        self.day_start_ns = 0
        """Market time from which executions count as the day's."""
        self.instructions: dict[int, int] = {}
        """Contracts by option that its holder wants exercised; below 0, as many that shall lapse."""

    def quantity(self, con_id: int) -> int:
        """Return how much is held of a contract; below 0 = short."""
        position = self.positions.get(con_id)
        return position.quantity if position else 0

    def book(
        self,
        con_id: int,
        side: Side,
        quantity: int,
        value: Decimal,
        commission: Decimal = Decimal(0),
        carried: Decimal = Decimal(0),
    ) -> Decimal | None:
        """Apply a fill worth ``value`` dollars before commission; return the profit it realised, None if it opened.

        ``carried`` is cost that came with it without cash: the premium of an option that became stock.
        """
        position = self.positions.setdefault(con_id, Position(con_id))
        spent = value + commission if side == "BUY" else commission - value
        self.cash -= spent
        position.spent += spent
        return _apply(position, side, quantity, value, commission + carried)

    def rebook(self, con_id: int, fills: list[tuple[Side, int, Decimal, Decimal, Decimal]]) -> list[Decimal | None]:
        """Start the day of a contract anew with these fills (side, quantity, value, commission, carried)."""
        position = self.positions.setdefault(con_id, Position(con_id))
        self.cash += position.spent
        position.quantity, position.average_cost = position.base_quantity, position.base_cost
        position.realized_pnl = position.spent = Decimal(0)
        return [self.book(con_id, *fill) for fill in fills]


def _apply(position: Position, side: Side, quantity: int, value: Decimal, costs: Decimal) -> Decimal | None:
    """Move a position by a fill. What passes zero closes first, then opens, sharing the costs by size."""
    direction = 1 if side == "BUY" else -1
    held = position.quantity
    closing = min(quantity, abs(held)) if held * direction < 0 else 0
    opening = quantity - closing
    realized: Decimal | None = None
    if closing:
        share = Decimal(closing) / quantity
        gain = (position.average_cost * closing - value * share) * direction
        realized = (gain - costs * share).quantize(_CENT_FRACTION)
        position.realized_pnl += realized
        position.quantity += closing * direction
        if position.quantity == 0:
            position.average_cost = Decimal(0)
    if opening:
        share = Decimal(opening) / quantity
        cost = (value + costs * direction) * share
        before = abs(position.quantity)
        position.average_cost = (position.average_cost * before + cost) / (before + opening)
        position.quantity += opening * direction
    return realized
