"""What the exchange has to say, in order. The gateway turns each report into messages of its protocol."""

from msgspec import Struct

from alphatrader.sim.exchange.orders import ExecutionRecord, Order


class OrderReport(Struct, frozen=True):
    """An order changed. ``order`` is a copy of that moment; ``full`` means openOrder + orderStatus."""

    order: Order
    full: bool = True


class FillReport(Struct, frozen=True):
    """An order was filled, wholly or in part."""

    execution: ExecutionRecord


class CommissionReport(Struct, frozen=True):
    """What a fill cost; it follows the fill."""

    execution: ExecutionRecord


class Notice(Struct, frozen=True):
    """A coded message about an order: refusals, cancellations, warnings."""

    client_id: int
    order_id: int
    code: int
    text: str


class PositionReport(Struct, frozen=True):
    """The position in a contract changed, and with it cash."""

    con_id: int


Report = OrderReport | FillReport | CommissionReport | Notice | PositionReport
