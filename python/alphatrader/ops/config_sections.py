"""The sections of the configuration: each of the model that its package owns; here are those of no other package.

Each key's meaning stands beside it in its model and in ``config/config.yaml``.
"""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from alphatrader.adapters.alphavantage.settings import AlphaVantageSettings
from alphatrader.adapters.ibkr.settings import Endpoint, GatewaySettings, Mode
from alphatrader.dashboard.settings import DashboardSettings
from alphatrader.engine.settings import EngineSettings
from alphatrader.ops.logs import LoggingSettings
from alphatrader.ops.trader_settings import TraderSettings
from alphatrader.settings import Settings
from alphatrader.sim.section import SimulatorSettings

__all__ = ["AppConfig", "Mode"]


class RedisSettings(Settings):
    """Redis, the projection and bus. Without a URL a private one is started."""

    url: SecretStr = SecretStr("")
    max_connections: int = Field(100, ge=2)

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must start with redis://, rediss:// or unix://")
        return url


class PathSettings(Settings):
    """Where state lives."""

    state_dir: Path = Path("var")


class LiveSettings(Settings):
    """What ``run --mode live`` demands beside the typed confirmation."""

    account: str = ""
    """The account that may be traded; it must be the one that the gateway reports."""
    required_paper_sessions: int = Field(5, ge=0)


class AppConfig(Settings):
    """The whole configuration. Frozen; unknown keys are refused."""

    mode: Mode = "paper"
    gateway: GatewaySettings = GatewaySettings()
    simulator: SimulatorSettings = SimulatorSettings()
    alphavantage: AlphaVantageSettings = AlphaVantageSettings()
    redis: RedisSettings = RedisSettings()
    dashboard: DashboardSettings = DashboardSettings()
    logging: LoggingSettings = LoggingSettings()
    paths: PathSettings = PathSettings()
    live: LiveSettings = LiveSettings()
    trader: TraderSettings = TraderSettings()
    engine: EngineSettings = EngineSettings()

    @model_validator(mode="after")
    def _live_is_whole(self) -> Self:
        if self.mode == "live" and self.gateway.kind == "simulated":
            raise ValueError("mode is live but gateway.kind is simulated: set gateway.kind to ibkr, or mode to paper")
        if self.mode == "live" and not self.live.account:
            raise ValueError("mode is live but live.account is empty: name the account that may be traded")
        return self

    @property
    def account(self) -> str:
        """The account that the mode may trade; empty = the only one of the login."""
        return self.live.account if self.mode == "live" else self.gateway.account

    def endpoint(self) -> Endpoint:
        """Return where the broker's gateway of the mode is, and who the trader is to it."""
        gateway = self.gateway
        return Endpoint(
            host=gateway.host,
            port=gateway.port(self.mode),
            client_id=gateway.client_ids.trader,
            account=self.account,
        )
