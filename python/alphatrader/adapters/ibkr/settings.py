"""Settings of the link to Interactive Brokers: the configuration's section ``gateway``. Durations are wall time."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from alphatrader.adapters.ibkr.limiter import FAMILY_TOKENS
from alphatrader.settings import Settings

Mode = Literal["paper", "live"]
Port = Annotated[int, Field(ge=1, le=65_535)]
ClientId = Annotated[int, Field(ge=1, le=2_147_483_647)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the gateway of one run listens, and who we are to it. Found at the start of the run."""

    port: int
    host: str = "127.0.0.1"
    client_id: int = 1
    """One a connection to a gateway; orders belong to the client id that placed them."""
    account: str = ""
    """Empty: the login's only account. Required where a login serves several."""
    simulated: bool = False
    """It is ours, and its supervisor starts it again: nobody is told to start TWS."""


class IbkrSettings(Settings):
    """How the link is used, and how hard we may lean on it."""

    library: Literal["ib_insync", "ib_async"] = "ib_insync"
    decoder: Literal["rust", "library"] = "rust"
    """Who decodes market data: the Rust core, a chunk at a time, or the library, message by message. The events are
    the same. Everything else is decoded by the library in either case."""

    connect_timeout_s: float = Field(10, gt=0)
    reconnect_initial_s: float = Field(0.5, gt=0)
    reconnect_max_s: float = Field(30, gt=0)
    heartbeat_s: float = Field(10, gt=0)
    """A link that is silent for two heartbeats is taken for dead, whatever TCP says."""
    request_timeout_s: float = Field(15, gt=0)
    snapshot_timeout_s: float = Field(4, gt=0)
    send_timeout_s: float = Field(5, gt=0)
    """How long the bytes of an order may stay in our own buffer before the order counts as uncertain."""
    quiet_executions_ok: bool = True
    """Gateways often never end the execution poll of an account without executions. If true, two silent polls with
    not one execution seen count as complete; positions remain the independent check."""

    messages_per_second: int = Field(40, ge=10, le=50)
    """Over all kinds of messages; the gateway's own limit is 50, after which it disconnects."""
    cancel_reserve: int = Field(10, ge=1)
    """Tokens of ``messages_per_second`` that only cancels may take."""

    market_data_type: Literal[1, 2, 3, 4] = 1
    """1 live, 2 frozen, 3 delayed, 4 delayed-frozen. Delayed ticks are dropped unless 3 or 4 was asked for."""
    max_lines: int = Field(100, ge=1)
    """Market data lines that the login has."""
    depth: bool = True
    depth_rows: int = Field(10, ge=1, le=60)
    depth_smart: bool = True
    tick_by_tick: bool = True
    """Prints by tick-by-tick (with venue and conditions); else, or where refused, by generic tick 233."""
    primary_exchanges: dict[str, str] = {"SPY": "ARCA", "QQQ": "NASDAQ", "IWM": "ARCA"}  # noqa: RUF012 - pydantic copies it
    """Tells apart stocks of one symbol."""
    indices: dict[str, str] = {"SPX": "CBOE", "NDX": "NASDAQ", "RUT": "RUSSELL", "VIX": "CBOE"}  # noqa: RUF012
    """Underlyings that are an index, with their exchange."""

    @model_validator(mode="after")
    def _check_reserve(self) -> Self:
        # A family takes all its tokens at once and must always fit beside the reserve.
        if self.messages_per_second - self.cancel_reserve < FAMILY_TOKENS:
            raise ValueError(
                f"cancel_reserve {self.cancel_reserve} leaves fewer than {FAMILY_TOKENS} of messages_per_second "
                f"{self.messages_per_second} for orders: lower cancel_reserve"
            )
        return self

    @property
    def accepts_delayed(self) -> bool:
        """Whether the operator asked for delayed data."""
        return self.market_data_type in (3, 4)


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

    trader: ClientId = 1


class GatewaySettings(Settings):
    """Which gateway, where it listens, and how the link to it is used."""

    kind: Literal["simulated", "ibkr"] = "simulated"
    host: str = Field("127.0.0.1", min_length=1)
    application: Literal["tws", "ib_gateway"] = "tws"
    ports: PortTable = PortTable()
    client_ids: ClientIds = ClientIds()
    account: str = ""
    """The paper account. Empty: the login's only one; with several, it must be named."""
    link: IbkrSettings = IbkrSettings()

    def port(self, mode: Mode) -> int:
        """Return the API port of the mode for the chosen application."""
        ports: GatewayPorts = getattr(self.ports, mode)
        return ports.tws if self.application == "tws" else ports.ib_gateway
