"""How requests for market data and history are read from their fields."""

from collections.abc import Callable

from alphatrader.sim.wire import data_requests as data
from alphatrader.sim.wire.fields import FieldReader
from alphatrader.sim.wire.queries import read_contract


def _market_data(fields: FieldReader) -> data.MarketDataRequest:
    fields.skip("version")
    req_id = fields.integer("reqId")
    contract = read_contract(fields, legs=True)
    if fields.flag("deltaNeutralContract"):
        fields.skip("conId", "delta", "price")
    generic = tuple(dict.fromkeys(tick.strip() for tick in fields.text("genericTicks").split(",") if tick.strip()))
    snapshot, regulatory = fields.flag("snapshot"), fields.flag("regulatorySnapshot")
    fields.skip("options")
    return data.MarketDataRequest(req_id, contract, generic, snapshot, regulatory)


def _depth(fields: FieldReader) -> data.DepthRequest:
    fields.skip("version")
    req_id, contract = fields.integer("reqId"), read_contract(fields)
    rows, smart = fields.integer("numRows"), fields.flag("isSmartDepth")
    fields.skip("options")
    return data.DepthRequest(req_id, contract, rows, smart)


def _tick_by_tick(fields: FieldReader) -> data.TickByTickRequest:
    req_id, contract = fields.integer("reqId"), read_contract(fields)
    kind, past = fields.text("tickType"), fields.integer("numberOfTicks")
    return data.TickByTickRequest(req_id, contract, kind, past, fields.flag("ignoreSize"))


def _real_time_bars(fields: FieldReader) -> data.RealTimeBarsRequest:
    fields.skip("version")
    req_id, contract = fields.integer("reqId"), read_contract(fields)
    size_s, what, regular = fields.integer("barSize"), fields.text("whatToShow"), fields.flag("useRTH")
    fields.skip("options")
    return data.RealTimeBarsRequest(req_id, contract, size_s, what, regular)


def _history(fields: FieldReader) -> data.HistoryRequest:
    req_id, contract = fields.integer("reqId"), read_contract(fields)
    fields.flag("includeExpired")
    end, bar_size, duration = fields.text("endDateTime"), fields.text("barSizeSetting"), fields.text("durationStr")
    regular = fields.flag("useRTH")
    what, date_format = fields.text("whatToShow"), fields.integer("formatDate")
    contract = contract.with_legs(fields)
    keep = fields.flag("keepUpToDate")
    fields.skip("options")
    return data.HistoryRequest(req_id, contract, end, bar_size, duration, regular, what, date_format, keep)


def _historical_ticks(fields: FieldReader) -> data.HistoricalTicksRequest:
    req_id, contract = fields.integer("reqId"), read_contract(fields)
    fields.flag("includeExpired")
    start, end = fields.text("startDateTime"), fields.text("endDateTime")
    count, what = fields.integer("numberOfTicks"), fields.text("whatToShow")
    regular, ignore_size = fields.flag("useRTH"), fields.flag("ignoreSize")
    fields.skip("options")
    return data.HistoricalTicksRequest(req_id, contract, start, end, count, what, regular, ignore_size)


def _head_timestamp(fields: FieldReader) -> data.HeadTimestampRequest:
    req_id, contract = fields.integer("reqId"), read_contract(fields)
    fields.flag("includeExpired")
    regular, what = fields.flag("useRTH"), fields.text("whatToShow")
    return data.HeadTimestampRequest(req_id, contract, what, regular, fields.integer("formatDate"))


def _histogram(fields: FieldReader) -> data.HistogramRequest:
    req_id, contract = fields.integer("reqId"), read_contract(fields)
    fields.flag("includeExpired")
    regular = fields.flag("useRTH")
    return data.HistogramRequest(req_id, contract, regular, fields.text("timePeriod"))


def _calculation(message_id: int, name: str) -> Callable[[FieldReader], data.CalculationRequest]:
    def read(fields: FieldReader) -> data.CalculationRequest:
        fields.skip("version")
        req_id, contract = fields.integer("reqId"), read_contract(fields)
        value, underlying_price = fields.decimal(name) or 0, fields.decimal("underPrice") or 0
        # ib_insync, ib_async and ibapi 9.81 write how many options follow; the official client leaves that out.
        fields.skip(*("optionCount", "options")[-fields.remaining :])
        return data.CalculationRequest(message_id, req_id, contract, float(value), float(underlying_price))

    return read


DATA_READERS = {
    1: _market_data,
    10: _depth,
    20: _history,
    50: _real_time_bars,
    54: _calculation(54, "optionPrice"),
    55: _calculation(55, "volatility"),
    87: _head_timestamp,
    88: _histogram,
    96: _historical_ticks,
    97: _tick_by_tick,
}
