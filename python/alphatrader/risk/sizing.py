"""How many contracts: floor(risk budget / (loss at the stop + fees)), capped by premium, contracts and funds."""

from dataclasses import dataclass
from decimal import Decimal

from alphatrader.risk.settings import RiskLimits


@dataclass(frozen=True, slots=True)
class Size:
    """Contracts and what they risk, in dollars."""

    quantity: int
    risk_usd: Decimal
    premium_usd: Decimal
    bound_by: str


def size_long_option(
    entry: Decimal,
    stop: Decimal,
    multiplier: int,
    available_usd: Decimal,
    limits: RiskLimits,
    budget_share: float = 1.0,
) -> Size:
    """Size a long option. Prices per share; ``available_usd`` is the account's available funds.

    ``budget_share``: the part of risk budget and premium cap that the strategy may use.
    """
    share = Decimal(repr(budget_share))
    loss = (entry - stop) * multiplier + limits.min_fees_per_contract_usd
    premium = entry * multiplier
    caps = {
        "risk budget": int(limits.risk_budget_usd * share / loss) if loss > 0 else 0,
        "premium cap": int(limits.max_premium_usd * share / premium) if premium > 0 else 0,
        "available funds": int(available_usd / premium) if premium > 0 else 0,
        "contract cap": limits.max_contracts,
    }
    bound_by = min(caps, key=lambda name: caps[name])
    quantity = max(0, caps[bound_by])
    return Size(quantity, loss * quantity, premium * quantity, bound_by)
