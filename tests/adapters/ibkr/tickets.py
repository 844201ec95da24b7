"""The orders that the adapter's tests send: a bracket, and one whose stop waits for the underlying."""

from decimal import Decimal

from tests.adapters.ibkr.scripted_gateway import PLACE_ORDER, option_con_id

from alphatrader.domain.approval import approve
from alphatrader.domain.contracts import OptionKey, Right
from alphatrader.domain.orders import Leg, OrderIntent, OrderTicket, PriceCondition

KEY = OptionKey("SPY", "20251121", Decimal(651), Right.CALL)
CON_ID = option_con_id("651", "C")
FOREVER = 2**62


def bracket(first_id: int = 100, deadline_ns: int = FOREVER, limit: str = "1.25"):
    entry = OrderTicket(first_id, Leg.ENTRY, "BUY", 2, "LMT", "DAY", limit_price=Decimal(limit))
    stop = OrderTicket(
        first_id + 1, Leg.STOP, "SELL", 2, "STP", "GTC", stop_price=Decimal("0.95"), parent_id=first_id, oca_group="x1"
    )
    target = OrderTicket(
        first_id + 2, Leg.TARGET, "SELL", 2, "LMT", "GTC", limit_price=Decimal("1.75"), parent_id=first_id,
        oca_group="x1",
    )  # fmt: skip
    return approve(OrderIntent("I7", 1000, "open", (entry, stop, target), 0, deadline_ns), ("test",))


def conditional_bracket(first_id: int = 100):
    """An entry, and a market order behind a price of SPY for its stop, with a stop of the option's own beside it."""
    condition = PriceCondition(756733, "SMART", is_more=False, price=Decimal("645.5"), trigger_method=2)
    exits = {"parent_id": first_id, "oca_group": "x1"}
    entry = OrderTicket(first_id, Leg.ENTRY, "BUY", 2, "LMT", "DAY", limit_price=Decimal("1.25"))
    stop = OrderTicket(first_id + 1, Leg.STOP, "SELL", 2, "MKT", "GTC", condition=condition, **exits)
    backstop = OrderTicket(
        first_id + 2, Leg.STOP, "SELL", 2, "STP", "GTC", stop_price=Decimal("0.60"), trigger_method=4, step=2, **exits
    )
    return approve(OrderIntent("I8", 1000, "open", (entry, stop, backstop), 0, FOREVER), ("test",))


CONDITION = ["1", "1", "a", "0", "645.5", "756733", "SMART", "2", "0", "0"]
"""One condition: price, and, at or below, the price, contract, exchange, last; not outside regular hours, submits."""


def holds(message: list[str], part: list[str]) -> bool:
    return any(message[start : start + len(part)] == part for start in range(len(message)))


async def ready(r) -> None:
    await r.adapter.watch_options([KEY])


async def sent(r) -> None:
    await ready(r)
    await r.adapter.submit(bracket())
    await r.sink.until(lambda: len(r.gateway.seen(PLACE_ORDER)) == 3)
