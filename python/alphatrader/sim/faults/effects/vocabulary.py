"""Which requests and messages the words of a fault mean."""

from alphatrader.sim.wire import data_requests as data
from alphatrader.sim.wire import reference_requests as reference
from alphatrader.sim.wire import requests as ask
from alphatrader.sim.wire.place_order import PlaceOrder

REQUESTS: dict[str, tuple[type, ...]] = {
    "market_data": (data.MarketDataRequest,),
    "depth": (data.DepthRequest,),
    "tick_by_tick": (data.TickByTickRequest,),
    "real_time_bars": (data.RealTimeBarsRequest,),
    "history": (data.HistoryRequest,),
    "historical_ticks": (data.HistoricalTicksRequest,),
    "head_timestamp": (data.HeadTimestampRequest,),
    "contract_details": (reference.ContractDetailsRequest,),
    "option_parameters": (reference.OptionParametersRequest,),
    "symbol_search": (reference.SymbolSearch,),
    "orders": (PlaceOrder,),
    "cancels": (ask.CancelOrder,),
    "executions": (ask.ExecutionsRequest,),
    "account_updates": (ask.AccountUpdatesRequest,),
    "account_updates_multi": (ask.AccountUpdatesMultiRequest,),
    "account_summary": (ask.AccountSummaryRequest,),
    "pnl": (ask.PnlRequest,),
}
REQUEST_IDS: dict[str, frozenset[int]] = {
    "open_orders": frozenset({5, 16}),
    "completed_orders": frozenset({99}),
    "positions": frozenset({61}),
    "current_time": frozenset({49}),
    "stream_cancels": frozenset({2, 11, 51, 98}),
    "history_cancels": frozenset({25}),
}
"""Requests that the wire tells apart by their message id alone."""

_ORDER_MESSAGES = frozenset({3, 4, 5, 11, 59})
MESSAGES: dict[str, frozenset[int]] = {
    "statuses": frozenset({3}),
    "open_orders": frozenset({5}),
    "executions": frozenset({11}),
    "commissions": frozenset({59}),
    "notices": frozenset({4}),
    "positions": frozenset({61}),
    "portfolio": frozenset({7}),
    "account_values": frozenset({6, 8, 63, 73}),
    "ticks": frozenset({1, 2, 21, 45, 46, 99}),
    "depth": frozenset({12, 13}),
    "order_messages": _ORDER_MESSAGES,
    "everything": frozenset(range(1, 110)),
}
ENDS: dict[str, int] = {
    "positions": 62,
    "open_orders": 53,
    "completed_orders": 102,
    "executions": 55,
    "account_updates": 54,
    "account_updates_multi": 74,
    "account_summary": 64,
    "contract_details": 52,
    "option_parameters": 76,
    "snapshot": 57,
}
ROWS: dict[str, frozenset[int]] = {
    "positions": frozenset({61}),
    "open_orders": frozenset({5, 3}),
    "completed_orders": frozenset({101}),
    "executions": frozenset({11, 59}),
    "contract_details": frozenset({10}),
}
"""Messages of one row of an answer; the first of them begins the row."""
ROW_BEGINS: dict[str, int] = {
    "positions": 61,
    "open_orders": 5,
    "completed_orders": 101,
    "executions": 11,
    "contract_details": 10,
}
STREAM_MESSAGES = frozenset({1, 2, 12, 13, 21, 45, 46, 50, 99})
"""Messages of data streams."""


def asks(what: str, request: ask.Request) -> bool:
    """Whether a request is of a kind."""
    if what == "everything":
        return True
    if isinstance(request, ask.Plain | ask.Numbered):
        return request.message_id in REQUEST_IDS.get(what, frozenset())
    return isinstance(request, REQUESTS.get(what, ()))


def stream_id(fields: list[str]) -> int:
    """Return the request id of a message of a stream: behind the version, in the layouts that have one."""
    return int(fields[1 if fields[0] in {"21", "99"} else 2])
