"""How orders are worked."""

from pydantic import Field

from alphatrader.settings import Settings


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
    physical_cutoff_s: float = Field(1_200, ge=300)
    """So long before the close of its expiry day a physically settled contract is closed, where its plan is silent."""
    expiry_lead_s: float = Field(300, ge=60)
    """So long before its last trade a contract is closed whose plan says ``close``."""
