"""The state of the system as people and other programs see it: what the projection writes and pages show.

Built by the engine at a bounded rate (a few times a second), never per tick. Every part carries the time of its
content, so that an old number can never look live. Money in dollars as text-safe ``Decimal``; analytics as float.
"""

from decimal import Decimal
from typing import Literal

from msgspec import Struct


class FeedView(Struct, frozen=True):
    """One source of data and how old its newest content is (wall milliseconds; None = nothing yet)."""

    name: str
    state: Literal["live", "stale", "off", "waiting"]
    age_ms: float | None
    limit_ms: float | None
    detail: str


class StrikeView(Struct, frozen=True):
    """Exposure at one strike, in dollars per 1% move."""

    strike: float
    call_gex: float
    put_gex: float
    net_gex: float
    call_oi: float
    put_oi: float
    call_iv: float | None
    put_iv: float | None
    call_volume: float | None = None
    put_volume: float | None = None


class ExposureView(Struct, frozen=True):
    """Dealer exposure of a symbol. Sign convention: +1 call, -1 put (dealers long calls, short puts)."""

    ts_ns: int
    source: str
    open_interest_date: str
    spot: float
    gex_usd_per_pct: float
    gex_usd_per_100pct: float
    dex_usd: float
    dex_dealer_usd: float
    vex_usd_per_vol_point: float
    chex_usd_per_day: float
    call_wall: float | None
    put_wall: float | None
    max_pain: float | None
    zero_gamma_interpolated: float | None
    zero_gamma_flip: float | None
    zero_gamma_flips: tuple[float, ...]
    rows_used: int
    rows_dropped: dict[str, int]
    by_strike: tuple[StrikeView, ...]


class SymbolView(Struct, frozen=True):
    """Market and analytics of one underlying. ``metrics`` holds the numeric fields of ``_core.Snapshot``."""

    symbol: str
    ts_ns: int
    bid: float | None
    ask: float | None
    last: float | None
    metrics: dict[str, float | None]
    bids: tuple[tuple[float, float], ...]
    asks: tuple[tuple[float, float], ...]
    trades: tuple[tuple[int, float, float, int], ...]
    """(ts_ns, price, size, aggressor)."""
    bars: tuple[tuple[int, float, float, float, float, float], ...]
    """One-minute bars: (start_ns, open, high, low, close, volume)."""
    exposure: ExposureView | None
    sentiment: tuple[int, float, int] | None
    """(ts_ns, score, articles)."""
    technicals: dict[str, tuple[int, dict[str, float]]]
    """name -> (ts_ns, values)."""


class PositionView(Struct, frozen=True):
    """An open position. ``stop_resting`` only if the broker confirmed a working stop of the full quantity."""

    label: str
    instrument_id: int
    con_id: int
    quantity: int
    average_price: Decimal
    mark: Decimal | None
    mark_ts_ns: int
    unrealised_usd: Decimal | None
    stop_price: Decimal | None
    target_price: Decimal | None
    stop_resting: bool
    opened_ns: int
    strategy: str = ""


class ForeignPositionView(Struct, frozen=True):
    """A position of the account that no order of ours made: bought by hand, or by another program."""

    label: str
    con_id: int
    quantity: int
    average_price: Decimal | None


class ForeignView(Struct, frozen=True):
    """What of the account is not ours. It enters no other figure of the view."""

    positions: tuple[ForeignPositionView, ...] = ()
    realised_usd: Decimal = Decimal(0)
    fees_usd: Decimal = Decimal(0)


class StrategySymbolView(Struct, frozen=True):
    """What a strategy thinks of one underlying. ``score`` signed: negative = bearish."""

    symbol: str
    score: float
    code: str
    """``ok``, or the code of why there is no idea."""
    blocked: str
    """Code of the last refusal of one of its ideas, empty = none yet."""
    blocked_text: str
    signals: int
    signals_accepted: int
    open_trades: int


class StrategyView(Struct, frozen=True):
    """A strategy's block: how it may act, on what, with which part of the risk budget."""

    name: str
    mode: str
    budget_share: float
    symbols: tuple[StrategySymbolView, ...]


class ProposalView(Struct, frozen=True):
    """A signal that waits for ``alphatrader approve`` with its id."""

    signal_id: str
    strategy: str
    label: str
    expires_ns: int


class SignalView(Struct, frozen=True):
    """A signal, what became of it, and why (``reasons``: name, value, contribution, words)."""

    ts_ns: int
    signal_id: str
    label: str
    direction: str
    score: float
    entry_limit: Decimal
    stop_price: Decimal | None
    target_price: Decimal | None
    accepted: bool
    code: str
    text: str
    reasons: tuple[tuple[str, float, float, str], ...]
    strategy: str = ""
    mode: str = "on"


class NoticeView(Struct, frozen=True):
    """A line of the event feed."""

    ts_ns: int
    level: Literal["info", "good", "warning", "error"]
    topic: str
    text: str
    code: str = ""
    """Stable, ``topic.what``: what programs go by."""


class EngineView(Struct, frozen=True):
    """Everything at one moment."""

    ts_ns: int
    run_id: str
    build: str
    mode: str
    simulated: bool
    market_label: str
    """For example ``SIMULATED MARKET (seed 7)``; empty with a real broker."""
    time_scale: float
    session_date: str
    session_open_ns: int
    session_close_ns: int
    warming_up: bool
    trading_state: str
    state_reason: str
    entries_paused: tuple[str, ...]
    """Reasons why no entry is possible now; empty = entries are allowed."""
    feeds: tuple[FeedView, ...]
    symbols: tuple[SymbolView, ...]
    positions: tuple[PositionView, ...]
    signals: tuple[SignalView, ...]
    """Newest first, at most 50."""
    notices: tuple[NoticeView, ...]
    """Newest first, at most 100."""
    realised_usd: Decimal
    """Booked P&L before fees."""
    unrealised_usd: Decimal
    """Open P&L at the bid."""
    fees_usd: Decimal
    """Commissions reported so far, positive."""
    account: dict[str, float]
    counters: dict[str, int]
    open_orders: int
    strategies: tuple[StrategyView, ...] = ()
    proposals: tuple[ProposalView, ...] = ()
    foreign: ForeignView = ForeignView()
    unrealised_known: bool = True
    """False while an open position has no usable quote: it then counts as its premium lost."""
