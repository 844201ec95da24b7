"""Settings of the simulator process."""

from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from alphatrader.sim.behaviours import Value
from alphatrader.sim.login import ALL_FEEDS, Feed, Login


class SimSettings(BaseModel):
    """What ``alphatrader sim`` needs. Ports: 0 = any free one; ``state_dir/sim.json`` tells which.

    ``session_date`` None = the market's choice (the latest full session), and at a restart the one before. ``scenario``
    is a file of scripted faults; ``market_scenario`` the temper of the market. ``behaviours`` chooses among what real
    gateways may do (:mod:`alphatrader.sim.behaviours`). ``market_data`` are the feeds to which the simulated user
    subscribes, ``read_only_api`` the gateway's setting of that name. An L1 line is updated at most every
    ``conflation_ms`` of wall time; a real gateway takes about 250.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    state_dir: Path
    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(0, ge=0, le=65_535)
    control_port: int = Field(0, ge=0, le=65_535)
    alphavantage_port: int = Field(0, ge=0, le=65_535)
    seed: int = Field(7, ge=0)
    speed: float = Field(1.0, gt=0, le=1_000)
    session_date: str | None = Field(None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    symbols: tuple[str, ...] = ("SPY",)
    tape: Path | None = None
    scenario: Path | None = None
    market_scenario: str = "regular"
    start_fraction: float = Field(0.5, ge=0, lt=1)
    starting_cash_usd: Decimal = Field(Decimal(100_000), gt=0)
    market_data: tuple[Feed, ...] = ALL_FEEDS
    read_only_api: bool = False
    conflation_ms: int = Field(50, ge=0, le=5_000)
    behaviours: dict[str, Value] = Field(default_factory=dict)

    @field_validator("symbols")
    @classmethod
    def _some_symbols(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        if not symbols or any(not symbol.isascii() or not symbol.isupper() for symbol in symbols):
            raise ValueError("symbols are upper-case ASCII, at least one")
        return symbols

    def login(self) -> Login:
        """Return what the simulated login may do."""
        return Login(frozenset(self.market_data), self.read_only_api, self.conflation_ms / 1000)
