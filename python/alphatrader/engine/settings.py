"""Everything by which the engine decides, composed of what its parts own. Recorded with every run.

Durations of the market are in seconds of market time; ages of data are in wall milliseconds (see
:meth:`FeedLimits.market_limit_ns`).
"""

from pathlib import Path
from typing import Any, Self

from pydantic import Field, SerializeAsAny, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails

from alphatrader.analytics.settings import MarketStateSettings, ToxicityWeights
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.risk.settings import RiskLimits
from alphatrader.settings import Settings
from alphatrader.signals.settings import SignalSettings
from alphatrader.strategies.base import StrategySettings
from alphatrader.strategies.registry import settings_model


class FeedLimits(Settings):
    """How old data may be when a decision uses it."""

    quote_max_age_ms: float = Field(3_000, gt=0)
    trade_max_age_ms: float = Field(10_000, gt=0)
    depth_max_age_ms: float = Field(3_000, gt=0)
    option_quote_max_age_ms: float = Field(2_500, gt=0)
    chain_max_age_s: float = Field(60, gt=0)
    transport_allowance_ms: float = Field(250, ge=0)
    """Wall time that a message may spend on its way; in scaled time it is that many times longer."""
    resubscribe_every_ms: float = Field(5_000, gt=0)
    loop_lag_max_ms: float = Field(100, gt=0)
    loop_lag_hold_s: float = Field(2, gt=0)

    def market_limit_ns(self, limit_ms: float, time_scale: float) -> int:
        """Return a limit in market nanoseconds: the limit itself plus the allowance for transport."""
        return int((limit_ms + self.transport_allowance_ms * max(1.0, time_scale)) * 1e6)


class DecisionSettings(Settings):
    """Cadence of decisions."""

    min_spacing_ms: float = Field(100, gt=0)
    """Market time between two decisions that data trigger."""
    min_spacing_wall_ms: float = Field(5, gt=0)
    max_idle_ms: float = Field(250, gt=0)
    """Wall time after which a decision is made although no data came."""
    warmup_spacing_s: float = Field(1, gt=0)


class EngineSettings(Settings):
    """Everything by which the engine decides.

    ``strategies``: a block for each strategy that is to run, by its name; each block is of the model that the
    strategy's own file defines. ``strategies_dir``: a folder with strategies of the user's own, one file each.
    """

    symbols: tuple[str, ...] = Field(("SPY",), min_length=1)
    feeds: FeedLimits = FeedLimits()
    market: MarketStateSettings = MarketStateSettings()
    toxicity: ToxicityWeights = ToxicityWeights()
    strategies_dir: Path | None = None
    strategies: dict[str, SerializeAsAny[StrategySettings]] = Field(
        default_factory=lambda: {"zero_dte": settings_model("zero_dte")()}
    )
    signals: SignalSettings = SignalSettings()
    risk: RiskLimits = RiskLimits()
    execution: ExecutionSettings = ExecutionSettings()
    decisions: DecisionSettings = DecisionSettings()
    max_option_lines: int = Field(40, ge=2, le=95)
    """Market data lines spent on options, held ones included; the broker grants 100 in all."""

    @field_validator("strategies", mode="before")
    @classmethod
    def _by_their_own_models(cls, blocks: Any, info: Any) -> Any:
        """Read each block by the settings model of the strategy that it names."""
        if not isinstance(blocks, dict):
            return blocks
        folder = info.data.get("strategies_dir")
        read: dict[str, StrategySettings] = {}
        faults: list[InitErrorDetails] = []
        for name, block in blocks.items():
            try:
                known = isinstance(block, StrategySettings)
                read[name] = block if known else settings_model(str(name), folder).model_validate(block or {})
            except ValidationError as error:
                faults += [_placed(fault, str(name)) for fault in error.errors()]
        if faults:
            raise ValidationError.from_exception_data("strategies", faults)
        return read

    @model_validator(mode="after")
    def _strategies_trade_known_symbols(self) -> Self:
        for name, block in self.strategies.items():
            unknown = sorted(set(block.symbols) - set(self.symbols))
            if unknown:
                raise ValueError(
                    f"strategies.{name}.symbols names {', '.join(unknown)}, which engine.symbols does not: "
                    "add them there"
                )
        return self

    def symbols_of(self, strategy: str) -> tuple[str, ...]:
        """Return the underlyings of a strategy: those of its block, or all."""
        return self.strategies[strategy].symbols or self.symbols


def _placed(fault: ErrorDetails, name: str) -> InitErrorDetails:
    """Return a fault of a strategy's block with its place among the blocks."""
    return {
        "type": fault["type"],
        "loc": (name, *fault["loc"]),
        "input": fault["input"],
        "ctx": fault.get("ctx", {}),
    }
