"""The broker closes positions when maintenance margin is not met: orders that nobody placed.

Optional. The position whose closing frees most goes first, at the market; a second is not touched before the first is
gone. Clients see fills without an order id, marked as liquidation.
"""

from decimal import Decimal

from alphatrader.sim.exchange.desk import Desk
from alphatrader.sim.exchange.gates import Gates
from alphatrader.sim.exchange.intake import Intake
from alphatrader.sim.exchange.margin import Holding
from alphatrader.sim.exchange.orders import OrderRequest
from alphatrader.sim.exchange.valuation import AccountFigures

_CHECK_NS = 1_000_000_000


class Liquidation:
    """Watches maintenance margin, if the settings say so."""

    def __init__(self, desk: Desk, intake: Intake, gates: Gates) -> None:
        self._desk = desk
        self._intake = intake
        self._gates = gates
        self._next_ns = 0

    def run(self) -> None:
        """Close one position if the account is under water; look once a second of market time."""
        desk = self._desk
        if not desk.settings.liquidate or desk.now_ns < self._next_ns or not desk.account.positions:
            return
        self._next_ns = desk.now_ns + _CHECK_NS
        figures = desk.valuation.figures()
        if figures.excess_liquidity >= 0 or any(order.liquidation for order in desk.registry.live()):
            return
        relief, con_id = max(self._reliefs(figures), default=(Decimal(0), 0))
        if relief > 0:
            self.close(con_id, abs(desk.account.quantity(con_id)))

    def _reliefs(self, figures: AccountFigures) -> list[tuple[Decimal, int]]:
        """Return what closing each tradable position would add to excess liquidity."""
        found = []
        for mark in figures.marks:
            contract = self._desk.instruments[mark.position.con_id]
            if self._desk.instruments.expired(contract.con_id):
                continue
            without = self._desk.valuation.figures([Holding(contract, -mark.position.quantity, mark.price)], mark.value)
            found.append((without.excess_liquidity - figures.excess_liquidity, contract.con_id))
        return found

    def close(self, con_id: int, quantity: int) -> None:
        """Close so much of a position at the market."""
        desk = self._desk
        held = desk.account.quantity(con_id)
        order = self._intake.create(
            OrderRequest(
                client_id=0,
                order_id=0,
                con_id=con_id,
                side="SELL" if held > 0 else "BUY",
                quantity=Decimal(quantity),
                order_type="MKT",
                tif="GTC",
                order_ref="LIQUIDATION",
            )
        )
        order.liquidation = True
        desk.registry.add(order)
        self._gates.announce(order)
