"""What all kinds of faults share: their form in JSON and YAML, how the fault is known, and how it shows."""

from typing import ClassVar, Literal

from msgspec import Struct

from alphatrader.sim.behaviours import Evidence


class Fault(Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """Base class. The docstring of a kind says what it does; ``observed`` says how a client notices."""

    evidence: ClassVar[Evidence]
    observed: ClassVar[str]


class OrderChoice(Fault, frozen=True):
    """Which coming orders a fault strikes. ``every`` N strikes one of N that fit, ``count`` 0 any number of them."""

    count: int = 1
    every: int = 1
    order_type: str = ""
    role: Literal["any", "parent", "child", "single"] = "any"
    client_id: int | None = None
    for_s: float = 0.0


class ContractChoice(Fault, frozen=True):
    """Which contracts a fault strikes: one by ``con_id``, or an underlying by ``symbol``, with ``options`` its options.

    Neither = all contracts.
    """

    symbol: str = ""
    con_id: int = 0
    options: bool = False
    for_s: float = 0.0
