"""What clients ask of their session, the account and their orders: one value for each request."""

from msgspec import Struct

from alphatrader.sim.wire import data_requests as data
from alphatrader.sim.wire import reference_requests as reference
from alphatrader.sim.wire.exercise import ExerciseOptions
from alphatrader.sim.wire.place_order import PlaceOrder


class StartApi(Struct, frozen=True):
    """71: the client says who it is; nothing may be sent before."""

    client_id: int
    capabilities: str


class CancelOrder(Struct, frozen=True):
    """4: cancel one order."""

    order_id: int


class AccountUpdatesRequest(Struct, frozen=True):
    """6: account values and portfolio, on or off."""

    subscribe: bool
    account: str


class AccountSummaryRequest(Struct, frozen=True):
    """62: account values by tag, ``$LEDGER`` and its currencies among them."""

    req_id: int
    group: str
    tags: tuple[str, ...]


class AccountUpdatesMultiRequest(Struct, frozen=True):
    """76: account values of one account or model; with ``ledger_only`` cash and net liquidation alone."""

    req_id: int
    account: str
    model: str
    ledger_only: bool


class PositionsMultiRequest(Struct, frozen=True):
    """74: positions of one account or model."""

    req_id: int
    account: str
    model: str


class PnlRequest(Struct, frozen=True):
    """92: profit and loss of the account; 94: of one contract (``con_id``)."""

    req_id: int
    account: str
    model: str
    con_id: int = 0


class ExecutionsRequest(Struct, frozen=True):
    """7: executions of the day that pass the filter; empty means any."""

    req_id: int
    client_id: int
    account: str
    since: str
    symbol: str
    sec_type: str
    exchange: str
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
    | data.MarketDataRequest
    | data.DepthRequest
    | data.TickByTickRequest
    | data.RealTimeBarsRequest
    | data.HistoryRequest
    | data.HistoricalTicksRequest
    | data.HeadTimestampRequest
    | data.HistogramRequest
    | data.CalculationRequest
    | reference.ContractDetailsRequest
    | reference.OptionParametersRequest
    | reference.SymbolSearch
    | reference.SmartComponentsRequest
    | reference.ScannerRequest
    | reference.GroupRequest
    | reference.Unserved
    | PlaceOrder
    | CancelOrder
    | ExerciseOptions
    | AccountUpdatesRequest
    | AccountSummaryRequest
    | AccountUpdatesMultiRequest
    | PositionsMultiRequest
    | PnlRequest
    | ExecutionsRequest
    | Numbered
    | Plain
)
