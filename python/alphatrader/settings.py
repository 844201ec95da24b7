"""Settings of the engine: strategies, signals, risk, execution. Frozen, complete, unknown keys refused.

They are recorded with every run, so a replay decides by the settings of its day. Durations of the market are in
seconds of market time; ages of data are in wall milliseconds (see :meth:`FeedLimits.market_limit_ns`).
"""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(gt=0, lt=1)]


class Settings(BaseModel):
    """Base of all settings models."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


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


class MarketStateSettings(Settings):
    """Parameters of the per-symbol market state."""

    vpin_bucket_volume: int = Field(10_000, ge=50)
    """Shares a bucket; ADV/50 is the usual choice for a whole-day window."""
    vpin_window: int = Field(50, ge=2)


class ToxicityWeights(Settings):
    """Weights of the toxicity score: VPIN, trade patterns, volatility of the book imbalance."""

    vpin: float = Field(0.70, ge=0)
    patterns: float = Field(0.25, ge=0)
    imbalance_volatility: float = Field(0.05, ge=0)


class ZeroDteSettings(Settings):
    """The 0DTE strategy: follow one-sided flow with one single-leg option that expires today."""

    enabled: bool = True
    min_score: Fraction = 0.45
    flow_weight: float = Field(0.35, ge=0)
    volume_weight: float = Field(0.25, ge=0)
    momentum_weight: float = Field(0.30, ge=0)
    book_weight: float = Field(0.10, ge=0)
    momentum_scale_sigmas: float = Field(1.0, gt=0)
    """A 60-s return of so many standard deviations counts as full momentum."""
    quiet_vpin_damping: float = Field(0.90, gt=0, le=1)
    """Score multiplier at the lowest VPIN of the day so far; it rises to 1 at the highest."""
    long_gamma_damping: Fraction = 0.85
    """Score multiplier where dealers are long gamma (they lean against moves)."""
    target_delta: Fraction = 0.45
    max_strikes_from_spot: int = Field(6, ge=1, le=20)
    no_entry_first_s: float = Field(900, ge=0)
    no_entry_last_s: float = Field(2_700, ge=0)
    max_hold_s: float = Field(180, gt=0)
    stop_loss_fraction: Fraction = 0.25
    take_profit_fraction: float = Field(0.40, gt=0)


class SignalSettings(Settings):
    """Guardrails and de-duplication of signals."""

    dedupe_window_s: float = Field(300, gt=0)
    valid_for_s: float = Field(10, gt=0)
    claim_timeout_ms: float = Field(1_000, gt=0)
    max_spread_fraction: Fraction = 0.10
    max_spread_usd: Decimal = Field(Decimal("0.15"), gt=0)
    min_option_price: Decimal = Field(Decimal("0.20"), gt=0)
    min_quote_size: int = Field(5, ge=1)


class RiskLimits(Settings):
    """Hard limits of the gate. Money in dollars."""

    risk_budget_usd: Decimal = Field(Decimal(250), gt=0)
    """What one trade may lose if its stop fills at its price, fees included."""
    max_premium_usd: Decimal = Field(Decimal(2_500), gt=0)
    max_contracts: int = Field(10, ge=1)
    max_open_positions: int = Field(2, ge=1)
    max_daily_loss_usd: Decimal = Field(Decimal(1_000), gt=0)
    max_orders_per_minute: int = Field(12, ge=3)
    max_orders_per_day: int = Field(300, ge=3)
    max_consecutive_losses: int = Field(6, ge=1)
    cooldown_s: float = Field(60, ge=0)
    """After a position in an underlying was closed."""
    min_fees_per_contract_usd: Decimal = Field(Decimal("1.40"), ge=0)
    """Fees of a round trip used in sizing; the booked fees are those the broker reports."""


class ExecutionSettings(Settings):
    """How orders are worked. Times in market seconds unless they end in ``_ms`` (wall)."""

    entry_slippage_ticks: int = Field(1, ge=0)
    entry_deadline_s: float = Field(20, gt=0)
    send_deadline_s: float = Field(10, gt=0)
    acknowledge_timeout_ms: float = Field(5_000, gt=0)
    absent_poll_spacing_ms: float = Field(10_000, gt=0)
    reconcile_every_ms: float = Field(30_000, gt=0)
    """While a trade is open, the broker is asked for everything at least this often."""
    exit_reprice_s: float = Field(3, gt=0)
    exit_slippage_ticks: int = Field(2, ge=0)
    stop_check_ms: float = Field(2_000, gt=0)
    """A position without a working stop for longer than this is flattened."""


class DecisionSettings(Settings):
    """Cadence of decisions."""

    min_spacing_ms: float = Field(100, gt=0)
    """Market time between two decisions that data trigger."""
    min_spacing_wall_ms: float = Field(5, gt=0)
    max_idle_ms: float = Field(250, gt=0)
    """Wall time after which a decision is made although no data came."""
    warmup_spacing_s: float = Field(1, gt=0)


class EngineSettings(Settings):
    """Everything by which the engine decides."""

    symbols: tuple[str, ...] = ("SPY",)
    feeds: FeedLimits = FeedLimits()
    market: MarketStateSettings = MarketStateSettings()
    toxicity: ToxicityWeights = ToxicityWeights()
    zero_dte: ZeroDteSettings = ZeroDteSettings()
    signals: SignalSettings = SignalSettings()
    risk: RiskLimits = RiskLimits()
    execution: ExecutionSettings = ExecutionSettings()
    decisions: DecisionSettings = DecisionSettings()
    max_option_lines: int = Field(40, ge=2, le=95)
    """Market data lines spent on options; the broker grants 100 in all."""
