"""The page on strategies: its configuration is valid, its example trades, the names that it uses exist."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from alphatrader import calendar
from alphatrader.engine.settings import EngineSettings
from alphatrader.signals.features import FEATURES
from alphatrader.strategies.base import WatchView
from alphatrader.strategies.registry import build_strategy

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = DOCS / "examples" / "strategies"
PAGE = (DOCS / "strategies.md").read_text()
SESSION = calendar.session_for("2026-11-25")


def test_the_configuration_of_the_page_is_valid() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    values = {**yaml.safe_load(block)["engine"], "strategies_dir": EXAMPLES}
    settings = EngineSettings.model_validate(values)
    assert settings.symbols_of("zero_dte") == ("SPY",)
    assert settings.strategies["overnight_call"].mode == "shadow"


def test_features_that_the_page_names_exist() -> None:
    assert set(re.findall(r'features\.value\("(\w+)"\)', PAGE)) <= FEATURES.keys()


@pytest.mark.parametrize(("above_vwap", "code"), [(0.001, "ok"), (-0.001, "score_low"), (None, "no_data")])
def test_the_example_holds_a_call_until_the_next_session(above_vwap: float | None, code: str) -> None:
    settings = EngineSettings.model_validate({"strategies_dir": EXAMPLES, "strategies": {"overnight_call": {}}})
    strategy = build_strategy("overnight_call", settings.strategies["overnight_call"], EXAMPLES)
    (plan,) = strategy.watch(WatchView("SPY", SESSION.date, 650.0, ("20261125", "20261127", "20261130")))
    assert plan.expiry == "20261127", "the first after today; Thanksgiving lies between"
    features = SimpleNamespace(
        symbol="SPY",
        now_ns=SESSION.close_ns - 1_800 * 10**9,
        session_date=SESSION.date,
        session_close_ns=SESSION.close_ns,
        value={"distance_to_vwap": above_vwap}.get,
    )
    assessment = strategy.assess(features)  # type: ignore[arg-type]
    assert assessment.code == code
    if assessment.idea is not None:
        assert assessment.idea.fault("overnight_call", "SPY") is None
        latest = assessment.idea.exit_plan.latest
        assert latest is not None
        assert (latest.kind, latest.date) == ("overnight_until", "2026-11-27")
