"""How questions about contracts and of services beside the market are read from their fields."""

from collections.abc import Callable

from alphatrader.sim.wire import reference_requests as reference
from alphatrader.sim.wire.fields import FieldReader
from alphatrader.sim.wire.queries import read_contract

_ISSUER_ID = 176
_WSH_FILTERS = 171
_WSH_DATES = 173


def _contract_details(fields: FieldReader) -> reference.ContractDetailsRequest:
    fields.skip("version")
    req_id, contract = fields.integer("reqId"), read_contract(fields)
    fields.flag("includeExpired")
    sec_id_type, sec_id = fields.text("secIdType"), fields.text("secId")
    if fields.version >= _ISSUER_ID:
        fields.skip("issuerId")
    return reference.ContractDetailsRequest(req_id, contract, sec_id_type, sec_id)


def _option_parameters(fields: FieldReader) -> reference.OptionParametersRequest:
    return reference.OptionParametersRequest(
        fields.integer("reqId"),
        fields.text("underlyingSymbol"),
        fields.text("futFopExchange"),
        fields.text("underlyingSecType"),
        fields.integer("underlyingConId"),
    )


def _symbol_search(fields: FieldReader) -> reference.SymbolSearch:
    return reference.SymbolSearch(fields.integer("reqId"), fields.text("pattern"))


def _smart_components(fields: FieldReader) -> reference.SmartComponentsRequest:
    return reference.SmartComponentsRequest(fields.integer("reqId"), fields.text("bboExchange"))


def _scanner(fields: FieldReader) -> reference.ScannerRequest:
    req_id, rows = fields.integer("reqId"), fields.integer("numberOfRows", default=-1)
    instrument, location, scan_code = fields.text("instrument"), fields.text("locationCode"), fields.text("scanCode")
    above, below = fields.decimal("abovePrice"), fields.decimal("belowPrice")
    volume = fields.decimal("aboveVolume")
    for name in ("marketCapAbove", "marketCapBelow"):
        fields.decimal(name)
    fields.skip("moodyRatingAbove", "moodyRatingBelow", "spRatingAbove", "spRatingBelow")
    fields.skip("maturityDateAbove", "maturityDateBelow", "couponRateAbove", "couponRateBelow")
    fields.flag("excludeConvertible")
    fields.decimal("averageOptionVolumeAbove")
    fields.skip("scannerSettingPairs", "stockTypeFilter", "filterOptions", "options")
    return reference.ScannerRequest(
        req_id, rows, instrument, location, scan_code, float(above or 0), float(below or 0), float(volume or 0)
    )


def _join_group(fields: FieldReader) -> reference.GroupRequest:
    fields.skip("version")
    return reference.GroupRequest(68, fields.integer("reqId"), group=fields.integer("groupId"))


def _show_in_group(fields: FieldReader) -> reference.GroupRequest:
    fields.skip("version")
    return reference.GroupRequest(69, fields.integer("reqId"), info=fields.text("contractInfo"))


def _unserved(message_id: int, *names: str, version: bool = True) -> Callable[[FieldReader], reference.Unserved]:
    """Read a request of which only the reqId matters (if it has one) because it will be refused."""

    def read(fields: FieldReader) -> reference.Unserved:
        if version:
            fields.skip("version")
        req_id = -1
        for name in names:
            if name == "reqId":
                req_id = fields.integer(name)
            else:
                fields.skip(name)
        return reference.Unserved(message_id, req_id)

    return read


def _wsh_events(fields: FieldReader) -> reference.Unserved:
    req_id = fields.integer("reqId")
    fields.integer("conId")
    if fields.version >= _WSH_FILTERS:
        fields.skip("filter", "fillWatchlist", "fillPortfolio", "fillCompetitors")
    if fields.version >= _WSH_DATES:
        fields.skip("startDate", "endDate", "totalLimit")
    return reference.Unserved(102, req_id)


_COMPANY = ("conId", "symbol", "secType", "exchange", "primaryExchange", "currency", "localSymbol")
_NEWS_QUERY = ("reqId", "conId", "providerCodes", "startDateTime", "endDateTime", "totalResults", "options")

REFERENCE_READERS: dict[int, Callable[[FieldReader], reference.Unserved | object]] = {
    9: _contract_details,
    18: _unserved(18, "faDataType"),
    19: _unserved(19, "faDataType", "xml", "reqId"),
    22: _scanner,
    52: _unserved(52, "reqId", *_COMPANY, "reportType", "optionCount", "options"),
    65: _unserved(65, "apiName", "apiVersion"),
    66: _unserved(66, "apiData"),
    68: _join_group,
    69: _show_in_group,
    72: _unserved(72, "apiName", "apiVersion", "opaqueIsvKey"),
    73: _unserved(73, "apiData", "xyzResponse"),
    78: _option_parameters,
    81: _symbol_search,
    83: _smart_components,
    84: _unserved(84, "reqId", "providerCode", "articleId", "options", version=False),
    86: _unserved(86, *_NEWS_QUERY, version=False),
    100: _unserved(100, "reqId", version=False),
    102: _wsh_events,
}
