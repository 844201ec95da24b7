"""How each request is read from its fields, in the order of versions 176 and 157."""

from collections.abc import Callable

from alphatrader.sim.wire.fields import FieldReader, MalformedRequestError
from alphatrader.sim.wire.place_order import read_place_order
from alphatrader.sim.wire.queries import read_contract
from alphatrader.sim.wire.requests import (
    AccountSummaryRequest,
    AccountUpdatesMultiRequest,
    AccountUpdatesRequest,
    CancelOrder,
    ContractDetailsRequest,
    DepthRequest,
    ExecutionsRequest,
    HeadTimestampRequest,
    HistoricalTicksRequest,
    HistoryRequest,
    MarketDataRequest,
    Numbered,
    OptionParametersRequest,
    Plain,
    PnlRequest,
    RealTimeBarsRequest,
    Request,
    StartApi,
    SymbolSearch,
    TickByTickRequest,
)

_MANUAL_ORDER_TIME = 169
_ISSUER_ID = 176


def _start_api(fields: FieldReader) -> StartApi:
    fields.skip("version")
    client_id = fields.integer("clientId")
    if client_id < 0:
        raise MalformedRequestError(f"clientId was {client_id}, not 0 or above")
    fields.skip("optionalCapabilities")
    return StartApi(client_id)


def _market_data(fields: FieldReader) -> MarketDataRequest:
    fields.skip("version")
    req_id = fields.integer("reqId")
    contract = read_contract(fields)
    contract.skip_legs(fields)
    if fields.flag("deltaNeutral"):
        fields.skip("conId", "delta", "price")
    generic = frozenset(tick.strip() for tick in fields.text("genericTicks").split(",") if tick.strip())
    snapshot = fields.flag("snapshot") | fields.flag("regulatorySnapshot")
    fields.skip("options")
    return MarketDataRequest(req_id, contract, generic, snapshot)


def _depth(fields: FieldReader) -> DepthRequest:
    fields.skip("version")
    return DepthRequest(
        req_id=fields.integer("reqId"),
        contract=read_contract(fields),
        rows=fields.integer("numRows"),
        smart=_last_option(fields.flag("isSmartDepth"), fields),
    )


def _last_option(value: bool, fields: FieldReader) -> bool:
    fields.skip("options")
    return value


def _tick_by_tick(fields: FieldReader) -> TickByTickRequest:
    request = TickByTickRequest(
        fields.integer("reqId"), read_contract(fields), fields.text("tickType"), fields.integer("numberOfTicks")
    )
    fields.skip("ignoreSize")
    return request


def _real_time_bars(fields: FieldReader) -> RealTimeBarsRequest:
    fields.skip("version")
    req_id, contract = fields.integer("reqId"), read_contract(fields)
    fields.skip("barSize")
    what = fields.text("whatToShow")
    fields.skip("useRTH", "options")
    return RealTimeBarsRequest(req_id, contract, what)


def _history(fields: FieldReader) -> HistoryRequest:
    req_id, contract = fields.integer("reqId"), read_contract(fields)
    fields.skip("includeExpired")
    end, bar_size, duration = fields.text("endDateTime"), fields.text("barSize"), fields.text("duration")
    fields.skip("useRTH")
    what, date_format = fields.text("whatToShow"), fields.integer("formatDate")
    contract.skip_legs(fields)
    keep = fields.flag("keepUpToDate")
    fields.skip("options")
    return HistoryRequest(req_id, contract, end, bar_size, duration, what, date_format, keep)


def _historical_ticks(fields: FieldReader) -> HistoricalTicksRequest:
    req_id, contract = fields.integer("reqId"), read_contract(fields)
    fields.skip("includeExpired")
    start, end = fields.text("startDateTime"), fields.text("endDateTime")
    count, what = fields.integer("numberOfTicks"), fields.text("whatToShow")
    fields.skip("useRTH", "ignoreSize", "options")
    return HistoricalTicksRequest(req_id, contract, start, end, count, what)


def _head_timestamp(fields: FieldReader) -> HeadTimestampRequest:
    req_id, contract = fields.integer("reqId"), read_contract(fields)
    fields.skip("includeExpired", "useRTH", "whatToShow")
    return HeadTimestampRequest(req_id, contract, fields.integer("formatDate"))


