"""What the control channel answers; in JSON each has ``"ok": true`` besides."""

from decimal import Decimal

from msgspec import Struct


class Done(Struct, frozen=True):
    """It was done."""


class ClockAnswer(Struct, frozen=True):
    """Market time is ``market_ns``; unless paused it runs ``speed`` times as fast as the wall."""

    market_ns: int
    speed: float
    paused: bool
    session_date: str
    open_ns: int
    close_ns: int
    label: str
    seed: int


class HeldPosition(Struct, frozen=True):
    """One position; ``average_cost`` in dollars a share or contract, multiplier included."""

    con_id: int
    symbol: str
    local_symbol: str
    quantity: int
    average_cost: Decimal


class LiveOrder(Struct, frozen=True):
    """One order that is not done."""

    client_id: int
    order_id: int
    perm_id: int
    con_id: int
    side: str
    quantity: int
    filled: int
    order_type: str
    status: str
    order_ref: str


class StatusAnswer(Struct, frozen=True):
    """The truth, as the exchange has it."""

    label: str
    market_ns: int
    cash: Decimal
    net_liquidation: Decimal
    positions: list[HeldPosition]
    open_orders: list[LiveOrder]
    executions: int
    clients: list[int]
    listening: bool
    steps_to_come: int


class PlacedAnswer(Struct, frozen=True):
    """The order that was placed by hand."""

    order_id: int
    perm_id: int


class BehavioursAnswer(Struct, frozen=True):
    """Behaviours by name, each with the value in force."""

    behaviours: dict[str, bool | int | float | str]


Answer = Done | ClockAnswer | StatusAnswer | PlacedAnswer | BehavioursAnswer
