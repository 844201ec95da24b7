"""What clients ask: one value for each request."""

from msgspec import Struct

from alphatrader.sim.wire.place_order import PlaceOrder
from alphatrader.sim.wire.queries import ContractQuery


class StartApi(Struct, frozen=True):
    """71: the client says who it is; nothing may be sent before."""

    client_id: int


class MarketDataRequest(Struct, frozen=True):
    """1: an L1 line. ``generic_ticks`` are the numbers asked for (``233``, ``101``...)."""

    req_id: int
    contract: ContractQuery
    generic_ticks: frozenset[str]
    snapshot: bool


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


class RealTimeBarsRequest(Struct, frozen=True):
    """50: bars of five seconds."""

    req_id: int
    contract: ContractQuery
    what: str


class HistoryRequest(Struct, frozen=True):
    """20: bars of the past. ``date_format`` 1 = text, 2 = epoch seconds."""

    req_id: int
    contract: ContractQuery
    end: str
    bar_size: str
    duration: str
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


class HeadTimestampRequest(Struct, frozen=True):
    """87: the oldest moment of which there is history."""

    req_id: int
    contract: ContractQuery
    date_format: int


class ContractDetailsRequest(Struct, frozen=True):
    """9: every contract that fits a description."""

    req_id: int
    contract: ContractQuery


class OptionParametersRequest(Struct, frozen=True):
    """78: expiries and strikes of an underlying."""

    req_id: int
    symbol: str
    con_id: int


class SymbolSearch(Struct, frozen=True):
    """81: symbols that begin like this."""

    req_id: int
    pattern: str


class CancelOrder(Struct, frozen=True):
    """4: cancel one order."""

    order_id: int


class AccountUpdatesRequest(Struct, frozen=True):
    """6: account values and portfolio, on or off."""

    subscribe: bool
    account: str


class AccountSummaryRequest(Struct, frozen=True):
    """62: account values by tag."""

    req_id: int
    tags: frozenset[str]


class AccountUpdatesMultiRequest(Struct, frozen=True):
    """76: account values of one account."""

    req_id: int
    account: str


class PnlRequest(Struct, frozen=True):
    """92: profit and loss of the account; 94: of one contract (``con_id``)."""

    req_id: int
    con_id: int = 0


class ExecutionsRequest(Struct, frozen=True):
    """7: executions of the day that pass the filter; empty means any."""

    req_id: int
    client_id: int
    account: str
    since: str
    symbol: str
    sec_type: str
    side: str


class Numbered(Struct, frozen=True):
    """A request that holds one number and little else: cancels of subscriptions, market rules, types, switches."""

    message_id: int
    number: int


class Plain(Struct, frozen=True):
    """A request without arguments of weight."""

    message_id: int


Request = (
    StartApi
    | MarketDataRequest
    | DepthRequest
    | TickByTickRequest
    | RealTimeBarsRequest
    | HistoryRequest
    | HistoricalTicksRequest
    | HeadTimestampRequest
    | ContractDetailsRequest
    | OptionParametersRequest
    | SymbolSearch
    | PlaceOrder
    | CancelOrder
    | AccountUpdatesRequest
    | AccountSummaryRequest
    | AccountUpdatesMultiRequest
    | PnlRequest
    | ExecutionsRequest
    | Numbered
    | Plain
)
