"""What every strategy has in common: its block, its view of what is listed, its name, and what an idea must be."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError
from tests.doubles.strategies.armed import Armed, ArmedSettings

from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, StopTerms
from alphatrader.strategies.base import Idea, Strategy, StrategySettings, WatchPlan, WatchView


def test_a_block_that_says_nothing_trades_everything_with_the_whole_budget() -> None:
    block = StrategySettings()
    assert (block.mode, block.symbols, block.budget_share) == ("on", (), 1.0)


@pytest.mark.parametrize(
    "block",
    [
        {"mode": "maybe"},
        {"budget_share": 0},
        {"budget_share": 1.01},
        {"budget_share": -1},
        {"symbols": "SPY"},
        {"x": 1},
    ],
)
def test_a_block_that_cannot_be_meant_is_refused(block: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        StrategySettings.model_validate(block)


def test_a_block_is_frozen() -> None:
    with pytest.raises(ValidationError):
        StrategySettings().mode = "off"  # type: ignore[misc]


def test_a_strategy_has_its_name_and_its_block() -> None:
    strategy = Armed("mine", ArmedSettings(target_delta=0.3))
    assert (strategy.name, strategy.settings.target_delta) == ("mine", 0.3)


def test_without_answers_there_is_no_strategy() -> None:
    with pytest.raises(TypeError):
        Strategy("mine", StrategySettings())  # type: ignore[abstract]


def test_a_view_names_the_session_as_an_expiry() -> None:
    assert WatchView("SPY", "2026-11-24", 650.0, ("20261124", "20261125")).today == "20261124"


def test_a_watch_plan_wants_both_rights_unless_it_says_otherwise() -> None:
    assert WatchPlan("20261124", 12).rights == (Right.CALL, Right.PUT)


# ---------------------------------------------------------------------------------------------- ideas

PLAN = ExitPlan(stop=StopTerms(loss_fraction=0.25))
IDEA = Idea("mine", "SPY", "bearish", Right.PUT, 0.9, (), "20261124", 0.45, PLAN)


def test_a_sound_idea_has_no_fault() -> None:
    assert IDEA.fault("mine", "SPY") is None


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"strategy": "other"}, "bad_idea", "mine was asked about SPY and answered as other about SPY"),
        ({"symbol": "QQQ"}, "bad_idea", "answered as mine about QQQ"),
        ({"expiry": ""}, "bad_idea", "not YYYYMMDD"),
        ({"expiry": "20260230"}, "bad_idea", "not a calendar date"),
        ({"expiry": None}, "bad_idea", "cannot be looked for"),
        ({"target_delta": float("nan")}, "bad_idea", "target_delta is nan"),
        ({"target_delta": float("inf")}, "bad_idea", "target_delta is inf"),
        ({"target_delta": -0.45}, "bad_idea", "without its sign"),
        ({"target_delta": 0.0}, "bad_idea", "target_delta"),
        ({"exit_plan": ExitPlan(stop=StopTerms(loss_fraction=-1.0))}, "bad_plan", "loss_fraction is -1.0"),
        ({"exit_plan": None}, "bad_plan", "its exit plan is a NoneType"),
    ],
)
def test_an_idea_that_cannot_be_meant_says_why(changes: dict[str, Any], code: str, words: str) -> None:
    denial = replace(IDEA, **changes).fault("mine", "SPY")
    assert denial is not None
    assert denial.code == code
    assert words in denial.text
