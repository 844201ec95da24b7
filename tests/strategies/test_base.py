"""What every strategy has in common: its block, its view of what is listed, its name."""

import pytest
from pydantic import ValidationError
from tests.doubles.strategies.armed import Armed, ArmedSettings

from alphatrader.domain.contracts import Right
from alphatrader.strategies.base import Strategy, StrategySettings, WatchPlan, WatchView


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
