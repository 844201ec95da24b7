"""The strategies that the engine runs, made from settings."""

from alphatrader.settings import EngineSettings
from alphatrader.strategies.base import Strategy
from alphatrader.strategies.zero_dte import ZeroDte


def build_strategies(settings: EngineSettings) -> list[Strategy]:
    """Return the enabled strategies, in a fixed order."""
    strategies: list[Strategy] = []
    if settings.zero_dte.enabled:
        strategies.append(ZeroDte(settings.zero_dte))
    return strategies
