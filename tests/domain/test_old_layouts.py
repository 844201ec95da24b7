from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adapters.journal import version_1

from alphatrader.domain.exit_plans import ExitPlan
from alphatrader.domain.old_layouts import upgrade_intent, upgrade_record, upgrade_restored, upgrade_signal
from alphatrader.domain.orders import OrderIntent
from alphatrader.domain.records import RestoredState
from alphatrader.domain.signals import Signal


def decoded(text: str, key: str) -> dict[str, Any]:
    return msgspec.json.decode(text)[key]


def at_tick(price: Decimal, tick: Decimal, rounding: str) -> Decimal:
    return (price / tick).to_integral_value(rounding=rounding) * tick


def prices(plan: ExitPlan, reference: Decimal, tick: Decimal) -> tuple[Decimal, Decimal]:
    """Stop and target of a plan, rounded as a bracket rounds them."""
    stop = reference * (1 - Decimal(repr(plan.stop.loss_fraction)))
    target = reference * (1 + Decimal(repr(plan.targets[0].gain_fraction)))
    return at_tick(stop, tick, ROUND_DOWN), at_tick(target, tick, ROUND_UP)


def test_an_open_intent_keeps_its_stop_target_and_longest_hold() -> None:
    intent = msgspec.convert(upgrade_intent(decoded(version_1.INTENT, "intent")), OrderIntent)
    assert intent.exit_plan is not None
    assert intent.reference_price == Decimal("1.22")
    assert intent.exit_plan.max_hold_s == 180.0
    assert intent.exit_plan.stop.loss_fraction == pytest.approx(1 - 0.90 / 1.22, abs=1e-8)
    assert intent.exit_plan.targets[0].gain_fraction == pytest.approx(1.70 / 1.22 - 1, abs=1e-8)
    assert prices(intent.exit_plan, intent.reference_price, Decimal("0.01")) == (Decimal("0.90"), Decimal("1.70"))
    assert [ticket.step for ticket in intent.tickets] == [1, 1, 1]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from(["0.01", "0.05", "0.10"]),
    st.integers(2, 20_000),
    st.integers(1, 20_000),
    st.integers(1, 20_000),
)
def test_the_plan_gives_the_journaled_prices_again_to_the_tick(
    tick: str, entry_ticks: int, loss_ticks: int, gain_ticks: int
) -> None:
    unit = Decimal(tick)
    entry, stop = entry_ticks * unit, (entry_ticks - min(loss_ticks, entry_ticks - 1)) * unit
    target = (entry_ticks + gain_ticks) * unit
    intent = decoded(version_1.INTENT, "intent")
    intent["tickets"][0]["limit_price"] = str(entry)
    intent["tickets"][1]["stop_price"] = str(stop)
    intent["tickets"][2]["limit_price"] = str(target)
    upgraded = msgspec.convert(upgrade_intent(intent), OrderIntent)
    assert upgraded.exit_plan is not None
    assert upgraded.reference_price == entry
    assert prices(upgraded.exit_plan, entry, unit) == (stop, target)


def test_a_signal_keeps_its_stop_and_target_against_its_ask() -> None:
    signal = msgspec.convert(upgrade_signal(decoded(version_1.SIGNAL, "signal")), Signal)
    assert signal.exit_plan.max_hold_s == 180.0
    assert prices(signal.exit_plan, signal.ask, Decimal("0.01")) == (Decimal("0.90"), Decimal("1.70"))


def test_what_has_the_present_layout_or_nothing_to_upgrade_stays() -> None:
    for upgrade, text, key in (
        (upgrade_intent, version_1.INTENT, "intent"),
        (upgrade_signal, version_1.SIGNAL, "signal"),
    ):
        upgraded = upgrade(decoded(text, key))
        assert upgrade(upgraded) is upgraded
    closing = decoded(version_1.FLATTEN, "intent")
    assert upgrade_intent(closing) == closing
    unprotected = decoded(version_1.INTENT, "intent")
    del unprotected["tickets"][1]
    assert "exit_plan" not in upgrade_intent(unprotected)
    fill = msgspec.json.decode(version_1.FILL)
    assert upgrade_record(fill) is fill


def test_an_intent_without_a_target_has_a_plan_without_one() -> None:
    intent = decoded(version_1.INTENT, "intent")
    del intent["tickets"][2]
    plan = msgspec.convert(upgrade_intent(intent), OrderIntent).exit_plan
    assert plan is not None
    assert plan.targets == ()


def test_a_restored_state_of_an_old_event_log() -> None:
    execution = decoded(version_1.FILL, "execution")
    by_hand = {**execution, "exec_id": "h.01", "order_id": 0, "order_ref": "", "ts_ns": execution["ts_ns"] + 5}
    exit_fill = {**execution, "exec_id": "x.01", "order_id": 6, "order_ref": "gone.1:target"}
    again = {**exit_fill, "exec_id": "x.02", "ts_ns": execution["ts_ns"] + 7}
    yesterday = {**execution, "exec_id": "y.01", "order_id": 2, "ts_ns": 50}
    old = {
        "trading_state": "ACTIVE",
        "intents": [{"intent": decoded(version_1.INTENT, "intent"), "stage": "SENT"}],
        "executions": [yesterday, execution, exit_fill, again, by_hand],
    }
    opened = execution["ts_ns"]
    restored = msgspec.convert(upgrade_restored(old, opened, opened + 100), RestoredState)
    assert restored.intents[0].intent.exit_plan is not None
    assert restored.own_exec_ids == ("y.01", execution["exec_id"], "x.01", "x.02")
    assert restored.order_times_ns == (opened, opened + 7, opened + 5)
    assert upgrade_restored(upgrade_restored(old), 1, 2) == upgrade_restored(old)
    assert msgspec.convert(upgrade_restored({}), RestoredState) == RestoredState()
