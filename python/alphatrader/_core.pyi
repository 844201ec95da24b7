"""The Rust hot path: market state, option chains, exposures, pricing.

Units: timestamps are nanoseconds since the Unix epoch (UTC) as ``int``, 0 or more; prices are US dollars as ``float``
(the depth book holds integer ticks, so that rows at one price add up exactly); sizes are shares or contracts. Prices
and sizes above 1e9 are refused as corrupt. ``None`` means "not known", never 0.

Every error is a :class:`CoreError`, except a ``TypeError`` or ``OverflowError`` for an argument of a wrong Python type.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, Self, TypeAlias, final, type_check_only

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BUILD_PROFILE",
    "FLAG_CROSSED",
    "FLAG_HOLE",
    "FLAG_LOCKED",
    "FLAG_ONE_SIDED",
    "FLAG_SEQUENCE_GAP",
    "FRAME_BYTES_MAX",
    "KIND_CONTROL",
    "KIND_DEPTH",
    "KIND_DEPTH_RESET",
    "KIND_QUOTE",
    "KIND_TRADE",
    "SALE_ACQUISITION",
    "SALE_AUTOMATIC",
    "SALE_AVERAGE_PRICE",
    "SALE_BUNCHED",
    "SALE_CASH",
    "SALE_CLOSING",
    "SALE_CONTINGENT",
    "SALE_CORRECTED_CLOSE",
    "SALE_CROSS",
    "SALE_DERIVATIVELY_PRICED",
    "SALE_DISTRIBUTION",
    "SALE_EXTENDED_HOURS",
    "SALE_INTERMARKET_SWEEP",
    "SALE_LATE",
    "SALE_NEXT_DAY",
    "SALE_NO_AGGRESSOR",
    "SALE_NO_HIGH_LOW",
    "SALE_NO_LAST",
    "SALE_NO_PRICE",
    "SALE_NO_VOLUME",
    "SALE_ODD_LOT",
    "SALE_OFFICIAL_CLOSE",
    "SALE_OFFICIAL_OPEN",
    "SALE_OPENING",
    "SALE_OUT_OF_SEQUENCE",
    "SALE_PRICE_VARIATION",
    "SALE_PRIOR_REFERENCE_PRICE",
    "SALE_QUALIFIED_CONTINGENT",
    "SALE_REOPENING",
    "SALE_RULE_155",
    "SALE_SELLER",
    "SALE_SPLIT",
    "SALE_STOPPED",
    "SALE_UNREPORTABLE",
    "SALE_YELLOW_FLAG",
    "Chain",
    "ChainDecodeError",
    "CoreError",
    "DepthBook",
    "EventRows",
    "Exposure",
    "FrameError",
    "Market",
    "MarketFeed",
    "MarketInstrument",
    "MarketRows",
    "OccSymbol",
    "OccSymbolError",
    "OrderBook",
    "PlaceholderDataError",
    "RateLimitedError",
    "RecordBatch",
    "SchemaError",
    "Snapshot",
    "StrikeExposure",
    "TradeSides",
    "TwsDecoder",
    "UnknownInstrumentError",
    "Vpin",
    "VpinSeries",
    "american_value",
    "bars",
    "black_scholes",
    "classify_trades",
    "decode_alphavantage_chain",
    "decode_cboe_csv",
    "decode_ticks",
    "exposure",
    "exposure_by_strike",
    "format_occ",
    "format_occ_batch",
    "format_sale_conditions",
    "implied_volatility",
    "parse_lean_conditions_batch",
    "parse_occ",
    "parse_occ_batch",
    "parse_sale_conditions",
    "parse_sale_conditions_batch",
    "version",
    "vpin",
]

class CoreError(ValueError):
    """Base class of every error raised by this module."""

class OccSymbolError(CoreError):
    """An option symbol that is not valid OCC/OSI."""

class ChainDecodeError(CoreError):
    """A chain body that could not be decoded; the message names the row or field."""

class PlaceholderDataError(ChainDecodeError):
    """The body holds the invented rows that a missing entitlement yields."""

class RateLimitedError(ChainDecodeError):
    """The body is a rate-limit or entitlement notice instead of data (any API key in it is redacted)."""

class UnknownInstrumentError(CoreError):
    """An event names an instrument that was never added."""

class FrameError(CoreError):
    """Bytes that are no frames of the TWS protocol."""

class SchemaError(CoreError):
    """An Arrow batch lacks a column or has one of another type."""

@type_check_only
class ArrowBatch(Protocol):
    """A record batch of any library, through the Arrow PyCapsule interface (pyarrow, polars, ...)."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

@type_check_only
class ArrowTable(Protocol):
    """A table, data frame or stream of batches through the same interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

_Column: TypeAlias = NDArray[Any] | ArrowBatch | ArrowTable
"""A column of numbers: a NumPy array, or an Arrow array, chunked array or series of any library (pyarrow, polars, ...).

