"""What names an order and an execution."""

from decimal import Decimal

import pytest

from alphatrader.domain.orders import Execution, Leg, OrderIntent, OrderTicket


@pytest.mark.parametrize(
    ("leg", "step", "suffix"),
    [(Leg.ENTRY, 1, "entry"), (Leg.STOP, 1, "stop"), (Leg.TARGET, 2, "target2"), (Leg.ENTRY, 12, "entry12")],
)
def test_an_order_is_named_by_its_intent_its_leg_and_its_step(leg: Leg, step: int, suffix: str) -> None:
    ticket = OrderTicket(1, leg, "BUY", 1, "LMT", "DAY", step=step)
    assert ticket.ref_suffix == suffix
    intent = OrderIntent("261124-093000.4", 1, "open", (ticket,), 0, 1)
    assert intent.order_ref(ticket) == f"261124-093000.4:{suffix}"


def test_a_correction_shares_all_of_the_id_but_its_last_part() -> None:
    first, corrected = (
        Execution(f"0000e0d5.65a1b2c3.01.{version}", 1, 1, 7, "BUY", 1, Decimal(1), 1) for version in ("01", "02")
    )
    other = Execution("0000e0d5.65a1b2c3.02.01", 1, 1, 7, "BUY", 1, Decimal(1), 1)
    assert first.stem == corrected.stem == "0000e0d5.65a1b2c3.01"
    assert other.stem != first.stem
