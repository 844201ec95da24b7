"""How questions about the account are read from their fields."""

from alphatrader.sim.wire import requests
from alphatrader.sim.wire.fields import FieldReader


def _updates(fields: FieldReader) -> requests.AccountUpdatesRequest:
    fields.skip("version")
    return requests.AccountUpdatesRequest(fields.flag("subscribe"), fields.text("acctCode"))


def _summary(fields: FieldReader) -> requests.AccountSummaryRequest:
    fields.skip("version")
    req_id, group = fields.integer("reqId"), fields.text("groupName")
    tags = tuple(dict.fromkeys(tag.strip() for tag in fields.text("tags").split(",") if tag.strip()))
    return requests.AccountSummaryRequest(req_id, group, tags)


def _updates_multi(fields: FieldReader) -> requests.AccountUpdatesMultiRequest:
    fields.skip("version")
    req_id, account, model = fields.integer("reqId"), fields.text("account"), fields.text("modelCode")
    return requests.AccountUpdatesMultiRequest(req_id, account, model, fields.flag("ledgerAndNLV"))


def _positions_multi(fields: FieldReader) -> requests.PositionsMultiRequest:
    fields.skip("version")
    return requests.PositionsMultiRequest(fields.integer("reqId"), fields.text("account"), fields.text("modelCode"))


def _pnl(fields: FieldReader) -> requests.PnlRequest:
    return requests.PnlRequest(fields.integer("reqId"), fields.text("account"), fields.text("modelCode"))


def _pnl_single(fields: FieldReader) -> requests.PnlRequest:
    req_id, account, model = fields.integer("reqId"), fields.text("account"), fields.text("modelCode")
    return requests.PnlRequest(req_id, account, model, fields.integer("conId"))


def _executions(fields: FieldReader) -> requests.ExecutionsRequest:
    fields.skip("version")
    req_id, client_id = fields.integer("reqId"), fields.integer("clientId")
    account, since, symbol = fields.text("acctCode"), fields.text("time"), fields.text("symbol")
    sec_type, exchange = fields.text("secType"), fields.text("exchange")
    side = fields.text("side")
    return requests.ExecutionsRequest(req_id, client_id, account, since, symbol, sec_type, exchange, side)


ACCOUNT_READERS = {
    6: _updates,
    7: _executions,
    62: _summary,
    74: _positions_multi,
    76: _updates_multi,
    92: _pnl,
    94: _pnl_single,
}
