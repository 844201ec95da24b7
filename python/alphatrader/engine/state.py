"""What the engine knows of the world: run, instruments, market, services. Changed only by events."""

from dataclasses import dataclass, field
from decimal import Decimal

from alphatrader import _core
from alphatrader.analytics.exposures import ExposureState
from alphatrader.domain.contracts import Instrument, OptionKey
from alphatrader.domain.events import RunStarted
from alphatrader.domain.state import TradingState
from alphatrader.settings import EngineSettings

_NOT_STARTED = RunStarted(
    ts_ns=0,
    run_id="",
    mode="",
    seed=0,
    time_scale=1.0,
    settings="{}",
    build="",
    session_date="",
    session_open_ns=0,
    session_close_ns=0,
)


@dataclass(slots=True)
class Link:
    """The broker link and what it still lacks before orders may be sent."""

    healthy: bool = False
    orders_possible: bool = False
    text: str = "not connected yet"
    reconciled: bool = False
    reconcile_text: str = "not reconciled yet"
    healthy_ns: int = 0
    polled_ns: int = 0
    """When the last poll, complete or not, was answered."""


@dataclass(slots=True)
class Services:
    """Things besides the broker without which no entry is made."""

    store_up: bool = False
    store_text: str = "not connected yet"
    journal_up: bool = True
    journal_text: str = ""
    recorder_up: bool = True
    recorder_text: str = ""
    lag_until_ns: int = 0
    lag_ms: float = 0.0


@dataclass(slots=True)
class SymbolState:
    """One underlying: instrument, universe, chain, news, indicators."""

    symbol: str
    instrument: Instrument | None = None
    listed_expiries: tuple[str, ...] = ()
    listed_strikes: tuple[Decimal, ...] = ()
    trading_class: str = ""
    watched: tuple[OptionKey, ...] = ()
    watch_centre: float = 0.0
    exposure: ExposureState | None = None
    pending_chain: tuple[int, str, bytes] | None = None
    chain_error: str = ""
    sentiment: tuple[int, float, int] | None = None
    technicals: dict[str, tuple[int, dict[str, float]]] = field(default_factory=dict)


class EngineState:
    """The shared state of the engine's parts; each field is written by the part that its comment names."""

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self.run = _NOT_STARTED
        self.now_ns = 0
        self.warming_up = True
        self.stopping = ""
        self.trading_state = TradingState.ACTIVE
        self.state_reason = ""
        self.market = _core.Market()
        self.instruments: dict[int, Instrument] = {}
        self.by_con_id: dict[int, Instrument] = {}
        self.symbols: dict[str, SymbolState] = {s: SymbolState(s) for s in settings.symbols}
        self.link = Link()
        self.services = Services()
        self.account: dict[str, float] = {}
        self.account_ts_ns = 0
        self.outputs: list[bytes] = []
        """Canonical JSON of every signal and order intent, in order, until drained: what a replay must reproduce."""

    @property
    def time_scale(self) -> float:
        """Market seconds a wall second, at least 1."""
        return max(1.0, self.run.time_scale)

    @property
    def in_session(self) -> bool:
        """Whether regular trading hours are running."""
        return self.run.session_open_ns <= self.now_ns < self.run.session_close_ns

    def drain_outputs(self) -> list[bytes]:
        """Return the outputs since the last call."""
        drained, self.outputs = self.outputs, []
        return drained

    def add_instrument(self, instrument: Instrument) -> None:
        """Register an instrument with the market state; repeating is harmless."""
        self.instruments[instrument.instrument_id] = instrument
        self.by_con_id[instrument.con_id] = instrument
        self.market.add_instrument(
            instrument.instrument_id,
            float(instrument.min_tick),
            vpin_bucket_volume=0 if instrument.option else self.settings.market.vpin_bucket_volume,
            vpin_window=self.settings.market.vpin_window,
        )
        if instrument.option is None and instrument.symbol in self.symbols:
            self.symbols[instrument.symbol].instrument = instrument

    def option_bid(self, instrument: Instrument | None) -> float | None:
        """Bid of an option if its quote is young enough to price an order."""
        if instrument is None:
            return None
        bid, _, _, _, _, quote_ns = self.market.l1(instrument.instrument_id)
        limit_ns = self.settings.feeds.market_limit_ns(self.settings.feeds.option_quote_max_age_ms, self.time_scale)
        if not quote_ns or self.now_ns - quote_ns > 4 * limit_ns or not bid > 0:
            return None
        return bid
