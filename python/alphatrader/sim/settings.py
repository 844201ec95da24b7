"""Settings of the simulator process."""

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.alphavantage.plan import PLANS, PlanName
from alphatrader.sim.behaviours import Value
from alphatrader.sim.exchange.settings import ExchangeSettings, Latency
from alphatrader.sim.login import ALL_FEEDS, Feed, Login
from alphatrader.sim.market.scheduled import ScheduledEvent
from alphatrader.sim.market.spec import SCENARIOS
from alphatrader.sim.section import Scenario, SimulatorSettings, Speed


class SimSettings(SimulatorSettings):
    """What ``alphatrader sim`` needs: what a configuration may state, and what belongs to one simulator.

    Each field is an option of its command line, its description the help. Alone it keeps real time and does no harm.

    Ports: 0 = any free one; ``state_dir/sim.json`` tells which. ``session_date`` None = the market's choice (the latest
    full session), and at a restart the one before. ``scenario`` is a file of scripted faults, ``market_scenario`` the
    temper of the market.
    """

    speed: Speed = 1.0
    scenario: Scenario = "none"
    state_dir: Path = Field(description="where the exchange keeps its state")
    fresh: bool = Field(False, description="forget the exchange's state of earlier runs")
    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    alphavantage_plan: PlanName = Field("unlimited", description=f"what Alpha Vantage keys may do: {', '.join(PLANS)}")
    session_date: str | None = Field(
        None, pattern=r"^\d{4}-\d{2}-\d{2}$", description="YYYY-MM-DD; by default the latest full session"
    )
    symbols: tuple[str, ...] = Field(("SPY",), description="underlyings, separated by commas")
    tape: Path | None = Field(None, description="drive the market with this recorded day, a file or a folder")
    tape_quotes: Path | None = Field(None, description="the recorded day's quotes, where they have a file of their own")
    market_scenario: str = Field("regular", description=f"temper of the market: {', '.join(SCENARIOS)}")
    events: tuple[str, ...] = Field(
        (), description="events that options price in, as FOMC@2026-12-09T14:00=1.0 (sessions of variance), by commas"
    )
    start_at: str | None = Field(
        None, pattern=r"^\d{2}:\d{2}(:\d{2})?$", description="start at this New York time instead, 04:00 to 20:00"
    )
    days: Literal["roll", "one"] = Field("roll", description="go on with the next session after the day, or end")
    starting_cash_usd: Decimal = Field(Decimal(100_000), gt=0, description="cash of a new account")
    account_type: Literal["margin", "cash"] = Field("margin", description="cash accounts are long only")
    order_latency_ms: float = Field(0, ge=0, le=60_000, description="market time until an order reaches the market")
    cancel_latency_ms: float = Field(0, ge=0, le=60_000, description="market time until a cancel takes effect")
    report_latency_ms: float = Field(0, ge=0, le=60_000, description="market time until a fill is heard of")
    latency_sigma: float = Field(0, ge=0, le=3, description="lognormal spread of the latencies; 0 = none")
    rejection_rates: dict[int, float] = Field(
        default_factory=dict, description="share of new orders refused with a code, as 201=0.05"
    )
    liquidate: bool = Field(False, description="let the broker close positions that lack maintenance margin")
    market_data: tuple[Feed, ...] = Field(
        ALL_FEEDS, description=f"feeds that the simulated user subscribes to, of {', '.join(ALL_FEEDS)}"
    )
    read_only_api: bool = Field(False, description="refuse orders, as a gateway with a read-only API")
    master_client_id: int | None = Field(None, ge=0, description="client that hears of the orders of all clients")
    conflation_ms: int = Field(
        50, ge=0, le=5_000, description="wall time between two updates of an L1 line; real gateways take about 250"
    )
    behaviours: dict[str, Value] = Field(
        default_factory=dict, description="choose among what real gateways may do (docs/simulator-behaviours.md)"
    )

    @field_validator("symbols")
    @classmethod
    def _some_symbols(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        if not symbols or any(not symbol.isascii() or not symbol.isupper() for symbol in symbols):
            raise ValueError("symbols are upper-case ASCII, at least one")
        return symbols

    @field_validator("events")
    @classmethod
    def _events(cls, events: tuple[str, ...]) -> tuple[str, ...]:
        for text in events:
            try:
                ScheduledEvent.parse(text)
            except ConfigError as error:
                raise ValueError(str(error)) from error
        return events

    @field_validator("rejection_rates")
    @classmethod
    def _shares(cls, rates: dict[int, float]) -> dict[int, float]:
        if any(rate < 0 for rate in rates.values()) or sum(rates.values()) > 1:
            raise ValueError("rejection_rates are shares of the new orders: none below 0, together at most 1")
        return rates

    def exchange(self) -> ExchangeSettings:
        """Return what of this concerns the exchange."""
        return ExchangeSettings(
            account_type=self.account_type,
            seed=self.seed,
            acknowledgement=Latency(self.order_latency_ms, self.latency_sigma),
            cancellation=Latency(self.cancel_latency_ms, self.latency_sigma),
            report=Latency(self.report_latency_ms, self.latency_sigma),
            rejection_rates=tuple(sorted(self.rejection_rates.items())),
            liquidate=self.liquidate,
        )

    def login(self) -> Login:
        """Return what the simulated login may do."""
        return Login(frozenset(self.market_data), self.read_only_api, self.conflation_ms / 1000, self.master_client_id)