One of the type that is named first is read in place. Other numbers are converted exactly, or refused (SchemaError): a
fraction never becomes whole, and text and booleans are no numbers (but booleans may be sides of a book). Nulls are
refused, but where they are said to mean absent. Times (``ts_ns``) are int64 ns since the epoch, or timestamps of any
unit."""
_NumberOrColumn: TypeAlias = float | _Column
"""One number for all rows, or a column."""

@final
class RecordBatch:
    """A record batch made here. Hand it to any Arrow library: ``pyarrow.record_batch(x)``, ``polars.DataFrame(x)``."""

    @property
    def num_rows(self) -> int: ...
    @property
    def column_names(self) -> list[str]: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

# ---------------------------------------------------------------------------------------------- market state

KIND_CONTROL: int
"""0: a control event; ``payload`` holds its JSON. ``Market.apply_batch`` refuses such a row."""
KIND_TRADE: int
"""1: price, size, venue, text = sale conditions."""
KIND_QUOTE: int
"""2: best bid in price/size, best ask in price2/size2; NaN price = side absent."""
KIND_DEPTH: int
"""3: op (0 insert, 1 update, 2 delete), side (0 ask, 1 bid), position, price, size, venue = market maker."""
KIND_DEPTH_RESET: int
"""4: forget the depth book of the instrument."""

@final
class Snapshot:
    """What is known of one instrument at ``ts_ns``: an immutable copy, cheap to take (microseconds)."""

    ts_ns: int
    """Time of the newest event applied to the instrument (0 before the first)."""
    quote_ts_ns: int
    trade_ts_ns: int
    depth_ts_ns: int
    bid: float | None
    bid_size: float | None
    ask: float | None
    ask_size: float | None
    mid: float | None
    weighted_mid: float | None
    """(Pa Qb + Pb Qa) / (Qb + Qa)."""
    last: float | None
    last_size: float | None
    obi_top: float | None
    """(Qb - Qa) / (Qb + Qa) at the best depth level; None if a side is empty."""
    obi_weighted: float | None
    """The same over five levels, weights 1/level."""
    ofi_10s: float
    """Order flow imbalance (Cont, Kukanov, Stoikov) summed over the last 10 s of L1 quotes, in shares.

    Windows of time are measured back from ``ts_ns``. A window holds its newest 65,536 events at most, and events leave
    it in the order of their arrival.
    """
    ofi_60s: float
    ofi_60s_normalised: float | None
    """``ofi_60s`` over the sum of absolute contributions in the same window: -1..1."""
    signed_volume_60s: float
    """Buyer-initiated minus seller-initiated shares in the last 60 s."""
    volume_60s: float
    unclassified_share: float | None
    """Share of session volume to which no aggressor could be assigned (first print, auctions, average prices, ...).

    A session is a New York calendar day. The aggressor comes from the quote rule where a sound two-sided quote is in
    force and the price is off its mid, else from the tick rule.
    """
    vpin: float | None
    """None until the window holds its full number of buckets."""
    vpin_cdf: float | None
    """Empirical CDF of the level among all levels seen so far (past 32,768: among the newest 32,768)."""
    vpin_buckets: int
    vpin_bucket_volume: int
    return_60s: float | None
    """Log return of the trade price over the last 60 s (1-s bars); None until this session has a price that old."""
    return_300s: float | None
    volatility_300s: float | None
    """Standard deviation of the 5-s log returns in the last 300 s, scaled to one year of 252 x 390 min.

    None with less than a minute of prices in this session.
    """
    vwap: float | None
    """Session volume-weighted average price over eligible prints: price-forming ones in regular hours, odd lots too."""
    session_high: float | None
    """Over the prints that the plan lets set the consolidated high and low: not odd lots, averages, extended hours."""
    session_low: float | None
    session_volume: float
    trade_count: int
    odd_lot_share: float | None
    """Share of prints in the last 60 s under the round lot for the price tier (100 shares before 2025-11-03)."""
    block_count_60s: int
    """Large prints: by default of 10,000 shares or $200,000 and more."""
    sweep_count_60s: int
    """Runs of prints of one side, by default within 10 ms, that touch two venues or prices, or carry the ISO flag."""
    crossed: bool
    """Best bid above best ask, in the L1 quote or in the depth book."""
    locked: bool
    """Best bid equal to best ask, in the L1 quote or in the depth book."""
    depth_anomalies: int
    """Depth rows that named an absent position, since the last reset (counted, never fatal)."""
    events: int
    def as_dict(self) -> dict[str, int | float | bool | None]:
        """All fields by name."""

@final
class EventRows:
    """The rows of one record batch (event log schema, see :meth:`Market.apply_batch`), imported once and not copied.

    Importing costs some microseconds, applying a range of rows then much less: for a replay that stops often.
    Raises SchemaError.
    """

    def __new__(cls, batch: ArrowBatch) -> EventRows: ...
    def __len__(self) -> int: ...

@final
class MarketInstrument:
    """One instrument of a :class:`Market`, bound: its calls carry an event and nothing else. Same state, same rules."""

    instrument_id: int
    def trade(self, ts_ns: int, price: float, size: float, venue: str = "", conditions: str = "") -> None: ...
    def quote(self, ts_ns: int, bid: float, bid_size: float, ask: float, ask_size: float) -> None: ...
    def depth(self, ts_ns: int, op: int, side: int, position: int, price: float, size: float) -> None: ...
    def depth_reset(self, ts_ns: int) -> None: ...
    def snapshot(self) -> Snapshot: ...
    def l1(self) -> tuple[float, float, float, float, float, int]: ...
    def mid(self) -> float | None: ...
    def last(self) -> float | None:
        """Price of the last price-forming print."""
    def stream_ts_ns(self) -> tuple[int, int, int]: ...
    def levels(self, count: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]: ...
    def recent_trades(self, count: int) -> list[tuple[int, float, float, int]]: ...
    def bars(self, seconds: int, count: int) -> list[tuple[int, float, float, float, float, float]]: ...

@final
class Market:
    """Market state of many instruments, fed one event at a time (live) or by Arrow batches (replay, backtest).

    Both ways run the same code: the same events in the same order give the same snapshots to the last bit. An event
    that is refused (CoreError) changes nothing. May be used from several threads.
    """

    def __init__(self) -> None: ...
    def add_instrument(
        self,
        instrument_id: int,
        tick_size: float,
        *,
        depth_rows: int = 20,
        vpin_bucket_volume: int = 0,
        vpin_window: int = 50,
        plan: _Plan = "either",
        block_shares: float = 10_000.0,
        block_usd: float = 200_000.0,
        sweep_span_ms: float = 10.0,
        sweep_venues: int = 2,
        sweep_levels: int = 2,
    ) -> None:
        """Register an instrument. ``vpin_bucket_volume`` 0 = no VPIN, tape features only; else 50 shares or more.

        ``plan`` tells how condition letters are read: as CTS (NYSE, Arca, Cboe listings) or UTP (Nasdaq listings) do;
        ``either`` leaves out what any of them does. A print of ``block_shares`` or ``block_usd`` and more is a block
        (``math.inf`` = never). Prints of one side within ``sweep_span_ms`` of the first are one run; it is a sweep once
        it touches ``sweep_venues`` venues or ``sweep_levels`` prices (2 to 8).
        Adding a known id again with the same parameters is a no-op; with others it raises :class:`CoreError`.
        """
    def add_bars(self, instrument_id: int, by: Literal["time", "tick", "volume", "dollar"], size: float) -> None:
        """Begin a series of bars, grown from the next print on (see :func:`bars` for ``by`` and ``size``).

        Price-forming prints count; the newest 32,768 bars are kept. Repeating is a no-op.
        """
    def instrument(self, instrument_id: int) -> MarketInstrument:
        """An instrument, bound: for many calls. Raises UnknownInstrumentError."""
    def trade(self, ts_ns: int, instrument_id: int, price: float, size: float, venue: str, conditions: str) -> None:
        """Apply a print. ``conditions`` are CTS/UTP letters (``" F I"``); a print of size 0 only moves the clock."""
    def quote(self, ts_ns: int, instrument_id: int, bid: float, bid_size: float, ask: float, ask_size: float) -> None:
        """Apply an L1 quote. A NaN price (or price <= 0) means that the side is absent."""
    def depth(
        self,
        ts_ns: int,
        instrument_id: int,
        op: int,
        side: int,
        position: int,
        price: float,
        size: float,
        market_maker: str,
    ) -> None:
        """Apply a row operation as the broker sends it: op 0 insert, 1 update, 2 delete; side 0 ask, 1 bid.

        Prices are rounded to the nearest tick. An absent position changes nothing and counts as an anomaly.
        """
    def depth_reset(self, ts_ns: int, instrument_id: int) -> None: ...
    def apply_batch(self, batch: ArrowBatch | ArrowTable | EventRows) -> int:
        """Apply market rows of the event log schema (``alphatrader.domain.eventlog``); return how many.

        Columns read: ts_ns int64, kind int8, instrument_id int32, op int8, side int8, position int16, price, size,
        price2, size2 float64, venue and text (nullable) utf8, large_utf8, utf8_view or a dictionary of one of them.
        Others are ignored. The GIL is released for 512 rows and more.
        All rows are validated before the first is applied: nothing is applied if one is refused.
        Raises SchemaError, UnknownInstrumentError, CoreError (which names the row).
        """
    def apply_rows(self, rows: EventRows, start: int, stop: int) -> int:
        """Apply the rows ``start`` to ``stop`` (excluded) of a batch; nothing if one of them is refused."""
    def replay(
        self,
        source: ArrowBatch | ArrowTable | EventRows,
        on_step: Callable[[int], object],
        *,
        step_ns: int | None = None,
    ) -> int:
        """Apply recorded rows and call ``on_step(ts_ns)`` between them; return how many were applied.

        Without ``step_ns`` the call comes after each group of rows with one time. With it, at each multiple of
        ``step_ns`` since the epoch that follows at least one row, before the first row at or after it. Row groups may
        cross batches. An exception of ``on_step`` ends the replay there and is passed on. Each batch is validated
        before its first row is applied. Raises as :meth:`apply_batch`.
        """
    def snapshot(self, instrument_id: int) -> Snapshot: ...
    def snapshots(self, instrument_ids: Sequence[int]) -> RecordBatch:
        """A row an instrument: instrument_id int32, then the fields of :class:`Snapshot` (null = not known)."""
    def mid(self, instrument_id: int) -> float | None:
        """Halfway between bid and ask of the L1 quote; None unless both sides are present."""
    def stream_ts_ns(self, instrument_id: int) -> tuple[int, int, int]:
        """Times of the newest quote, print and depth row; 0 before the first."""
    def l1(self, instrument_id: int) -> tuple[float, float, float, float, float, int]:
        """(bid, bid_size, ask, ask_size, last, quote_ts_ns); NaN where absent, 0 ts before the first quote."""
    def levels(self, instrument_id: int, count: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """(bids, asks) of the depth book, best first, market makers at one price added up: (price, size)."""
    def recent_trades(self, instrument_id: int, count: int) -> list[tuple[int, float, float, int]]:
        """Newest last: (ts_ns, price, size, aggressor +1 buy / -1 sell / 0 unknown). At most 4,096 are kept."""
    def bars(self, instrument_id: int, seconds: int, count: int) -> list[tuple[int, float, float, float, float, float]]:
        """Newest last: (start_ns, open, high, low, close, volume) of bars built from 1-s bars (``seconds`` >= 1).

        Bars start at multiples of ``seconds`` since the epoch. Intervals without a trade have no bar. 32,768 seconds
        with trades are kept.
        """
    def bar_series(
        self, instrument_id: int, by: Literal["time", "tick", "volume", "dollar"], size: float, count: int
    ) -> RecordBatch:
        """The newest ``count`` bars of a series begun with :meth:`add_bars`; columns as in :func:`bars`."""

def bars(
    ts_ns: _Column,
    price: _Column,
    size: _Column,
    *,
    by: Literal["time", "tick", "volume", "dollar"] = "time",
    length: float = 60.0,
) -> RecordBatch:
    """Bars of a recorded tape: columns of one length (int64 or timestamps, float64).

    ``length`` is in seconds (whole), trades (whole), shares or US dollars. Time bars start at multiples of it since the
    epoch; the trade that reaches any other threshold ends its bar and is not split (Lopez de Prado 2018, chapter 2).
    Trades of size 0 are left out; a late trade goes into the time bar in which it happened. The last bar may be
    unfinished. Identical to :meth:`Market.add_bars` fed with the same trades. The GIL is released.

    Columns: start_ns, end_ns int64 (newest trade), open, high, low, close, volume, dollars f64, trades int64.
    Raises SchemaError, CoreError for arrays of different length, bad times, prices or sizes.
    """

# ---------------------------------------------------------------------------------------------- sale conditions

# Conditions of a print, whatever letter its plan gives them: bits, to be combined with | and asked for with &. The
# letter stands first.
SALE_AVERAGE_PRICE: int
"""W (UTP), B (CTS): the price is an average of several."""
SALE_BUNCHED: int
"""B (UTP): trades at one price within a minute, reported as one: an ordinary price."""
SALE_DERIVATIVELY_PRICED: int
"""4: priced by something else than the quote."""
SALE_LATE: int
"""L: sold last, that is in sequence, but reported late."""
SALE_OUT_OF_SEQUENCE: int
"""Z (U with extended hours): sold, out of sequence: reported after later trades."""
SALE_PRIOR_REFERENCE_PRICE: int
"""P: at a price of an earlier moment."""
SALE_CASH: int
"""C: settles the same day."""
SALE_NEXT_DAY: int
"""N: settles the day after."""
SALE_SELLER: int
"""R: settles at the seller's option."""
SALE_CONTINGENT: int
"""V: contingent on another trade, formerly a stock-option trade: the stock leg of a combination."""
SALE_QUALIFIED_CONTINGENT: int
"""7: qualified contingent trade."""
SALE_PRICE_VARIATION: int
"""H: far from the market's price."""
SALE_OFFICIAL_OPEN: int
"""Q: a market center's official opening price, after the trades that made it."""
SALE_OFFICIAL_CLOSE: int
"""M: a market center's official closing price, after the trades that made it."""
SALE_CORRECTED_CLOSE: int
"""9: the consolidated close, corrected by the listing market."""
SALE_OPENING: int
"""O: the opening print."""
SALE_REOPENING: int
"""5: the print that ends a halt."""
SALE_CLOSING: int
"""6: the closing print."""
SALE_CROSS: int
"""X: a crossing session's print."""
SALE_INTERMARKET_SWEEP: int
"""F: intermarket sweep order."""
SALE_ODD_LOT: int
"""I: below the round lot."""
SALE_EXTENDED_HOURS: int
"""T: outside regular hours."""
SALE_ACQUISITION: int
"""A: made by the acquisition of an exchange."""
SALE_DISTRIBUTION: int
"""D: of a block that is sold in parts."""
SALE_SPLIT: int
"""S: executed in two markets."""
SALE_YELLOW_FLAG: int
"""Y: regular, during events out of the ordinary."""
SALE_RULE_155: int
"""K: Rule 155 (American) or 127 (NYSE)."""
SALE_AUTOMATIC: int
"""E: executed automatically."""
SALE_STOPPED: int
"""1: at a price that was guaranteed to a stopped order."""

