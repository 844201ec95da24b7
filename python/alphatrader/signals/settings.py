"""Guardrails and de-duplication of signals."""

from decimal import Decimal

from pydantic import Field

from alphatrader.settings import Fraction, Settings


class SignalSettings(Settings):
    """Guardrails and de-duplication of signals."""

    dedupe_window_s: float = Field(300, gt=0)
    valid_for_s: float = Field(10, gt=0)
    claim_timeout_ms: float = Field(1_000, gt=0)
    max_spread_fraction: Fraction = 0.10
    max_spread_usd: Decimal = Field(Decimal("0.15"), gt=0)
    min_option_price: Decimal = Field(Decimal("0.20"), gt=0)
    min_quote_size: int = Field(5, ge=1)
    approval_valid_s: float = Field(120, gt=0)
    """So many market seconds a signal of a strategy in the mode ``approve`` waits for a person."""
    approval_max_drift_fraction: Fraction = 0.15
    """An approved signal is refused if its ask has moved by more than this since it was proposed."""
