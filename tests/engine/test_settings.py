"""Settings are recorded with a run: read back they must be the same values of the same types."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.doubles.engine_bench import armed_settings

from alphatrader.domain.errors import ConfigError
from alphatrader.engine.settings import EngineSettings, FeedLimits


def test_recorded_settings_are_the_same_to_the_byte() -> None:
    settings = EngineSettings()
    text = settings.model_dump_json()
    again = EngineSettings.model_validate_json(text)
    assert again == settings
    assert again.model_dump_json() == text
    block, read = settings.strategies["zero_dte"], again.strategies["zero_dte"]
    assert type(read) is type(block), "a block is read back by the model of its strategy"
    assert isinstance(block.max_hold_s, float), "a default is coerced like a value of a file"
    assert repr(read.max_hold_s) == repr(block.max_hold_s)


def test_settings_with_blocks_of_their_own_are_recorded_whole() -> None:
    block = {"mode": "shadow", "symbols": ["QQQ"], "max_hold_s": 60}
    settings = EngineSettings.model_validate({"symbols": ["SPY", "QQQ"], "strategies": {"zero_dte": block}})
    again = EngineSettings.model_validate_json(settings.model_dump_json())
    assert again == settings
    assert again.strategies["zero_dte"].max_hold_s == 60


def test_a_strategy_trades_its_own_underlyings_or_all() -> None:
    settings = armed_settings(("SPY", "QQQ"), armed={"symbols": ["QQQ"]}, rival={})
    assert settings.symbols_of("armed") == ("QQQ",)
    assert settings.symbols_of("rival") == ("SPY", "QQQ")


def test_an_underlying_that_the_engine_does_not_have_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValidationError, match=r"armed\.symbols names IWM, which engine\.symbols does not: add"):
        armed_settings(("SPY",), armed={"symbols": ["IWM"]})


@pytest.mark.parametrize(
    ("block", "place"),
    [
        ({"max_hold_s": "long"}, ("strategies", "armed", "max_hold_s")),
        ({"budget_share": 0}, ("strategies", "armed", "budget_share")),
        ({"mode": "maybe"}, ("strategies", "armed", "mode")),
        ({"strikes": 3}, ("strategies", "armed", "strikes")),
    ],
)
def test_a_fault_of_a_block_is_named_by_its_place(block: dict[str, object], place: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        armed_settings(armed=block)
    assert [error["loc"] for error in caught.value.errors()] == [place]


def test_faults_of_all_blocks_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        armed_settings(armed={"mode": "maybe"}, rival={"budget_share": 2})
    assert [error["loc"][1] for error in caught.value.errors()] == ["armed", "rival"]


def test_a_strategy_that_nobody_knows_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="there is no strategy 'nobody'"):
        armed_settings(nobody={})


def test_an_empty_block_is_one_of_defaults() -> None:
    settings = EngineSettings.model_validate({"strategies": {"zero_dte": None}})
    assert settings == EngineSettings()


def test_limits_of_ages_leave_time_for_the_way_in_a_faster_market() -> None:
    limits = FeedLimits(quote_max_age_ms=3_000, transport_allowance_ms=250)
    ages = [limits.market_limit_ns(limits.quote_max_age_ms, scale) for scale in (0.5, 1.0, 60.0)]
    assert ages == [3_250_000_000, 3_250_000_000, 18_000_000_000]


@pytest.mark.parametrize(
    "block",
    [
        {"risk": {"cooldown_s": float("inf")}},
        {"execution": {"physical_cutoff_s": float("inf")}},
        {"feeds": {"quote_max_age_ms": float("inf")}},
        {"strategies": {"zero_dte": {"max_hold_s": float("inf")}}},
        {"strategies": {"zero_dte": {"take_profit_fraction": float("nan")}}},
    ],
)
def test_a_number_is_finite(block: dict[str, Any]) -> None:
    """What is endless could not be read back from a recording, and a limit of that kind is none."""
    with pytest.raises(ValidationError, match="finite number"):
        EngineSettings.model_validate(block)