# What follows from them: unions of the above. A print that carries one of a union's conditions is what the union says.
SALE_NO_PRICE: int
"""What must not form bars, the last price, VWAP or an aggressor: it tells no price of the moment."""
SALE_NO_VOLUME: int
"""What repeats volume that was reported before."""
SALE_NO_AGGRESSOR: int
"""What nobody took liquidity for: it has no aggressor and is no part of VPIN. Auctions have a price."""
SALE_NO_HIGH_LOW: int
"""What does not move the consolidated high and low."""
SALE_NO_LAST: int
"""What does not move the consolidated last price. That some do so as the first print of the day is left out."""
SALE_UNREPORTABLE: int
"""What the broker calls unreportable: in its AllLast and RTVolume, not in Last and RTTrdVolume."""

_Plan: TypeAlias = Literal["either", "cta", "utp"]
"""Whose letters: CTS (stocks and funds listed at NYSE, Arca, American, Cboe, IEX), UTP (at Nasdaq), or not known."""

def parse_sale_conditions(letters: str, plan: _Plan = "either") -> int:
    """The conditions of a print by its letters (any run of them: ``" F I"``, ``"@"``): the sum of ``SALE_`` bits.

    What is no letter under the plan says nothing. The plans differ on B: an average price on CTS, an ordinary bunched
    trade on UTP; ``either`` takes both. Raises CoreError for another plan.
    """

def parse_sale_conditions_batch(letters: ArrowBatch | ArrowTable, plan: _Plan = "either") -> NDArray[np.uint32]:
    """The same for each row of an Arrow column of text (string, a dictionary of it, ...); null has none.

    The GIL is released. Raises SchemaError.
    """

def parse_lean_conditions_batch(flags: _Column) -> NDArray[np.uint32]:
    """The same from the flags of Lean's tick files (``TradeConditionFlags``; whole numbers of 32 bits).

    The mark of an exemption from the trade-through rule, which most sweeps carry, is no condition. Raises SchemaError,
    CoreError.
    """

