"""What the adapter needs of market data, whoever decodes it, and what both decoders take for true.

:mod:`~alphatrader.adapters.ibkr.rust_feed` decodes in Rust, :mod:`~alphatrader.adapters.ibkr.library_feed` has the
library decode.
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol

import structlog

from alphatrader.adapters.ibkr.frames import Reader

_log = structlog.get_logger(__name__)

StreamKind = Literal["quote", "trade", "depth"]

RT_VOLUME = 48
LIVE, FROZEN = 1, 2
PRICE_MAX = SIZE_MAX = 1e9
"""No price or size is above: the market state refuses more, and a broken row must not end the trader."""


class Taps(Protocol):
    """What the rest of the adapter needs of market data, whoever decodes it."""

    @property
    def quotes_seen(self) -> int:
        """Quotes handed on."""
        ...

    @property
    def open(self) -> Callable[[int, int, StreamKind], None]:
        """Route rows under a request id to an instrument."""
        ...

    @property
    def close(self) -> Callable[[int], None]:
        """Drop whatever still comes under a request id."""
        ...

    @property
    def take_prints_from_quotes(self) -> Callable[[int, bool], None]:
        """Choose the one source of prints: RTVolume of the quote line, or tick-by-tick."""
        ...

    @property
    def price_size(self) -> Callable[[int, int, float, float], None]:
        """Take tickPrice (1)."""
        ...

    @property
    def size(self) -> Callable[[int, int, float], None]:
        """Take tickSize (2)."""
        ...

    @property
    def string(self) -> Callable[[int, int, str], None]:
        """Take tickString (46)."""
        ...

    @property
    def option_computation(self) -> Callable[[list[str]], None]:
        """Take tickOption (21), as its fields."""
        ...

    @property
    def tick_by_tick(self) -> Callable[[int, int, int, float, float, Any, str, str], None]:
        """Take tickByTick (99) of Last / AllLast."""
        ...

    @property
    def depth(self) -> Callable[[int, int, int, int, float, float], None]:
        """Take mktDepth (12)."""
        ...

    @property
    def depth_l2(self) -> Callable[..., None]:
        """Take mktDepthL2 (13)."""
        ...

    @property
    def market_data_type(self) -> Callable[[int, int], None]:
        """Take marketDataType (58)."""
        ...

    def flush(self) -> None:
        """Hand on what changed; call when a network chunk has been read."""
        ...

    def reader(self) -> Reader:
        """Return the reader of a new connection."""
        ...


def log_market_data_type(request_id: int, kind: int) -> None:
    """Say so if the gateway decided to give us something else than live data."""
    if kind != LIVE:
        _log.warning("ibkr_data_is_not_live", request_id=request_id, kind="frozen" if kind == FROZEN else "delayed")


def log_delayed_drop() -> None:
    """Say once that delayed ticks are dropped."""
    _log.warning(
        "ibkr_delayed_data_dropped",
        cure="subscribe to live data for this symbol, or set gateway.link.market_data_type to 3",
    )


def quoted_print(value: str) -> tuple[float, float]:
    """Price and size of an RTVolume text ``price;size;ms;total volume;vwap;single``; 0 where it states none."""
    price, size, _rest = value.split(";", 2)
    return (float(price), float(size)) if price and size else (0.0, 0.0)


def is_price(price: float) -> bool:
    """Whether a price can be true."""
    return 0 < price <= PRICE_MAX


def is_size(size: float) -> bool:
    """Whether a size can be true."""
    return 0 <= size <= SIZE_MAX
