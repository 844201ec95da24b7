"""Settings of the link to Interactive Brokers. Frozen; unknown keys are refused. Durations are wall time."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class IbkrSettings(BaseModel):
    """Where the gateway is, who we are to it, and how hard we may lean on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(4002, ge=1, le=65_535)
    """4002 / 4001: IB Gateway paper / live; 7497 / 7496: TWS paper / live."""
    client_id: int = Field(17, ge=0, le=2_147_483_647)
    """One per connection to a gateway; orders belong to the client id that placed them."""
    account: str = ""
    """Empty: the login's only account. Required where a login serves several."""
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

    messages_per_second: int = Field(40, ge=5, le=50)
    """Over all kinds of messages; the gateway's own limit is 50, after which it disconnects."""
    cancel_reserve: int = Field(10, ge=1)
    """Tokens of ``messages_per_second`` that only cancels may take."""

    market_data_type: Literal[1, 2, 3, 4] = 1
    """1 live, 2 frozen, 3 delayed, 4 delayed-frozen. Delayed ticks are dropped unless 3 or 4 was asked for."""
    max_lines: int = Field(100, ge=1)
    """Market data lines that the login has."""
    depth_rows: int = Field(10, ge=1, le=60)
    depth_smart: bool = True
    tick_by_tick: bool = True
    """Prints by tick-by-tick (with venue and conditions); else, or where refused, by generic tick 233."""
    depth: bool = True
    primary_exchanges: dict[str, str] = {"SPY": "ARCA", "QQQ": "NASDAQ", "IWM": "ARCA"}
    """Tells apart stocks of one symbol."""
    indices: dict[str, str] = {"SPX": "CBOE", "NDX": "NASDAQ", "RUT": "RUSSELL", "VIX": "CBOE"}
    """Underlyings that are an index, with their exchange."""

    @model_validator(mode="after")
    def _check_reserve(self) -> "IbkrSettings":
        # A bracket takes three tokens at once and must always fit beside the reserve.
        if self.messages_per_second - self.cancel_reserve < 4:
            raise ValueError(
                f"cancel_reserve {self.cancel_reserve} leaves fewer than 4 of messages_per_second "
                f"{self.messages_per_second} for orders; lower cancel_reserve."
            )
        return self

    @property
    def accepts_delayed(self) -> bool:
        """Whether the operator asked for delayed data."""
        return self.market_data_type in (3, 4)
