"""What the engine knows of the world: run, instruments, market, services. Changed only by events."""

from dataclasses import dataclass, field

from alphatrader import _core
from alphatrader.analytics.exposures import ExposureState
from alphatrader.calendar import am_settled
from alphatrader.domain.contracts import Instrument
from alphatrader.domain.events import OptionUniverse, RunStarted
from alphatrader.domain.state import TradingState
from alphatrader.engine.settings import EngineSettings

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
    """One underlying: instrument, option universe by trading class, chain, news, indicators."""

    symbol: str
    instrument: Instrument | None = None
    universes: dict[str, OptionUniverse] = field(default_factory=dict)
    exposure: ExposureState | None = None
    pending_chain: tuple[int, str, bytes] | None = None
    chain_error: str = ""
    sentiment: tuple[int, float, int] | None = None
    technicals: dict[str, tuple[int, dict[str, float]]] = field(default_factory=dict)

    @property
    def expiries(self) -> tuple[str, ...]:
        """Every listed expiry of any class, ascending."""
        return tuple(sorted({expiry for universe in self.universes.values() for expiry in universe.expiries}))

    def universe_of(self, expiry: str) -> OptionUniverse | None:
        """Return the universe of the class that is traded for an expiry, None where none lists it.

        Of several (a third Friday lists SPX and SPXW) the PM-settled one: the other has stopped trading.
        """
        listing = [u for _, u in sorted(self.universes.items()) if expiry in u.expiries]
        return next((u for u in listing if not am_settled(u.trading_class)), listing[0] if listing else None)


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

    def start(self, run: RunStarted) -> None:
        """Take what is known of the run from its first event."""
        self.run = run

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