def format_sale_conditions(conditions: int, plan: _Plan = "either") -> str:
    """The letters that the tape of a plan would show, with spaces: ``"F I"``; what it has no letter for is left out."""

# ---------------------------------------------------------------------------------------------- TWS socket feed

FRAME_BYTES_MAX: int
"""Longest frame that is read, in bytes (16 MiB); a longer one, or one of 0 bytes, raises :class:`FrameError`."""

@final
class MarketRows:
    """Market rows of one network chunk: prints, quotes and depth rows in order, held in Rust."""

    def __len__(self) -> int: ...
    def apply(self, market: Market, ts_ns: int) -> None:
        """Apply all rows at one time (ns since the epoch). Nothing is applied if one is refused.

        Raises UnknownInstrumentError, CoreError.
        """
    def tuples(self) -> list[tuple[Any, ...]]:
        """The rows as tuples, for tests and people.

        ``(KIND_TRADE, instrument_id, price, size, venue, conditions)``,
        ``(KIND_QUOTE, instrument_id, bid, bid_size, ask, ask_size)`` (a side that is absent: NaN, 0.0),
        ``(KIND_DEPTH, instrument_id, op, side, position, price, size, market_maker)``.
        """
    @staticmethod
    def record_batch(runs: Iterable[tuple[int, int, MarketRows]]) -> RecordBatch:
        """Runs of ``(seq of the first row, ts_ns, rows)`` as one batch of the event log's schema."""

@final
class MarketFeed:
    """Bytes of a TWS / IB Gateway connection (server version 157 to 178, text) to market rows.

    Feed each chunk as it arrives, hand every message that comes back to the client library's decoder, then ``flush``
    and ``take``::

        fields = feed.feed(chunk)
        while fields is not None:
            rows = feed.take()          # rows that came before this message
            library_decoder.interpret(fields)
            fields = feed.resume()
        feed.flush()
        rows = feed.take()

    A quote's two sides, which come as separate messages, become one row: when the chunk ends (``flush``), when a side
    changes a second time, or before a print or depth row of the instrument. A market data message that is not plain
    (spaces or underscores in a number, text outside ASCII, missing fields) is handed to the library as well; give what
    it makes of it to ``price_size``, ``size``, ``print``, ``depth``, ... Not for use by two threads at once.
    """

    messages: int
    """Messages that were decoded here."""
    quotes_seen: int
    """Quotes that became rows."""
    late_rows: int
    """Rows under a request id that is not open: they came after the cancel."""
    bad_rows: int
    """Rows with a price, size, side or position that cannot be (no price or size is above 1e9)."""
    delayed_rows: int
    """Delayed ticks that were dropped, because nobody asked for them."""
    def __new__(cls, *, accepts_delayed: bool = False) -> Self: ...
    def open(self, request_id: int, instrument_id: int, kind: Literal["quote", "trade", "depth"]) -> None:
        """Route what comes under a request id (reqMktData, reqTickByTickData, reqMktDepth) to an instrument."""
    def close(self, request_id: int) -> None:
        """Drop what still comes under a request id, and a quote of it that is not a row yet."""
    def take_prints_from_quotes(self, instrument_id: int, enabled: bool) -> None:
        """Choose the one source of prints: RTVolume of the quote line (generic tick 233), or tick-by-tick (default)."""
    def feed(self, data: bytes | bytearray, *, market_data: bool = True) -> list[str] | None:
        """Take a chunk and read up to the first message for the library: its fields; None when all was read.

        Without ``market_data`` every message is for the library (the handshake). The GIL is released for 8 KiB and
        more. Raises FrameError on an impossible length: the connection is useless then.
        """
    def resume(self, *, market_data: bool = True) -> list[str] | None:
        """Go on after such a message. Streams that were opened or closed meanwhile count."""
    def flush(self) -> None:
        """End a chunk: the quotes that changed become rows."""
    def take(self) -> MarketRows | None:
        """The rows since the last call; None if there are none."""
    def reset(self) -> None:
        """Forget an unfinished message: a new connection begins. Streams stay."""
    def price_size(self, request_id: int, tick_type: int, price: float, size: float) -> None:
        """tickPrice: 1 bid, 2 ask (66, 67 delayed); others are ignored. A price of 0 or less: the side is absent."""
    def size(self, request_id: int, tick_type: int, size: float) -> None:
        """tickSize: 0 bid, 3 ask (69, 70 delayed); others are ignored."""
    def quoted_print(self, request_id: int, price: float, size: float) -> None:
        """The print of an RTVolume tickString."""
    def option_computation(self, request_id: int, tick_type: int) -> None:
        """tickOption: one computed from bid (10) or ask (11) makes the quote, unchanged, a row again."""
    def print(self, request_id: int, price: float, size: float, exchange: str, conditions: str) -> None:
        """TickByTickAllLast."""
    def depth(
        self, request_id: int, position: int, market_maker: str, operation: int, side: int, price: float, size: float
    ) -> None:
        """updateMktDepth, updateMktDepthL2."""

@final
class TwsDecoder:
    """Framing and decoding of the nine market-data messages, with one call of a ``Wrapper`` method each.

    The methods are those of ib_insync and ib_async, with the same arguments: ``priceSizeTick``, ``tickSize``,
    ``updateMktDepth``, ``updateMktDepthL2``, ``tickOptionComputation``, ``tickGeneric``, ``tickString``,
    ``realtimeBar``, ``tickByTickAllLast``, ``tickByTickBidAsk``, ``tickByTickMidPoint``; they are looked up once, and
    one that is absent is not called. All other messages, and market data that is not plain, go to ``hand_on`` as the
    list of their fields (``Decoder.interpret`` takes it as it is).
    """

    messages: int
    """Messages so far, the handed-on ones among them."""
    def __new__(
        cls,
        wrapper: object,
        hand_on: Callable[[list[str]], object],
        *,
        last_attributes: Callable[[bool, bool], object] | None = None,
        bid_ask_attributes: Callable[[bool, bool], object] | None = None,
    ) -> Self:
        """``last_attributes`` and ``bid_ask_attributes`` are the library's TickAttribLast and TickAttribBidAsk.

        Without them the mask is passed as an integer.
        """
    def data_received(self, data: bytes) -> None:
        """Take a chunk. What a method raises goes through; the next call goes on with the next message.

        Raises FrameError.
        """
    def reset(self) -> None:
        """Forget an unfinished message: a new connection begins."""

def decode_ticks(data: bytes | bytearray) -> tuple[RecordBatch, int]:
    """Decode a captured socket stream; returns one row for each whole message, and the bytes that they take.

    Columns: message int16 (1, 2, 12, 13, 21, 45, 46, 50, 99; 0 = not decoded), request_id int64, numbers list<float64>
    (in the order of the library's ``Wrapper`` arguments after the request id; tickByTick begins with its type), text
    utf8 (market maker, exchange, value of a tickString), text2 utf8 (conditions), frame binary (message 0: the bytes).
    A tickPrice without a price is no row. The GIL is released. Raises FrameError.
    """

# ---------------------------------------------------------------------------------------------- order books

FLAG_LOCKED: int
"""1: best bid equal to best ask."""
FLAG_CROSSED: int
"""2: best bid above best ask."""
FLAG_ONE_SIDED: int
"""4: at least one side is empty."""
FLAG_SEQUENCE_GAP: int
"""8: sequence numbers are missing just before this update."""
FLAG_HOLE: int
"""16: on either side the second level is more than ``hole_ticks`` ticks away from the best one."""

