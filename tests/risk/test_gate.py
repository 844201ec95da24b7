"""The gate: what it approves, that nothing else can make an approval, and what may be closed."""

from dataclasses import replace as changed
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.execution.terms import OPEN_NS, S, option
from tests.risk.good_intent import GROUND, LIMITS, STANDING, TWO_STEPS, conditional, good, with_ticket

from alphatrader.domain.approval import RiskApproved
from alphatrader.domain.orders import OrderIntent
from alphatrader.domain.signals import Denial
from alphatrader.domain.state import TradingState
from alphatrader.execution.brackets import IntentIds, build_close
from alphatrader.risk.checks import CHECKS
from alphatrader.risk.gate import RiskGate

GATE = RiskGate(LIMITS)
BROKEN = changed(
    GROUND,
    trading_state=TradingState.HALTED,
    state_reason="look",
    in_session=False,
    session_text="the session is over",
    services=(Denial("store_down", "Redis: gone"), Denial("loop_lag", "late")),
    feeds=(Denial("chain_stale", "old"),),
    orders=(Denial("order_unknown", "silent"),),
    breakers=(Denial("daily_loss", "lost"),),
)


@pytest.mark.parametrize("intent", [good(), good(TWO_STEPS), conditional()])
def test_a_sound_bracket_is_approved_with_the_names_of_all_checks(intent: OrderIntent) -> None:
    verdict = GATE.check_open(intent, GROUND, STANDING)
    assert isinstance(verdict, RiskApproved)
    assert verdict.value is intent
    assert verdict.checks == tuple(check.name for check in CHECKS)


def test_an_approval_cannot_be_made_by_hand() -> None:
    with pytest.raises(TypeError, match="outside the risk gate"):
        RiskApproved(good(), (), object())


def test_every_reason_is_told_once_in_the_order_of_the_table() -> None:
    told = [
        "trading_state", "market_closed", "store_down", "loop_lag", "chain_stale", "order_unknown", "daily_loss",
    ]  # fmt: skip
    assert [denial.code for denial in GATE.standing(BROKEN)] == told
    verdict = GATE.check_open(
        with_ticket(good(), 1, stop_price=None), BROKEN, changed(STANDING, contract_busy=True, available_usd=None)
    )
    assert isinstance(verdict, list)
    assert [denial.code for denial in verdict] == [*told, "no_stop", "contract_busy", "funds_unknown"]


def test_words_of_the_state_and_the_session_are_passed_on() -> None:
    texts = {denial.code: denial.text for denial in GATE.standing(BROKEN)}
    assert texts["trading_state"] == "HALTED: look"
    assert texts["market_closed"] == "the session is over"
    silent = changed(GROUND, in_session=False)
    assert GATE.standing(silent) == [Denial("market_closed", "the market is closed")]


def test_the_ground_alone_is_judged_without_an_intent() -> None:
    assert GATE.standing(GROUND) == []


# ------------------------------------------------------------------------------------------ closing


def close(quantity: int) -> OrderIntent:
    return build_close(good(), option(), quantity, IntentIds("r.2", 9), Decimal("1.00"), OPEN_NS, S)


@given(st.integers(-3, 20), st.integers(-5, 20), st.integers(0, 20))
def test_closing_never_sells_more_than_is_held_and_not_on_its_way(quantity: int, held: int, outgoing: int) -> None:
    verdict = GATE.check_close(close(quantity), held, outgoing)
    assert isinstance(verdict, RiskApproved) == (1 <= quantity <= held - outgoing)
    if isinstance(verdict, Denial):
        assert verdict.code == "over_position"


@pytest.mark.parametrize("intent", [good(), with_ticket(close(1), 0, side="BUY")])
def test_nothing_but_a_sale_of_a_closing_intent_closes(intent: OrderIntent) -> None:
    verdict = GATE.check_close(intent, held=9, outgoing=0)
    assert isinstance(verdict, Denial)
    assert verdict.code == "not_reducing"
