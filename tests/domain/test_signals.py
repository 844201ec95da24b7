"""A signal is journaled: what could not be read back is told before it is written."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from alphatrader.domain.contracts import OptionKey, Right
from alphatrader.domain.exit_plans import ExitPlan, StopTerms
from alphatrader.domain.signals import Reason, Signal

SIGNAL = Signal(
    signal_id="r.s1",
    strategy="armed",
    symbol="SPY",
    direction="bullish",
    contract=OptionKey("SPY", "20261124", Decimal(651), Right.CALL, "SPY"),
    instrument_id=1_000,
    score=0.9,
    entry_limit=Decimal("1.51"),
    stop_price=None,
    target_price=None,
    bid=Decimal("1.49"),
    ask=Decimal("1.50"),
    spot=650.0,
    created_ns=1,
    expires_ns=2,
    fingerprint="f",
    reasons=(Reason("flow", 0.5, 0.2, "flow +0.50"),),
    exit_plan=ExitPlan(stop=StopTerms(loss_fraction=0.25)),
)


def test_a_sound_signal_is_read_back_as_it_was_written() -> None:
    assert SIGNAL.fault() == ""
    assert msgspec.json.decode(msgspec.json.encode(SIGNAL), type=Signal) == SIGNAL


@pytest.mark.parametrize(
    "changes",
    [
        {"score": float("nan")},
        {"score": float("-inf")},
        {"score": "high"},
        {"direction": "up"},
        {"spot": float("nan")},
        {"reasons": None},
        {"reasons": (Reason("flow", float("nan"), 0.2, "flow"),)},
        {"reasons": (Reason("flow", 0.5, float("inf"), "flow"),)},
        {"reasons": (object(),)},
        {"exit_plan": ExitPlan(stop=StopTerms(loss_fraction=float("nan")))},
    ],
)
def test_what_could_not_be_read_back_says_so(changes: dict[str, Any]) -> None:
    assert replace(SIGNAL, **changes).fault()