_Measure: TypeAlias = Literal["bbo", "obi", "obi_weighted", "ofi", "weighted_mid", "flags"]

@final
class OrderBook:
    """A price-keyed book (market by price): a size for each price, any number of levels at any distance.

    Prices are dollars, may be 0 or negative (spreads), and are held as integer ticks: one farther than a hundredth of a
    tick from the grid is refused, as are NaN, prices past 1e9 and past 2^45 ticks; nothing is rounded without a word.
    Sides are numbered as the broker does: 0 ask, 1 bid. May be used from several threads.

    Bids may stand above asks: the book holds what the feed says, and ``flags`` says that it is crossed.
    """

    def __new__(cls, tick_size: float, *, hole_ticks: int = 1) -> Self: ...
    def update(self, side: int, price: float, size: float, /) -> None:
        """Set the size of a level; size 0 deletes it. A refused update (CoreError) changes nothing."""
    def update_bbo(self, side: int, price: float, size: float, /) -> tuple[float, float, float, float]:
        """``update``, then ``bbo()``, in one call."""
    def update_ofi(self, side: int, price: float, size: float, /) -> float:
        """``update``; returns its order flow in shares (Cont, Kukanov, Stoikov 2014).

        e = 1{Pb>=Pb'} qb - 1{Pb<=Pb'} qb' - 1{Pa<=Pa'} qa + 1{Pa>=Pa'} qa', a prime marking
        the best level before the update. A side that is empty before or after it adds 0.
        """
    def apply_batch(
        self, batch: ArrowBatch | ArrowTable | Mapping[str, _Column], measures: Sequence[_Measure] = ...
    ) -> RecordBatch:
        """Apply updates in order: the same book, to the last bit, as one ``update`` each. The GIL is released.

        ``batch`` is a record batch or table of any Arrow library, or a mapping of NumPy or Arrow arrays. A column that
        has the type named first is not copied:

        - side: int8 (or another integer or bool), 0 ask, 1 bid
        - price: float64 dollars, **or** ticks: int64 (or a narrower integer) whole ticks
        - size: float64 (or an integer)
        - sequence, optional: int64. See ``sequence_gaps``.

        Returns one row an update, with the state after it, of the columns that ``measures`` names (float64, NaN = not
        known): bbo -> bid, bid_size, ask, ask_size; obi; obi_weighted (five levels); ofi (as ``update_ofi``);
        weighted_mid; flags (uint8). Without measures it has rows but no columns. Raises SchemaError, and CoreError that
        names the row; then the book is as it was before the call.
        """
    def see_sequence(self, number: int) -> bool:
        """Take the sequence number of the next single update; True if numbers are missing before it."""
    def clear(self) -> None:
        """Forget all levels, counts and sequence numbers."""
    def bbo(self) -> tuple[float, float, float, float]:
        """(bid, bid_size, ask, ask_size); NaN for both numbers of an empty side. No allocation unless it changed."""
    @property
    def best_bid(self) -> float | None: ...
    @property
    def best_bid_size(self) -> float | None: ...
    @property
    def best_ask(self) -> float | None: ...
    @property
    def best_ask_size(self) -> float | None: ...
    @property
    def mid(self) -> float | None:
        """(Pb + Pa) / 2; None unless both sides are present."""
    @property
    def weighted_mid(self) -> float | None:
        """(Pa Qb + Pb Qa) / (Qb + Qa); None unless both sides are present."""
    @property
    def obi(self) -> float | None:
        """(Qb - Qa) / (Qb + Qa) at the best level: -1..1; None unless both sides are present."""
    def obi_weighted(self, levels: int = 5) -> float | None:
        """The same with Q = sum of size/k over the best levels k = 1..``levels`` of each side."""
    @property
    def flags(self) -> int:
        """The sum of the FLAG_ constants that hold now, without FLAG_SEQUENCE_GAP."""
    def holes(self, levels: int = 5) -> tuple[int, int]:
        """(bids, asks): pairs of adjacent levels more than ``hole_ticks`` ticks apart, among the best ``levels``."""
    def levels(self, count: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """(bids, asks), best first: (price, size)."""
    def ladder(self, count: int) -> NDArray[np.float64]:
        """The same as an array of shape (count, 4): bid, bid_size, ask, ask_size; NaN past the last level of a side.

        Raises CoreError for more than 1,048,576 rows.
        """
    def size_at(self, side: int, price: float) -> float:
        """The size at a price; 0 if there is no level."""
    @property
    def depth(self) -> tuple[int, int]:
        """Number of levels: (bids, asks)."""
    @property
    def tick_size(self) -> float: ...
    @property
    def unknown_deletes(self) -> int:
        """Deletions of a level that was not there (counted, never fatal)."""
    @property
    def sequence(self) -> int | None:
        """The highest sequence number so far."""
    @property
    def sequence_gaps(self) -> int:
        """Places where the sequence went up by more than 1. Equal numbers are one packet, no gap."""
    @property
    def sequence_missing(self) -> int:
        """Numbers missing in those places."""
    @property
    def sequence_late(self) -> int:
        """Updates whose number was below one before; they were applied all the same."""

@final
class DepthBook:
    """Depth rows as the broker sends them: inserted (rows below move down), updated, deleted (rows below move up).

    Several rows may stand at one price (market makers): levels add them up. Rows of size 0 offer nothing. Prices are
    rounded to the nearest tick. ``depth_rows``: most rows a side (20 unless given; None = no limit), what
    is pushed past it falls off. An
    operation on a row that is not there changes nothing and counts in ``anomalies``. May be used from several threads.
    """

    def __new__(cls, tick_size: float, *, depth_rows: int | None = ..., hole_ticks: int = 1) -> Self: ...
    def apply(self, op: int, side: int, position: int, price: float, size: float, /) -> None:
        """Apply one: op 0 insert, 1 update, 2 delete (price, size unread); side 0 ask, 1 bid; position from 0."""
    def apply_bbo(
        self, op: int, side: int, position: int, price: float, size: float, /
    ) -> tuple[float, float, float, float]:
        """``apply``, then ``bbo()``, in one call."""
    def apply_batch(
        self, batch: ArrowBatch | ArrowTable | Mapping[str, _Column], measures: Sequence[_Measure] = ...
    ) -> RecordBatch:
        """Apply operations in order: the same book, to the last bit, as one ``apply`` each. The GIL is released.

        Columns: op, side int8, position int32, price, size float64 (other integers are converted). Result, measures and
        errors as in :meth:`OrderBook.apply_batch`.
        """
    def reset(self) -> None:
        """Forget all rows and the anomalies."""
    def bbo(self) -> tuple[float, float, float, float]:
        """(bid, bid_size, ask, ask_size); NaN for both numbers of an empty side. No allocation unless it changed."""
    @property
    def best_bid(self) -> float | None: ...
    @property
    def best_bid_size(self) -> float | None: ...
    @property
    def best_ask(self) -> float | None: ...
    @property
    def best_ask_size(self) -> float | None: ...
    @property
    def mid(self) -> float | None:
        """(Pb + Pa) / 2; None unless both sides are present."""
    @property
    def weighted_mid(self) -> float | None:
        """(Pa Qb + Pb Qa) / (Qb + Qa); None unless both sides are present."""
    @property
    def obi(self) -> float | None:
        """(Qb - Qa) / (Qb + Qa) at the best level: -1..1; None unless both sides are present."""
    def obi_weighted(self, levels: int = 5) -> float | None:
        """The same with Q = sum of size/k over the best levels k = 1..``levels`` of each side."""
    @property
    def flags(self) -> int:
        """The sum of the FLAG_ constants that hold now, without FLAG_SEQUENCE_GAP."""
    def holes(self, levels: int = 5) -> tuple[int, int]:
        """(bids, asks): pairs of adjacent levels more than ``hole_ticks`` ticks apart, among the best ``levels``."""
    def levels(self, count: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """(bids, asks), best first: (price, size)."""
    def ladder(self, count: int) -> NDArray[np.float64]:
        """The same as an array of shape (count, 4): bid, bid_size, ask, ask_size; NaN past the last level of a side.

        Raises CoreError for more than 1,048,576 rows.
        """
    def rows(self, side: int) -> list[tuple[float, float]]:
        """The rows of a side as they stand: (price, size)."""
    @property
    def depth(self) -> tuple[int, int]:
        """Number of rows: (bids, asks)."""
    @property
    def tick_size(self) -> float: ...
    @property
    def anomalies(self) -> int:
        """Operations that named an absent row, since the last reset (counted, never fatal)."""

# ---------------------------------------------------------------------------------------------- option symbols

@final
class OccSymbol:
    """A parsed OCC/OSI option symbol."""

    root: str
    year: int
    month: int
    day: int
    right: Literal["C", "P"]
    strike_milli: int
    """Strike in thousandths of a dollar, exact."""
    strike: float
    expiry: str
    """``YYYYMMDD``."""

def parse_occ(symbol: str) -> OccSymbol:
    """Parse the padded (21 characters) or compact form. Raises OccSymbolError with the reason."""

def format_occ(root: str, expiry: str, right: str, strike_milli: int, *, padded: bool = True) -> str:
    """``expiry`` is YYYYMMDD. Raises OccSymbolError."""

def parse_occ_batch(symbols: Any) -> RecordBatch:
    """Parse a column of symbols, padded or compact, without a Python object a row.

    Takes an Arrow array, chunked array or Series of type string, large_string, string_view or dictionary (pyarrow,
    polars, DuckDB, nanoarrow, pandas 3), read where it lies with the GIL released; or a list, tuple, NumPy array or
    older pandas Series of ``str`` and None.

    Returns an Arrow record batch with a row for each symbol: root utf8, expiry date32, right utf8 (C/P), strike_milli
    int64 (thousandths of a dollar, exact), error utf8 (the reason of an invalid row, null if the row is valid; the
    other columns are null where it is not). At most 357,913,941 rows.
    Raises SchemaError for what is no text.
    """

def format_occ_batch(batch: ArrowBatch | ArrowTable, *, padded: bool = True) -> RecordBatch:
    """Write the symbols of a batch's rows, padded to 21 characters or compact. The GIL is released.

    Columns read: root text, expiry date32, right text (C/P) or int8 (+1 call, -1 put), strike_milli int64, or else
    strike float64 in dollars. So the results of :func:`parse_occ_batch` and every :class:`Chain` will do.

    Returns an Arrow record batch with a row for each of them: symbol utf8, error utf8 (the reason where there is no
    symbol, else null). Raises SchemaError for absent columns and other types.
    """

# ---------------------------------------------------------------------------------------------- option chains

@final
class Chain:
    """A decoded option chain: one Arrow record batch and where it comes from.

    Columns: root utf8, expiry date32, right int8 (+1 call, -1 put), strike f64, bid, ask, last, mark f64, bid_size,
    ask_size, volume, open_interest f64, iv, delta, gamma, theta, vega f64 (null where absent or not a number).
    """

    rows: int
    spot: float | None
    """Underlying price, where the source states it (Cboe CSV, tests)."""
    as_of: str | None
    """Date or time text of the source, unparsed."""
    dropped: dict[str, int]
    """Rows that could not be decoded, by reason."""
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...
    def __arrow_c_schema__(self) -> object: ...
    @staticmethod
    def from_arrow(batch: ArrowBatch | ArrowTable, *, spot: float | None = None, as_of: str | None = None) -> Chain:
        """Take rows from Arrow. Needs expiry date32, right int8, strike f64; other columns may be absent (then null).

        A single batch is taken without a copy. Raises SchemaError.
        """
    def expiries(self) -> list[str]:
        """Sorted ``YYYYMMDD``."""

def decode_alphavantage_chain(body: bytes) -> Chain:
    """Decode a REALTIME_OPTIONS / HISTORICAL_OPTIONS body (strict JSON, up to 1 GiB). The GIL is released.

    A number, written as a string or as a number, becomes the double nearest to it; anything else becomes null. Rows are
    dropped, and counted by reason, as ``bad_contract_id``, ``bad_type``, ``contract_mismatch`` (strike, expiry or type
    contradict the contract's symbol) and ``duplicate_key``.
    Raises PlaceholderDataError, RateLimitedError, ChainDecodeError (which names the row and the byte).
    """

def decode_cboe_csv(body: bytes) -> Chain:
    """Decode a Cboe ``quotedata.csv`` body (already gunzipped, up to 1 GiB), any header locale. The GIL is released.

    A line is a call and a put. Numbers may be quoted and have thousands separators. Rows are dropped, and counted by
    reason, as ``wrong_column_count``, ``bad_contract_id`` and ``contract_mismatch`` (right or strike contradict the
    symbol). Raises ChainDecodeError.
    """

@final
class Exposure:
    """Dealer exposure of a chain. Sign convention: +1 call, -1 put (dealers long calls, short puts).

    Volatility curves use the model of :func:`black_scholes`. Every total is a sum over ``rows_used`` rows.
    """

    spot: float
    gex_usd_per_100pct: float
    """Sum of sign x gamma x contracts x multiplier x spot^2."""
    gex_usd_per_pct: float
    """The same x 0.01: dollars of delta per 1% move, the industry's figure."""
    dex_usd: float
    """Sum of delta x contracts x multiplier x spot over all rows, by the sign of the given delta."""
    call_dex_usd: float
    put_dex_usd: float
    """The two parts of ``dex_usd``, for any other view of who holds what: ``call_dex_usd - put_dex_usd`` is that of
    dealers long calls and short puts."""
    dex_dealer_usd: float
    """Calls minus puts of absolute delta: equal to ``dex_usd`` where the source signs put deltas, as it should."""
    vex_usd_per_vol_point: float
    """Sum of sign x vanna x contracts x multiplier x spot x 0.01."""
    chex_usd_per_day: float
    """Sum of sign x charm x contracts x multiplier x spot / 365."""
    call_wall: float | None
    """Strike with the largest call gamma exposure; the lowest of equals."""
    put_wall: float | None
    max_abs_gex_strike: float | None
    max_pain: float | None
    """Strike with the least intrinsic value paid on open interest, over the used rows."""
    zero_gamma_interpolated: float | None
    """Method A: zero of the cumulative by-strike sum nearest to spot; None where it never crosses."""
    zero_gamma_flips: list[float]
    """Method B: every sign change of total gamma re-priced on a 0.8-1.2 spot grid (even in log), refined, ascending."""
    zero_gamma_flip: float | None
    """The flip nearest to spot."""
    rows_total: int
    rows_used: int
    """``rows_total`` = ``rows_used`` + the sum of ``rows_dropped``."""
    rows_without_iv: int
    """Used rows without a volatility: they count for GEX and DEX, but not for VEX, CHEX and the flips."""
    rows_dropped: dict[str, int]
    """By the first reason that holds: ``bad_strike``, ``bad_expiry``, ``expiry_not_selected``, ``expired`` (settled by
    ``as_of_ns``), ``too_near_settlement``, ``bad_right``, ``no_open_interest``, ``open_interest_below_min``,
    ``no_volume``, ``volume_below_min``, ``no_gamma``, ``no_iv``, ``no_delta``."""
    def by_strike(self) -> RecordBatch:
        """One row a strike, ascending.

        Columns, float64: strike, call_gex, put_gex, net_gex (usd per 1%, puts negative), dex_usd, call_dex_usd,
        put_dex_usd, vex_usd_per_vol_point, chex_usd_per_day, call_oi, put_oi, call_volume, put_volume, and call_iv,
        put_iv (at the nearest settlement of all used rows, nullable).
        """
    def by_expiry(self) -> RecordBatch:
        """One row a settlement, ascending; classes of one date that settle at different times have a row each.

        Columns: expiry date32, settlement_ns int64, then those of :meth:`by_strike` from call_gex to put_volume.
        """
    def by_strike_and_expiry(self) -> RecordBatch:
        """One row a strike and settlement, by settlement, then strike.

        Columns: strike, expiry date32, settlement_ns int64, then those of :meth:`by_strike` (its own call_iv, put_iv).
        """
    def gamma_curve(self) -> RecordBatch:
        """The curve behind method B: spot, gex_usd_per_pct, both float64, ``grid_points`` rows (none without IV).

        Within 1e-12 of the sum of the rows' absolute exposures from pricing each row anew.
        """

def exposure(
    chain: Chain | ArrowBatch | ArrowTable,
    spot: float,
    *,
    as_of_ns: int,
    settlement_ns: Mapping[str, int] | None = None,
    min_weight: float = 5.0,
    multiplier: float = 100.0,
    rate: float = 0.0,
    dividend_yield: float = 0.0,
    weight: Literal["open_interest", "volume"] = "open_interest",
    gamma: Literal["given", "recompute"] = "given",
    expiries: Sequence[str] | None = None,
    min_seconds_to_settlement: float = 60.0,
    grid_points: int = 161,
) -> Exposure:
    """Exposure totals, walls and zero gamma. The GIL is released. Raises CoreError, SchemaError.

    - ``settlement_ns``: settlement instants by ``YYYYMMDD``, or by ``ROOT:YYYYMMDD`` (looked up first) where classes of
      one date settle at different times, as SPX in the morning and SPXW in the afternoon. An expiry that it lacks
      settles 16:00 New York.
    - ``min_weight``: rows with fewer contracts are left out: open interest, or volume with ``weight="volume"``.
    - ``weight``: what counts as contracts: open interest (as of the last clearing) or today's volume.
    - ``gamma``: the chain's own, or Black-Scholes from the row's volatility (the Cboe file rounds to 4 decimals).
    - ``expiries``: only these, ``YYYYMMDD``.
    - ``min_seconds_to_settlement``: rows nearer to settlement are left out, never clamped.
    - ``grid_points``: of method B, 2 to 100,001; 0 = no flips and no curve.
    """

@final
class StrikeExposure:
    """Exposure by strike from given greeks. Fields as in :class:`Exposure`."""

    spot: float
    gex_usd_per_100pct: float
    gex_usd_per_pct: float
    dex_usd: float
    call_dex_usd: float
    put_dex_usd: float
    call_wall: float | None
    put_wall: float | None
    max_abs_gex_strike: float | None
    zero_gamma_interpolated: float | None
    rows_total: int
    rows_used: int
    rows_dropped: dict[str, int]
    """``bad_strike``, ``bad_right``, ``no_open_interest``, ``open_interest_below_min`` (or ``no_volume``,
    ``volume_below_min``), ``no_gamma``, ``no_delta``."""
    def by_strike(self) -> RecordBatch:
        """As :meth:`Exposure.by_strike`; VEX, CHEX and what was not given are 0, volatilities null."""

def exposure_by_strike(
    strike: _Column,
    right: NDArray[np.int8] | ArrowBatch | ArrowTable,
    gamma: _Column,
    delta: _Column,
    contracts: _Column,
    *,
    spot: float,
    multiplier: float = 100.0,
    min_weight: float = 5.0,
    weight: Literal["open_interest", "volume"] = "open_interest",
) -> StrikeExposure:
    """GEX and DEX by strike from greeks that are given, in one pass. The GIL is released.

    Columns of one length, NumPy or Arrow; float64 (``right``: int8, +1 call, -1 put) without nulls are read in place.
    Null and NaN mean absent. ``weight`` says what ``contracts`` are. Raises CoreError, SchemaError.
    """

# ---------------------------------------------------------------------------------------------- pricing

def black_scholes(
    spot: _NumberOrColumn,
    strike: _NumberOrColumn,
    seconds_to_settlement: _NumberOrColumn,
    iv: _NumberOrColumn,
    right: _NumberOrColumn,
    *,
    rate: float = 0.0,
    dividend_yield: float = 0.0,
    outputs: Sequence[str] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Value European options by Black, Scholes and Merton. The GIL is released.

    Each column is NumPy, Arrow or one number for all rows; all of one length. ``right`` is +1 call, -1 put.
    ``rate`` and ``dividend_yield`` are continuous, a fraction a year; a year is 365 x 86,400 s.

    ``outputs`` chooses the keys; by default the first five of: price, delta, gamma (per $1), theta (per day), vega (per
    vol point), rho (per percentage point), vanna (delta per vol point), charm (delta per day), vomma (vega per vol
    point). NaN where an input is not positive and finite. Within 1e-13 of the spot of the exact price; cheap options
    keep their digits. Raises CoreError (columns of different length, unknown outputs), SchemaError.
    """

def american_value(
    spot: _NumberOrColumn,
    strike: _NumberOrColumn,
    seconds_to_settlement: _NumberOrColumn,
    iv: _NumberOrColumn,
    right: _NumberOrColumn,
    *,
    rate: float = 0.0,
    dividend_yield: float = 0.0,
) -> dict[str, NDArray[np.float64]]:
    """Value American options: price, delta, gamma, theta, vega, rho in the units of :func:`black_scholes`.

    Approximation of Barone-Adesi and Whaley (1987) with the correction of Ju and Zhong (1999), whose price lies within
    0.2% of the strike of a binomial tree for volatilities of 10-80%, up to three years; greeks are central differences.
    Dividends are a continuous yield. A negative rate or yield is refused (CoreError): it does not hold there.
    """

def implied_volatility(
    price: _NumberOrColumn,
    spot: _NumberOrColumn,
    strike: _NumberOrColumn,
    seconds_to_settlement: _NumberOrColumn,
    right: _NumberOrColumn,
    *,
    rate: float = 0.0,
    dividend_yield: float = 0.0,
    style: Literal["european", "american"] = "european",
    rejected: dict[str, int] | None = None,
) -> NDArray[np.float64]:
    """Return the volatility at which :func:`black_scholes` (or :func:`american_value`) gives the price, NaN for none.

    European: exact to the digits that the price holds (the error of the volatility is that of the time value over
    vega). ``rejected`` is filled with the number of NaN rows by reason: ``bad_input``, ``no_time_value`` (at or under
    the value of no volatility, or of immediate exercise), ``above_bound``, ``not_found`` (above 9,990% a year, or
    an American price that none or many volatilities give: far in the money it does not depend on it). Raises
    CoreError, SchemaError.
    """

# ---------------------------------------------------------------------------------------------- VPIN

_VpinScheme = Literal["tick", "quote", "bulk", "given"]
"""How volume is split into bought and sold: tick rule; quote rule with the tick rule where the quote says nothing
(Lee and Ready 1991); bulk classification of bars (Easley, Lopez de Prado, O'Hara 2012); or the tape's own aggressor."""

@final
class VpinSeries:
    """The buckets that filled, in order; a record batch for any Arrow library (``pyarrow.record_batch(x)``).

    Arrow columns, handed over without a copy: ``bucket_end_ns`` int64, ``buy_volume``, ``level`` and ``cdf`` float64
    (null until the window is full). The attributes of these names are NumPy arrays, made when first asked for, with
    NaN for null.
    """

    @property
    def bucket_end_ns(self) -> NDArray[np.int64]:
        """(buckets,) time of the trade that filled it."""
    @property
    def buy_volume(self) -> NDArray[np.float64]:
        """(buckets,) bought shares, and half of those without a side."""
    @property
    def level(self) -> NDArray[np.float64]:
        """(buckets,) VPIN, 0 to 1; NaN for the first ``window - 1`` buckets of the tape."""
    @property
    def cdf(self) -> NDArray[np.float64]:
        """(buckets,) share of the newest ``cdf_window`` levels, this one included, that are not above it."""
    bucket_volume: int
    """Shares in a bucket."""
    trades: int
    """Trades read; of a stream, all so far."""
    total_volume: float
    """Shares of them."""
    unclassified_volume: float
    """Shares of them without a side: they count half to each."""
    @property
    def unclassified_share(self) -> float:
        """``unclassified_volume / total_volume``; NaN without volume."""
    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

@final
class TradeSides:
    """One Arrow column with a value for each trade: ``pyarrow.array(x)``, ``polars.Series(x)``, ..."""

    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

def vpin(
    ts_ns: _Column,
    price: _Column | None,
    size: _Column,
    *,
    bucket_volume: int,
    window: int = 50,
    scheme: _VpinScheme = "tick",
    aggressor: _Column | None = None,
    bid: _Column | None = None,
    ask: _Column | None = None,
    bar_seconds: float | None = None,
    bar_volume: float | None = None,
    student_df: float | None = None,
    sigma: float | None = None,
    sigma_bars: int | None = None,
    cdf_window: int | None = None,
) -> VpinSeries:
    """Volume-synchronised probability of informed trading of a recorded tape (Easley, Lopez de Prado, O'Hara 2012).

    Columns have one value a trade, in the order of the tape: NumPy arrays or Arrow columns of any library, chunked
    or not. float64, int64 and int8 are not copied; other numbers, and times of another unit, are converted. No nulls.

    - ``ts_ns``: int64 ns since the epoch, or timestamps. ``price``: dollars. ``size``: shares, 0 to 1e9; 0 is no trade.
    - ``aggressor``: 1 buyer, -1 seller, 0 unknown; for ``"given"``, which needs no price (None).
    - ``bid``, ``ask``: dollars, the quote in force at each trade; for ``"quote"``. A null, NaN or 0 is an absent side.

    A bucket holds ``bucket_volume`` shares (50 or more; a 50th of the average day is usual; with ``window`` at most
    1e10 shares); a trade over its edge is split exactly. The level is ``sum |sold - bought| / (window *
    bucket_volume)`` over the last ``window`` full buckets (1 to 10,000). Volume without a side counts half to each.
    Sizes are kept in whole units of 1e-8 share, so all sums are exact: batches, streams (:class:`Vpin`), any cutting
    into chunks and :class:`Market` give the same bits. For whole shares the level is the nearest float to its exact
    value.

    ``"bulk"``: bars of ``bar_seconds`` (60) or, without splitting, ``bar_volume`` shares; the bought share of a bar
    is the distribution function (normal, or Student's t with ``student_df`` degrees of freedom) of the change of its
    close over ``sigma`` dollars, or over the deviation of all changes before it, or of the last ``sigma_bars`` (2 to
    100,000). Until two changes are known it is a half. The unfinished last bar is classified as if it ended with the
    tape.

    The CDF expands up to ``cdf_window`` levels (1 to 1,048,576; 32,768 unless given), then it rolls.

    The GIL is released. Raises CoreError for a bad price, size or aggressor (it names the row) and bad parameters,
    SchemaError for a column that can't be read.
    """

def classify_trades(
    price: _Column,
    *,
    size: _Column | None = None,
    ts_ns: _Column | None = None,
    scheme: Literal["tick", "quote", "bulk"] = "tick",
    bid: _Column | None = None,
    ask: _Column | None = None,
    bar_seconds: float | None = None,
    bar_volume: float | None = None,
    student_df: float | None = None,
    sigma: float | None = None,
    sigma_bars: int | None = None,
) -> TradeSides:
    """Who took liquidity in each trade, as :func:`vpin` finds it.

    ``"tick"`` and ``"quote"`` give int8: 1 buyer, -1 seller, 0 unknown (before the first price change, and trades of
    size 0).
    ``"bulk"`` needs ``size`` and ``ts_ns`` and gives float64: the bought share of the trade's bar, null until two
    changes are known. Columns, parameters and errors are those of :func:`vpin`.
    """

@final
class Vpin:
    """The VPIN of one tape as it comes: single trades and batches in any mixture give the bits of :func:`vpin`.

    Parameters are those of :func:`vpin`. May be used from several threads.
    """

    def __new__(
        cls,
        bucket_volume: int,
        *,
        window: int = 50,
        scheme: _VpinScheme = "tick",
        bar_seconds: float | None = None,
        bar_volume: float | None = None,
        student_df: float | None = None,
        sigma: float | None = None,
        sigma_bars: int | None = None,
        cdf_window: int | None = None,
    ) -> Self: ...
    def update(
        self,
        ts_ns: int,
        price: float,
        size: float,
        aggressor: int | None = None,
        bid: float | None = None,
        ask: float | None = None,
    ) -> int:
        """Take one trade; return how many buckets it filled.

        ``"given"`` needs ``aggressor``; ``"quote"`` reads ``bid`` and ``ask``, the quote in force (NaN or 0: none).
        """
    def extend(
        self,
        ts_ns: _Column,
        price: _Column | None,
        size: _Column,
        *,
        aggressor: _Column | None = None,
        bid: _Column | None = None,
        ask: _Column | None = None,
    ) -> VpinSeries:
        """Take a batch; return the buckets that it filled. If a row is refused nothing was taken."""
    def flush(self) -> VpinSeries:
        """End the unfinished bar of the bulk scheme; return the buckets that this filled. Nothing in other schemes."""
    @property
    def level(self) -> float | None:
        """None until the window holds its full number of buckets."""
    @property
    def cdf(self) -> float | None: ...
    @property
    def buckets(self) -> int:
        """Full buckets so far."""
    @property
    def bucket_volume(self) -> int: ...
    @property
    def open_volume(self) -> float:
        """Shares in the unfinished bucket."""
    @property
    def trades(self) -> int: ...
    @property
    def total_volume(self) -> float:
        """Shares poured so far; those of an unfinished bar of the bulk scheme are not yet."""
    @property
    def unclassified_share(self) -> float:
        """Share of ``total_volume`` without a side; NaN without volume."""

BUILD_PROFILE: str
"""The Cargo profile of this build: ``release`` is what is published, ``debug`` and ``quick`` are for development."""

def version() -> str:
    """Crate version."""
