"""The sections of the configuration. Each key's meaning stands beside it here and in ``config/config.yaml``."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from alphatrader.settings import EngineSettings, Settings

Mode = Literal["paper", "live"]
Port = Annotated[int, Field(ge=1, le=65_535)]
FreePort = Annotated[int, Field(ge=0, le=65_535)]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class GatewayPorts(Settings):
    """The API ports of one mode, as TWS and IB Gateway are installed."""

    tws: Port
    ib_gateway: Port


class PortTable(Settings):
    """API ports by mode. No port may serve both: a wrong port must never turn paper into live."""

    paper: GatewayPorts = GatewayPorts(tws=7497, ib_gateway=4002)
    live: GatewayPorts = GatewayPorts(tws=7496, ib_gateway=4001)

    @model_validator(mode="after")
    def _all_differ(self) -> Self:
        ports = [self.paper.tws, self.paper.ib_gateway, self.live.tws, self.live.ib_gateway]
        if len(set(ports)) != len(ports):
            raise ValueError(f"the four ports must differ, were {ports}")
        return self


class ClientIds(Settings):
    """API client ids: one a process. 0 is refused, because it also sees orders entered by hand."""

    trader: int = Field(1, ge=1)
    dashboard: int = Field(2, ge=1)
    kill_switch: int = Field(3, ge=1)

    @model_validator(mode="after")
    def _all_differ(self) -> Self:
        ids = [self.trader, self.dashboard, self.kill_switch]
        if len(set(ids)) != len(ids):
            raise ValueError(f"the client ids must differ, were {ids}")
        return self


class LinkSettings(Settings):
    """What the adapter asks of the broker; each key is one of :class:`alphatrader.adapters.ibkr.IbkrSettings`."""

    messages_per_second: int = Field(40, ge=5, le=50)
    market_data_type: Literal[1, 2, 3, 4] = 1
    max_lines: int = Field(100, ge=1)
    depth: bool = True
    depth_rows: int = Field(10, ge=1, le=60)
    depth_smart: bool = True
    tick_by_tick: bool = True
    primary_exchanges: dict[str, str] = {"SPY": "ARCA", "QQQ": "NASDAQ", "IWM": "ARCA"}  # noqa: RUF012 - pydantic copies it
    indices: dict[str, str] = {"SPX": "CBOE", "NDX": "NASDAQ", "RUT": "RUSSELL", "VIX": "CBOE"}  # noqa: RUF012


class GatewaySettings(Settings):
    """The broker's gateway."""

    kind: Literal["simulated", "ibkr"] = "simulated"
    host: str = Field("127.0.0.1", min_length=1)
    application: Literal["tws", "ib_gateway"] = "tws"
    ports: PortTable = PortTable()
    client_ids: ClientIds = ClientIds()
    account: str = ""
    """Empty = the only account of the login; with several, it must be named."""
    library: Literal["ib_insync", "ib_async"] = "ib_insync"
    decoder: Literal["rust", "library"] = "rust"
    connect_timeout_s: float = Field(10, gt=0)
    link: LinkSettings = LinkSettings()

    def port(self, mode: Mode) -> int:
        """Return the API port of the mode for the chosen application."""
        ports: GatewayPorts = getattr(self.ports, mode)
        return ports.tws if self.application == "tws" else ports.ib_gateway


class SimulatorSettings(Settings):
    """The simulated market and gateway."""

    seed: int = Field(7, ge=0)
    speed: float = Field(10.0, gt=0, le=1_000)
    """Market seconds a wall second: at 10 a whole trade passes within a minute; 1 is real time."""
    start_fraction: float = Field(0.5, ge=0, lt=1)
    """How much of the session has passed when the gateway opens; the trader warms up on it."""
    scenario: str = Field("demo", min_length=1)
    gateway_port: FreePort = 0
    alphavantage_port: FreePort = 0
    control_port: FreePort = 0


class AlphaVantageSettings(Settings):
    """Alpha Vantage: chains, news, indicators. Off without a key, except in simulation."""

    api_key: SecretStr = SecretStr("")
    base_url: str = Field("https://www.alphavantage.co", pattern=r"^https?://[^/\s]+.*$")
    entitlement: Literal["", "realtime", "delayed"] = "realtime"
    requests_per_minute: int = Field(75, ge=1)
    chain_interval_s: float = Field(10, gt=0)
    news_interval_s: float = Field(300, gt=0)
    technicals_interval_s: float = Field(60, gt=0)
    timeout_s: float = Field(10, gt=0)


class RedisSettings(Settings):
    """Redis, the projection and bus. Without a URL a private one is started."""

    url: SecretStr = SecretStr("")
    embedded: bool = True
    max_connections: int = Field(100, ge=2)

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must start with redis://, rediss:// or unix://")
        return url

    @model_validator(mode="after")
    def _some_server(self) -> Self:
        if not self.embedded and not self.url.get_secret_value():
            raise ValueError("url is empty and embedded is false: give one of them")
        return self


class DashboardSettings(Settings):
    """The web page, a process of its own."""

    enabled: bool = True
    host: str = Field("127.0.0.1", min_length=1)
    port: FreePort = 8_000


class LoggingSettings(Settings):
    """Logs: rich on the console, JSON lines in rotating files."""

    level: LogLevel = "INFO"
    libraries_level: LogLevel = "WARNING"
    directory: Path | None = None
    """None = ``logs`` below the run's home."""
    rotate_at_mb: float = Field(20, gt=0)
    keep_files: int = Field(10, ge=1)


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
    engine: EngineSettings = EngineSettings()

    @model_validator(mode="after")
    def _live_is_whole(self) -> Self:
        if self.mode == "live" and self.gateway.kind == "simulated":
            raise ValueError("mode is live but gateway.kind is simulated: set gateway.kind to ibkr, or mode to paper")
        if self.mode == "live" and not self.live.account:
            raise ValueError("mode is live but live.account is empty: name the account that may be traded")
        return self
