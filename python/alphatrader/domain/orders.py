"""Orders, executions and positions as the broker reports them, and the intents that we send.

Money that is booked is ``Decimal``; quantities of options are whole contracts.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from alphatrader.domain.contracts import OptionKey
from alphatrader.domain.exit_plans import ExitPlan, TriggerMethod

Side = Literal["BUY", "SELL"]
OrderType = Literal["MKT", "LMT", "STP", "STP LMT"]
TimeInForce = Literal["DAY", "GTC", "IOC"]


class Leg(StrEnum):
    """The part that an order plays in a bracket. The value is the suffix of its orderRef."""

    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    FLATTEN = "flatten"


class PriceCondition(Struct, frozen=True):
    """The order works only once the price of contract ``con_id`` is at or past ``price``: above it if ``is_more``."""

    con_id: int
    exchange: str
    is_more: bool
    price: Decimal
    trigger_method: TriggerMethod = 0


class OrderTicket(Struct, frozen=True):
    """One order of an intent, complete enough to be sent.

    ``limit_price`` / ``stop_price`` are None where the type has none. ``parent_id`` 0 = no parent. ``step`` counts the
    legs of one kind from 1: a scale-out has a stop and a target for each step, in an OCA group of their own.
    ``trigger_method`` is that of a stop order.
    """

    order_id: int
    leg: Leg
    side: Side
    quantity: int
    order_type: OrderType
    time_in_force: TimeInForce
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    parent_id: int = 0
    oca_group: str = ""
    step: int = 1
    condition: PriceCondition | None = None
    trigger_method: TriggerMethod = 0

    @property
    def ref_suffix(self) -> str:
        """What names the order within its intent: ``stop``, ``target``, ``stop2``, ``target2``, ..."""
        return self.leg.value if self.step == 1 else f"{self.leg.value}{self.step}"


class OrderIntent(Struct, frozen=True):
    """A family of orders decided at one moment: a bracket (entry, stop, target) or a lone flatten order.

    It is journaled before anything of it is sent; ``intent_id`` rides in orderRef as ``intent_id:leg``. Past
    ``deadline_ns`` it is never sent. ``risk_usd`` is what is lost if the stop fills at its price, fees included.
    ``con_id`` and ``contract`` name the option beyond this start; ``instrument_id`` is valid in it only.
    ``exit_plan`` says how an opened trade ends, and ``reference_price`` what its fractions refer to.
    """

    intent_id: str
    instrument_id: int
    purpose: Literal["open", "close"]
    tickets: tuple[OrderTicket, ...]
    created_ns: int
    deadline_ns: int
    signal_id: str = ""
    strategy: str = ""
    risk_usd: Decimal = Decimal(0)
    premium_usd: Decimal = Decimal(0)
    con_id: int = 0
    contract: OptionKey | None = None
    exit_plan: ExitPlan | None = None
    reference_price: Decimal | None = None

    def order_ref(self, ticket: OrderTicket) -> str:
        """Return the reference under which the broker will report the ticket."""
        return f"{self.intent_id}:{ticket.ref_suffix}"


class OpenOrder(Struct, frozen=True):
    """An order that the broker says is open (openOrder + orderStatus, or a row of the open-order poll).

    ``condition_price``: the price of another contract that it waits for, if one price condition is all it waits for.
    """

    order_id: int
    perm_id: int
    client_id: int
    con_id: int
    side: Side
    quantity: int
    order_type: str
    status: str
    order_ref: str = ""
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    filled: int = 0
    parent_id: int = 0
    condition_price: Decimal | None = None


class Execution(Struct, frozen=True):
    """One execution. ``exec_id`` identifies it; a correction has the same stem with a higher last part."""

    exec_id: str
    order_id: int
    perm_id: int
    con_id: int
    side: Side
    quantity: int
    price: Decimal
    ts_ns: int
    order_ref: str = ""
    client_id: int = 0

    @property
    def stem(self) -> str:
        """The id without its last part: what a correction shares with what it corrects."""
        return self.exec_id.rsplit(".", 1)[0]


class PositionRow(Struct, frozen=True):
    """A position as the broker reports it; ``average_cost`` per contract, multiplier included."""

    account: str
    con_id: int
    symbol: str
    quantity: int
    average_cost: Decimal


class BrokerSnapshot(Struct, frozen=True):
    """All that the broker says of our account at one moment. Not ``complete`` means: do not trade on it."""

    positions: tuple[PositionRow, ...]
    open_orders: tuple[OpenOrder, ...]
    executions: tuple[Execution, ...]
    complete: bool
    missing: str = ""
