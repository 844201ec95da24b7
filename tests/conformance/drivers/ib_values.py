"""Contracts, orders and rows of ib_insync or ib_async (the first argument says which), from and to the steps' form."""

import importlib
import logging
import sys
from typing import Any

from normal import plain

library: Any = importlib.import_module(sys.argv[1])
logging.getLogger(sys.argv[1]).setLevel(logging.CRITICAL)


def contract_of(fields: dict[str, Any]) -> Any:
    legs = [library.ComboLeg(**leg) for leg in fields.get("comboLegs", ())]
    plain_fields = {key: value for key, value in fields.items() if key != "comboLegs"}
    contract = library.Contract.create(**{"secType": "", **plain_fields})
    contract.comboLegs = legs
    return contract


def order_of(fields: dict[str, Any]) -> Any:
    special = {"conditions", "algoParams", "smartComboRoutingParams"}
    order = library.Order(**{key: value for key, value in fields.items() if key not in special})
    order.conditions = [condition_of(raw) for raw in fields.get("conditions", ())]
    for name in ("algoParams", "smartComboRoutingParams"):
        if name in fields:
            setattr(order, name, [library.TagValue(tag, value) for tag, value in fields[name]])
    return order


def condition_of(raw: dict[str, Any]) -> Any:
    names = {"exchange": "exch"}
    fields = {names.get(key, key): value for key, value in raw.items() if key != "kind"}
    return getattr(library, raw["kind"] + "Condition")(**fields)


def trade_row(trade: Any) -> dict[str, Any]:
    order = {**plain(trade.order), "softDollarTier": None}
    return {"orderId": trade.order.orderId, "contract": trade.contract, "order": order, "state": trade.orderStatus}


def fill_row(fill: Any) -> dict[str, Any]:
    report = fill.commissionReport
    paid = {"commission": report.commission if report.execId else None, "realizedPNL": report.realizedPNL}
    contract = {"conId": fill.contract.conId, "secType": fill.contract.secType}
    return {**plain(fill.execution), **contract, **plain(paid), "currency": report.currency}


def bar_row(bar: Any) -> list[Any]:
    return [str(bar.date), bar.open, bar.high, bar.low, bar.close, bar.volume, bar.barCount, bar.average]


def tick_rows(ticker: Any) -> list[Any]:
    rows: list[Any] = []
    for tick in ticker.tickByTicks:
        stamp = int(tick.time.timestamp())
        if hasattr(tick, "midPoint"):
            rows.append(["MidPoint", stamp, tick.midPoint])
        elif hasattr(tick, "bidPrice"):
            rows.append(["BidAsk", stamp, tick.bidPrice, tick.askPrice, tick.bidSize, tick.askSize])
        else:
            kind = "Last" if tick.tickType == 1 else "AllLast"
            rows.append([kind, stamp, tick.price, tick.size, tick.exchange, tick.specialConditions])
    return rows
