"""What clients ask of the market: streams of the present and pieces of the past."""

from msgspec import Struct

from alphatrader.sim.wire.queries import ContractQuery


class MarketDataRequest(Struct, frozen=True):
    """1: an L1 line. ``generic_ticks`` are the texts asked for (``233``, ``101``...)."""

    req_id: int
    contract: ContractQuery
    generic_ticks: tuple[str, ...]
    snapshot: bool
    regulatory: bool


class DepthRequest(Struct, frozen=True):
    """10: rows of the book."""

    req_id: int
    contract: ContractQuery
    rows: int
    smart: bool


class TickByTickRequest(Struct, frozen=True):
    """97: every tick of one kind: Last, AllLast, BidAsk or MidPoint."""

    req_id: int
    contract: ContractQuery
    kind: str
    past_ticks: int
    ignore_size: bool


class RealTimeBarsRequest(Struct, frozen=True):
    """50: bars of five seconds."""

    req_id: int
    contract: ContractQuery
    bar_size_s: int
    what: str
    regular_hours: bool


class HistoryRequest(Struct, frozen=True):
    """20: bars of the past. ``date_format`` 1 = text, 2 = epoch seconds."""

    req_id: int
    contract: ContractQuery
    end: str
    bar_size: str
    duration: str
    regular_hours: bool
    what: str
    date_format: int
    keep_up_to_date: bool


class HistoricalTicksRequest(Struct, frozen=True):
    """96: ticks of the past, forward from ``start`` or backward from ``end``."""

    req_id: int
    contract: ContractQuery
    start: str
    end: str
    count: int
    what: str
    regular_hours: bool
    ignore_size: bool


class HeadTimestampRequest(Struct, frozen=True):
    """87: the oldest moment of which there is history."""

    req_id: int
    contract: ContractQuery
    what: str
    regular_hours: bool
    date_format: int


class HistogramRequest(Struct, frozen=True):
    """88: traded size by price over a period such as ``3 days``."""

    req_id: int
    contract: ContractQuery
    regular_hours: bool
    period: str


class CalculationRequest(Struct, frozen=True):
    """54: the volatility of an option at ``value`` dollars; 55: its price at a volatility of ``value``."""

    message_id: int
    req_id: int
    contract: ContractQuery
    value: float
    underlying_price: float
