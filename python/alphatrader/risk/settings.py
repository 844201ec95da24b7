"""Limits of the risk gate."""

from decimal import Decimal

from pydantic import Field

from alphatrader.settings import Settings


class RiskLimits(Settings):
    """Hard limits of the gate. Money in dollars."""

    risk_budget_usd: Decimal = Field(Decimal(250), gt=0)
    """What one trade may lose if its stop fills at its price, fees included; a strategy may use its share of it."""
    max_premium_usd: Decimal = Field(Decimal(2_500), gt=0)
    """Of one trade; a strategy may use its share of it."""
    max_contracts: int = Field(10, ge=1)
    max_open_positions: int = Field(2, ge=1)
    """Unfinished trades of all strategies together."""
    max_daily_loss_usd: Decimal = Field(Decimal(1_000), gt=0)
    """Realised and open, fees included, of the New York trading day."""
    max_orders_per_minute: int = Field(12, ge=3)
    max_orders_per_day: int = Field(300, ge=3)
    max_consecutive_losses: int = Field(6, ge=1)
    cooldown_s: float = Field(60, ge=0)
    """After a strategy's trade in an underlying was closed."""
    min_fees_per_contract_usd: Decimal = Field(Decimal("1.40"), ge=0)
    """Fees of a round trip used in sizing; the booked fees are those the broker reports."""
