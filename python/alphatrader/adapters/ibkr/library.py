"""The client library, chosen by a setting: ib_insync 0.9.86 or ib_async 2.1.0.

Of either we use the parts that are the same and sound: the socket, the encoding of requests and the decoding of
answers. The layer above them (``IB``, ``Trade``, ``Ticker``) is not used: it takes live orders for cancelled ones
(10349), folds depth rows before anybody sees them, grows lists without bound, and logs exceptions of handlers away.
"""

import importlib
from dataclasses import dataclass
from typing import Any

from alphatrader.domain.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Library:
    """The classes of the chosen library. Both are untyped, hence ``Any``."""

    name: str
    client_class: Any
    contract_class: Any
    order_class: Any
    price_condition_class: Any
    execution_filter_class: Any


def load_library(name: str) -> Library:
    """Import ``ib_insync`` or ``ib_async``. Raises ConfigError with the cure if it is not installed."""
    try:
        client = importlib.import_module(f"{name}.client")
        contract = importlib.import_module(f"{name}.contract")
        order = importlib.import_module(f"{name}.order")
        objects = importlib.import_module(f"{name}.objects")
    except ImportError as error:
        raise ConfigError(
            f"gateway.link.library is {name!r}, which cannot be imported ({error}): install it or choose the other one."
        ) from error
    return Library(name, client.Client, contract.Contract, order.Order, order.PriceCondition, objects.ExecutionFilter)