def _contract_details(fields: FieldReader) -> ContractDetailsRequest:
    fields.skip("version")
    request = ContractDetailsRequest(fields.integer("reqId"), read_contract(fields))
    fields.skip("includeExpired", "secIdType", "secId")
    if fields.version >= _ISSUER_ID:
        fields.skip("issuerId")
    return request


def _option_parameters(fields: FieldReader) -> OptionParametersRequest:
    req_id, symbol = fields.integer("reqId"), fields.text("symbol")
    fields.skip("futFopExchange", "underlyingSecType")
    return OptionParametersRequest(req_id, symbol, fields.integer("underlyingConId"))


def _cancel_order(fields: FieldReader) -> CancelOrder:
    fields.skip("version")
    request = CancelOrder(fields.integer("orderId"))
    if fields.version >= _MANUAL_ORDER_TIME:
        fields.skip("manualCancelOrderTime")
    return request


def _account_updates(fields: FieldReader) -> AccountUpdatesRequest:
    fields.skip("version")
    return AccountUpdatesRequest(fields.flag("subscribe"), fields.text("account"))


def _account_summary(fields: FieldReader) -> AccountSummaryRequest:
    fields.skip("version")
    req_id = fields.integer("reqId")
    fields.skip("group")
    return AccountSummaryRequest(req_id, frozenset(tag for tag in fields.text("tags").split(",") if tag))


def _account_updates_multi(fields: FieldReader) -> AccountUpdatesMultiRequest:
    fields.skip("version")
    request = AccountUpdatesMultiRequest(fields.integer("reqId"), fields.text("account"))
    fields.skip("modelCode", "ledgerAndNLV")
    return request


def _pnl(fields: FieldReader) -> PnlRequest:
    req_id = fields.integer("reqId")
    fields.skip("account", "modelCode")
    return PnlRequest(req_id, fields.integer("conId") if fields.remaining else 0)


def _executions(fields: FieldReader) -> ExecutionsRequest:
    fields.skip("version")
    req_id, client_id = fields.integer("reqId"), fields.integer("clientId")
    account, since, symbol = fields.text("account"), fields.text("time"), fields.text("symbol")
    sec_type = fields.text("secType")
    fields.skip("exchange")
    return ExecutionsRequest(req_id, client_id, account, since, symbol, sec_type, fields.text("side"))


def _symbol_search(fields: FieldReader) -> SymbolSearch:
    return SymbolSearch(fields.integer("reqId"), fields.text("pattern"))


_READERS: dict[int, Callable[[FieldReader], Request]] = {
    1: _market_data,
    3: read_place_order,
    4: _cancel_order,
    6: _account_updates,
    7: _executions,
    9: _contract_details,
    10: _depth,
    20: _history,
    50: _real_time_bars,
    62: _account_summary,
    71: _start_api,
    76: _account_updates_multi,
    78: _option_parameters,
    81: _symbol_search,
    87: _head_timestamp,
    92: _pnl,
    94: _pnl,
    96: _historical_ticks,
    97: _tick_by_tick,
}

_NUMBERED_AFTER_VERSION = frozenset({2, 8, 11, 12, 14, 15, 51, 59, 63, 75, 77, 25})
_NUMBERED = frozenset({90, 91, 93, 95, 98, 99})
_PLAIN = frozenset({5, 13, 16, 17, 49, 58, 61, 64, 82, 85})


def read_request(fields: list[str], version: int) -> Request | None:
    """Read one request; None for a message id that this gateway does not know. Raises MalformedRequestError."""
    reader = FieldReader(fields, version)
    message_id = reader.integer("message id", default=-1)
    read = _READERS.get(message_id)
    if read is not None:
        request = read(reader)
        reader.end()
        return request
    if message_id in _NUMBERED_AFTER_VERSION:
        reader.skip("version")
        request = Numbered(message_id, int(reader.flag("switch")) if message_id in {12, 15} else reader.integer("id"))
        if message_id == 11:
            reader.skip("isSmartDepth")
        reader.end()
        return request
    if message_id in _NUMBERED:
        request = Numbered(message_id, int(reader.flag("switch")) if message_id == 99 else reader.integer("id"))
        reader.end()
        return request
    return Plain(message_id) if message_id in _PLAIN else None
