"""Drives the official client (module ``ibapi``, found by PYTHONPATH): ``python official_driver.py``."""

import inspect
import json
import os
import sys
import threading
import time
from collections import defaultdict
from typing import Any

from ibapi import order_condition
from ibapi.client import EClient
from ibapi.contract import ComboLeg, Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.tag_value import TagValue
from ibapi.wrapper import EWrapper
from normal import GREEK_TICKS, GREEKS, TICK_FIELDS, WAIT_S, answer, fill, plain

try:
    from ibapi.order_cancel import OrderCancel
except ImportError:  # 9.81
    OrderCancel = None

DONE = {"Filled", "Cancelled", "ApiCancelled", "Inactive"}
NOTICES = {2104, 2106, 2158}


def contract_of(fields: dict[str, Any]) -> Contract:
    legs = fields.get("comboLegs")
    contract = fill(Contract(), {key: value for key, value in fields.items() if key != "comboLegs"})
    if legs:
        contract.comboLegs = [fill(ComboLeg(), leg) for leg in legs]
    return contract


def order_of(fields: dict[str, Any], *, untouched: bool = False) -> Order:
    order = Order()
    if not untouched:
        # What every user of 9.81 has to do: its defaults are refused.
        order.eTradeOnly = order.firmQuoteOnly = False
    special = {"conditions", "algoParams", "smartComboRoutingParams"}
    fill(order, {key: value for key, value in fields.items() if key not in special})
    order.conditions = [condition_of(raw) for raw in fields.get("conditions", ())]
    for name in ("algoParams", "smartComboRoutingParams"):
        if name in fields:
            setattr(order, name, [TagValue(tag, value) for tag, value in fields[name]])
    return order


def condition_of(raw: dict[str, Any]) -> Any:
    condition = getattr(order_condition, raw["kind"] + "Condition")()
    condition.isConjunctionConnection = raw.get("conjunction", "a") == "a"
    return fill(condition, {key: value for key, value in raw.items() if key not in {"kind", "conjunction"}})


class Client(EWrapper, EClient):
    """One connection. All callbacks run in its reading thread; requests in the main thread."""

    def __init__(self) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, wrapper=self)
        self.changed = threading.Condition()
        self.errors: list[tuple[int, int, str]] = []
        self.accounts: list[str] = []
        self.next_id: int | None = None
        self.announced_id: int | None = None
        self.closed = False
        self.rows: dict[Any, list[Any]] = defaultdict(list)
        self.ended: set[Any] = set()
        self.tickers: dict[int, dict[str, Any]] = defaultdict(lambda: {"greeks": {}, "strings": [], "types": []})
        self.books: dict[int, dict[str, list[Any]]] = defaultdict(lambda: {"asks": [], "bids": []})
        self.orders: dict[int, dict[str, Any]] = {}
        self.commissions: dict[str, Any] = {}
        self.account_values: dict[str, Any] = {}
        self.portfolio: dict[int, Any] = {}
        self.positions: dict[int, Any] = {}
        self.open_sweep: list[Any] = []
        self.placed: dict[int, tuple[Contract, Order]] = {}
        self.last_req_id = 100_000

    # ------------------------------------------------------------------------------------------------------- plumbing

    def note(self) -> None:
        with self.changed:
            self.changed.notify_all()

    def wait(self, condition: Any, what: str, wait_s: float = WAIT_S) -> None:
        with self.changed:
            if not self.changed.wait_for(condition, wait_s):
                raise TimeoutError(f"no {what} within {wait_s:g} s")

    def end(self, key: Any) -> None:
        with self.changed:
            self.ended.add(key)
            self.changed.notify_all()

    def new_req_id(self) -> int:
        self.last_req_id += 1
        return self.last_req_id

    def refused(self, req_id: int) -> bool:
        return any(seen == req_id for seen, _, _ in list(self.errors))

    def collect(self, req_id: int, what: str) -> list[Any]:
        """Wait for the end of an answer or for an error that refuses it."""
        self.wait(lambda: req_id in self.ended or self.refused(req_id), what)
        return self.rows[req_id]

    def ask(self, key: Any, request: Any, what: str) -> list[Any]:
        """Send a request whose answer carries no id, and wait for its end."""
        self.rows[key] = []
        self.ended.discard(key)
        request()
        self.wait(lambda: key in self.ended, what)
        return self.rows[key]

    # ------------------------------------------------------------------------------------------------------ callbacks

    def error(self, reqId: int, *rest: Any) -> None:
        # Since 10.33 a time stands before the code.
        code, text = rest[:2] if isinstance(rest[1], str) else rest[1:3]
        with self.changed:
            self.errors.append((reqId, code, text))
            self.changed.notify_all()

    def connectionClosed(self) -> None:
        self.closed = True
        self.note()

    def nextValidId(self, orderId: int) -> None:
        self.announced_id = orderId
        self.next_id = max(self.next_id or 0, orderId)
        self.note()

    def managedAccounts(self, accountsList: str) -> None:
        self.accounts = [account for account in accountsList.split(",") if account]
        self.note()

    def contractDetails(self, reqId: int, contractDetails: Any) -> None:
        self.rows[reqId].append(contractDetails)

    def contractDetailsEnd(self, reqId: int) -> None:
        self.end(reqId)

    def securityDefinitionOptionParameter(
        self,
        reqId: int,
        exchange: str,
        underlyingConId: int,
        tradingClass: str,
        multiplier: str,
        expirations: Any,
        strikes: Any,
    ) -> None:
        self.rows[reqId].append(
            {
                "exchange": exchange,
                "underlyingConId": underlyingConId,
                "tradingClass": tradingClass,
                "multiplier": multiplier,
                "expirations": sorted(expirations),
                "strikes": sorted(strikes),
            }
        )

    def securityDefinitionOptionParameterEnd(self, reqId: int) -> None:
        self.end(reqId)

    def symbolSamples(self, reqId: int, contractDescriptions: Any) -> None:
        self.rows[reqId] = list(contractDescriptions)
        self.end(reqId)

    def marketRule(self, marketRuleId: int, priceIncrements: Any) -> None:
        self.rows["rule", marketRuleId] = list(priceIncrements)
        self.end(("rule", marketRuleId))

    def mktDepthExchanges(self, depthMktDataDescriptions: Any) -> None:
        self.rows["depth exchanges"] = list(depthMktDataDescriptions)
        self.end("depth exchanges")

    def smartComponents(self, reqId: int, smartComponentMap: Any) -> None:
        self.rows[reqId] = [plain(row) for row in smartComponentMap]
        self.end(reqId)

    def currentTime(self, time: int) -> None:
        self.rows["time"] = [time]
        self.end("time")

    def marketDataType(self, reqId: int, marketDataType: int) -> None:
        self.tickers[reqId]["marketDataType"] = marketDataType

    def tickReqParams(self, tickerId: int, minTick: float, bboExchange: str, snapshotPermissions: int) -> None:
        self.tickers[tickerId].update(minTick=minTick, bboExchange=bboExchange, permissions=snapshotPermissions)

    def tick(self, req_id: int, tick_type: int, value: Any) -> None:
        ticker = self.tickers[req_id]
        ticker["types"].append(tick_type)
        if tick_type in TICK_FIELDS:
            ticker[TICK_FIELDS[tick_type]] = plain(value)

    def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
        self.tick(reqId, tickType, price)

    def tickSize(self, reqId: int, tickType: int, size: Any) -> None:
        self.tick(reqId, tickType, size)

    def tickGeneric(self, reqId: int, tickType: int, value: float) -> None:
        self.tick(reqId, tickType, value)

    def tickString(self, reqId: int, tickType: int, value: str) -> None:
        self.tick(reqId, tickType, value)
        self.tickers[reqId]["strings"].append([tickType, value])

    def tickSnapshotEnd(self, reqId: int) -> None:
        self.end(reqId)

    def tickOptionComputation(self, reqId: int, tickType: int, *values: Any) -> None:
        # 10.x passes the tick attribute before the figures; 9.81 does so from server version 156 on.
        figures = values[-len(GREEKS) :]
        self.tickers[reqId]["types"].append(tickType)
        name = GREEK_TICKS[tickType % 70]
        self.tickers[reqId]["greeks"][name] = {key: plain(value) for key, value in zip(GREEKS, figures, strict=True)}

    def updateMktDepth(self, reqId: int, position: int, operation: int, side: int, price: float, size: Any) -> None:
        self.updateMktDepthL2(reqId, position, "", operation, side, price, size, False)

    def updateMktDepthL2(
        self,
        reqId: int,
        position: int,
        marketMaker: str,
        operation: int,
        side: int,
        price: float,
        size: Any,
        isSmartDepth: bool,
    ) -> None:
        rows = self.books[reqId]["bids" if side else "asks"]
        row = [price, float(size), marketMaker]
        if operation == 0:
            rows.insert(position, row)
        elif operation == 1:
            rows[position] = row
        else:
            del rows[position]

    def tickByTickAllLast(
        self,
        reqId: int,
        tickType: int,
        time: int,
        price: float,
        size: Any,
        tickAttribLast: Any,
        exchange: str,
        specialConditions: str,
    ) -> None:
        kind = "Last" if tickType == 1 else "AllLast"
        self.rows[reqId].append([kind, time, price, float(size), exchange, specialConditions])

    def tickByTickBidAsk(
        self, reqId: int, time: int, bidPrice: float, askPrice: float, bidSize: Any, askSize: Any, tickAttribBidAsk: Any
    ) -> None:
        self.rows[reqId].append(["BidAsk", time, bidPrice, askPrice, float(bidSize), float(askSize)])

    def tickByTickMidPoint(self, reqId: int, time: int, midPoint: float) -> None:
        self.rows[reqId].append(["MidPoint", time, midPoint])

    def realtimeBar(self, reqId: int, time: int, *figures: Any) -> None:
        self.rows[reqId].append([time, *(float(figure) for figure in figures)])

    def historicalData(self, reqId: int, bar: Any) -> None:
        self.rows[reqId].append(bar_row(bar))

    def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
        self.end(reqId)

    def historicalDataUpdate(self, reqId: int, bar: Any) -> None:
        self.rows[reqId, "update"].append(bar_row(bar))

    def historicalTicks(self, reqId: int, ticks: Any, done: bool) -> None:
        self.rows[reqId] += [plain(tick) for tick in ticks]
        if done:
            self.end(reqId)

    historicalTicksBidAsk = historicalTicksLast = historicalTicks

    def historicalSchedule(
        self, reqId: int, startDateTime: str, endDateTime: str, timeZone: str, sessions: Any
    ) -> None:
        self.rows[reqId] = [plain(session) for session in sessions]
        self.end(reqId)

    def headTimestamp(self, reqId: int, headTimestamp: str) -> None:
        self.rows[reqId] = [headTimestamp]
        self.end(reqId)

    def histogramData(self, reqId: int, items: Any) -> None:
        self.rows[reqId] = [
            [float(item.price), float(item.size if hasattr(item, "size") else item.count)] for item in items
        ]
        self.end(reqId)

    def updateAccountValue(self, key: str, val: str, currency: str, accountName: str) -> None:
        self.account_values[key] = val

    def updatePortfolio(
        self,
        contract: Any,
        position: Any,
        marketPrice: float,
        marketValue: float,
        averageCost: float,
        unrealizedPNL: float,
        realizedPNL: float,
        accountName: str,
    ) -> None:
        self.portfolio[contract.conId] = {
            "contract": contract,
            "position": position,
            "marketPrice": marketPrice,
            "marketValue": marketValue,
            "averageCost": averageCost,
            "unrealizedPNL": unrealizedPNL,
            "realizedPNL": realizedPNL,
        }

    def accountDownloadEnd(self, accountName: str) -> None:
        self.end("account")

    def position(self, account: str, contract: Any, position: Any, avgCost: float) -> None:
        self.positions[contract.conId] = {
            "account": account,
            "contract": contract,
            "position": position,
            "avgCost": avgCost,
        }

    def positionEnd(self) -> None:
        self.end("positions")

    def positionMulti(self, reqId: int, account: str, modelCode: str, contract: Any, pos: Any, avgCost: float) -> None:
        self.rows[reqId].append({"account": account, "contract": contract, "position": pos, "avgCost": avgCost})

    def positionMultiEnd(self, reqId: int) -> None:
        self.end(reqId)

    def accountUpdateMulti(self, reqId: int, account: str, modelCode: str, key: str, value: str, currency: str) -> None:
        self.rows[reqId].append([key, value])

    def accountUpdateMultiEnd(self, reqId: int) -> None:
        self.end(reqId)

    def accountSummary(self, reqId: int, account: str, tag: str, value: str, currency: str) -> None:
        self.rows[reqId].append([tag, value])

    def accountSummaryEnd(self, reqId: int) -> None:
        self.end(reqId)

    def pnl(self, reqId: int, dailyPnL: float, unrealizedPnL: float, realizedPnL: float) -> None:
        self.rows[reqId] = [plain({"dailyPnL": dailyPnL, "unrealizedPnL": unrealizedPnL, "realizedPnL": realizedPnL})]

    def pnlSingle(
        self, reqId: int, pos: Any, dailyPnL: float, unrealizedPnL: float, realizedPnL: float, value: float
    ) -> None:
        row = {"dailyPnL": dailyPnL, "unrealizedPnL": unrealizedPnL, "realizedPnL": realizedPnL}
        self.rows[reqId] = [plain({"position": pos, "value": value, **row})]

    # Orders

    def entry(self, order_id: int) -> dict[str, Any]:
        if order_id not in self.orders:
            blank = {"status": "PendingSubmit", "statuses": [], "filled": 0, "remaining": 0, "avg": 0, "whyHeld": ""}
            self.orders[order_id] = {**blank, "permId": 0, "parentId": 0, "messages": [], "fills": {}, "order": None}
        return self.orders[order_id]

    def openOrder(self, orderId: int, contract: Any, order: Any, orderState: Any) -> None:
        row = {"orderId": orderId, "contract": contract, "order": order, "state": orderState}
        self.open_sweep.append(plain({**row, "order": {**vars(order), "softDollarTier": None}}))
        entry = self.entry(orderId)
        entry.update(order=self.open_sweep[-1]["order"], state=plain(orderState), permId=order.permId)
        entry["contract"] = plain(contract)
        entry["messages"].append(["openOrder", orderState.status])
        if not order.whatIf:
            self.take_status(entry, orderState.status)
        self.note()

    def take_status(self, entry: dict[str, Any], status: str) -> None:
        if not entry["statuses"] or entry["statuses"][-1] != status:
            entry["statuses"].append(status)
        entry["status"] = status

    def openOrderEnd(self) -> None:
        self.end("open")

    def orderStatus(
        self,
        orderId: int,
        status: str,
        filled: Any,
        remaining: Any,
        avgFillPrice: float,
        permId: int,
        parentId: int,
        lastFillPrice: float,
        clientId: int,
        whyHeld: str,
        mktCapPrice: float,
    ) -> None:
        entry = self.entry(orderId)
        entry.update(
            filled=float(filled), remaining=float(remaining), avg=avgFillPrice, permId=permId, parentId=parentId
        )
        entry["whyHeld"] = whyHeld
        entry["messages"].append(["orderStatus", status])
        self.take_status(entry, status)
        self.note()

    def execDetails(self, reqId: int, contract: Any, execution: Any) -> None:
        row = {**plain(execution), "conId": contract.conId, "secType": contract.secType}
        if reqId >= 0:
            self.rows[reqId].append(row)
        entry = self.entry(execution.orderId)
        entry["fills"][execution.execId] = row
        entry["messages"].append(["execDetails", float(execution.shares)])

    def execDetailsEnd(self, reqId: int) -> None:
        self.end(reqId)

    def commissionReport(self, report: Any) -> None:
        row = plain(report)
        self.commissions[report.execId] = {
            "commission": row.get("commission", row.get("commissionAndFees")),
            "realizedPNL": row["realizedPNL"],
            "currency": row["currency"],
        }

    commissionAndFeesReport = commissionReport

    def completedOrder(self, contract: Any, order: Any, orderState: Any) -> None:
        self.rows["completed"].append(
            plain({"contract": contract, "order": {**vars(order), "softDollarTier": None}, "state": orderState})
        )

    def completedOrdersEnd(self) -> None:
        self.end("completed")

    # ----------------------------------------------------------------------------------------------------- operations

    def do_connect(self, port: int, client_id: int, wait_s: float = WAIT_S) -> Any:
        """Connect; returns when accounts and next id are there, or raises TimeoutError."""
        done = threading.Event()

        def open_link() -> None:
            try:
                self.connect("127.0.0.1", port, client_id)
            finally:
                done.set()

        threading.Thread(target=open_link, daemon=True).start()
        if not done.wait(wait_s):
            raise TimeoutError("the gateway did not answer the handshake")
        if not self.isConnected():
            raise ConnectionError("not connected")
        threading.Thread(target=self.run, daemon=True).start()
        self.wait(lambda: self.closed or (self.accounts and self.next_id is not None), "accounts and next id", wait_s)
        if self.closed or not self.accounts:
            raise ConnectionError("closed while connecting")
        # What a bot does first; the libraries ib_* do the same on their own.
        self.ask("positions", self.reqPositions, "end of positions")
        self.reqAccountUpdates(True, self.accounts[0])
        self.wait(lambda: "account" in self.ended, "end of the account's values")
        return {"accounts": self.accounts, "next_id": self.announced_id, "server_version": self.serverVersion()}

    def do_disconnect(self) -> None:
        self.disconnect()

    def do_connected(self) -> bool:
        return bool(self.isConnected())

    def do_errors(self) -> Any:
        return self.errors

    def do_new_id(self) -> int:
        assert self.next_id is not None
        self.next_id += 1
        return self.next_id - 1

    def do_ask_next_id(self) -> Any:
        self.announced_id = None
        self.reqIds(1)
        self.wait(lambda: self.announced_id is not None, "next id")
        return self.announced_id

    def do_details(self, contract: dict[str, Any]) -> Any:
        req_id = self.new_req_id()
        self.reqContractDetails(req_id, contract_of(contract))
        return [plain(row) for row in self.collect(req_id, "contract details")]

    def do_chain(self, symbol: str, sec_type: str, con_id: int) -> Any:
        req_id = self.new_req_id()
        self.reqSecDefOptParams(req_id, symbol, "", sec_type, con_id)
        return self.collect(req_id, "option parameters")

    def do_search(self, pattern: str) -> Any:
        req_id = self.new_req_id()
        self.reqMatchingSymbols(req_id, pattern)
        return self.collect(req_id, "symbols")

    def do_market_rule(self, rule_id: int) -> Any:
        return self.ask(("rule", rule_id), lambda: self.reqMarketRule(rule_id), "market rule")

    def do_depth_exchanges(self) -> Any:
        return self.ask("depth exchanges", self.reqMktDepthExchanges, "depth exchanges")

    def do_smart_components(self, bbo_exchange: str) -> Any:
        req_id = self.new_req_id()
        self.reqSmartComponents(req_id, bbo_exchange)
        return self.collect(req_id, "smart components")

    def do_time(self) -> Any:
        return self.ask("time", self.reqCurrentTime, "time")[0]

    def do_data_type(self, data_type: int) -> None:
        self.reqMarketDataType(data_type)

    def do_quote_start(
        self, contract: dict[str, Any], generic: str = "", snapshot: bool = False, req_id: int | None = None
    ) -> int:
        req_id = req_id or self.new_req_id()
        self.reqMktData(req_id, contract_of(contract), generic, snapshot, False, [])
        return req_id

    def do_quote(self, key: int) -> Any:
        return {**self.tickers[key], "ended": key in self.ended}

    def do_quote_stop(self, key: int) -> None:
        self.cancelMktData(key)

    def do_depth_start(self, contract: dict[str, Any], rows: int = 5, smart: bool = True) -> int:
        req_id = self.new_req_id()
        self.reqMktDepth(req_id, contract_of(contract), rows, smart, [])
        return req_id

    def do_depth(self, key: int) -> Any:
        return self.books[key]

    def do_depth_stop(self, key: int, smart: bool = True) -> None:
        self.cancelMktDepth(key, smart)

    def do_ticks_start(self, contract: dict[str, Any], kind: str) -> int:
        req_id = self.new_req_id()
        self.reqTickByTickData(req_id, contract_of(contract), kind, 0, False)
        return req_id

    def do_ticks(self, key: int) -> Any:
        return self.rows[key]

    def do_ticks_stop(self, key: int) -> None:
        self.cancelTickByTickData(key)

    def do_bars_start(self, contract: dict[str, Any], what: str = "TRADES") -> int:
        req_id = self.new_req_id()
        self.reqRealTimeBars(req_id, contract_of(contract), 5, what, False, [])
        return req_id

    do_bars = do_ticks

    def do_bars_stop(self, key: int) -> None:
        self.cancelRealTimeBars(key)

    def do_history(
        self,
        contract: dict[str, Any],
        duration: str,
        size: str,
        what: str = "TRADES",
        rth: bool = False,
        end: str = "",
        keep: bool = False,
        form: int = 2,
    ) -> Any:
        req_id = self.new_req_id()
        self.reqHistoricalData(req_id, contract_of(contract), end, duration, size, what, int(rth), form, keep, [])
        return {"key": req_id, "bars": self.collect(req_id, "history")}

    def do_history_updates(self, key: int) -> Any:
        return self.rows[key, "update"]

    def do_history_stop(self, key: int) -> None:
        self.cancelHistoricalData(key)

    def do_schedule(self, contract: dict[str, Any], duration: str) -> Any:
        req_id = self.new_req_id()
        self.reqHistoricalData(req_id, contract_of(contract), "", duration, "1 day", "SCHEDULE", 1, 1, False, [])
        return self.collect(req_id, "schedule")

    def do_history_ticks(self, contract: dict[str, Any], what: str, start: str, end: str, count: int) -> Any:
        req_id = self.new_req_id()
        self.reqHistoricalTicks(req_id, contract_of(contract), start, end, count, what, 0, False, [])
        return self.collect(req_id, "history of ticks")

    def do_head(self, contract: dict[str, Any], what: str = "TRADES") -> Any:
        req_id = self.new_req_id()
        self.reqHeadTimeStamp(req_id, contract_of(contract), what, 1, 2)
        rows = self.collect(req_id, "head time stamp")
        return int(rows[0]) if rows else None

    def do_histogram(self, contract: dict[str, Any], period: str) -> Any:
        req_id = self.new_req_id()
        self.reqHistogramData(req_id, contract_of(contract), True, period)
        return self.collect(req_id, "histogram")

    def do_account_values(self) -> Any:
        return self.account_values

    def do_portfolio(self) -> Any:
        return list(self.portfolio.values())

    def do_positions(self) -> Any:
        self.ask("positions", self.reqPositions, "end of positions")
        return [row for row in self.positions.values() if row["position"]]

    def do_summary(self) -> Any:
        req_id = self.new_req_id()
        self.reqAccountSummary(req_id, "All", "NetLiquidation,TotalCashValue,BuyingPower")
        rows = dict(self.collect(req_id, "account summary"))
        self.cancelAccountSummary(req_id)
        return rows

    def do_positions_multi(self) -> Any:
        req_id = self.new_req_id()
        self.reqPositionsMulti(req_id, self.accounts[0], "")
        rows = self.collect(req_id, "positions of one account")
        self.cancelPositionsMulti(req_id)
        return rows

    def do_account_multi(self) -> Any:
        req_id = self.new_req_id()
        self.reqAccountUpdatesMulti(req_id, self.accounts[0], "", False)
        rows = dict(self.collect(req_id, "values of one account"))
        self.cancelAccountUpdatesMulti(req_id)
        return rows

    def do_pnl_start(self, con_id: int = 0) -> int:
        req_id = self.new_req_id()
        if con_id:
            self.reqPnLSingle(req_id, self.accounts[0], "", con_id)
        else:
            self.reqPnL(req_id, self.accounts[0], "")
        return req_id

    def do_pnl(self, key: int) -> Any:
        return (self.rows[key] or [None])[0]

    def do_pnl_stop(self, key: int, con_id: int = 0) -> None:
        (self.cancelPnLSingle if con_id else self.cancelPnL)(key)

    def do_place(
        self, contract: dict[str, Any], order: dict[str, Any], order_id: int | None = None, untouched: bool = False
    ) -> int:
        order_id = order_id or self.do_new_id()
        self.placed[order_id] = (contract_of(contract), order_of(order, untouched=untouched))
        self.entry(order_id)
        self.placeOrder(order_id, *self.placed[order_id])
        return order_id

    def do_modify(self, order_id: int, **changes: Any) -> None:
        contract, order = self.placed[order_id]
        self.placeOrder(order_id, contract, fill(order, changes))

    def do_cancel(self, order_id: int) -> None:
        if OrderCancel is None:
            self.cancelOrder(order_id)
        elif "manualCancelOrderTime" in inspect.signature(EClient.cancelOrder).parameters:
            self.cancelOrder(order_id, "")
        else:
            self.cancelOrder(order_id, OrderCancel())

    def do_global_cancel(self) -> None:
        self.reqGlobalCancel(*([] if OrderCancel is None else [OrderCancel()]))

    def do_order(self, order_id: int) -> Any:
        entry = self.entry(order_id)
        fills = [
            {**row, **self.commissions.get(exec_id, {"commission": None})}
            for exec_id, row in list(entry["fills"].items())
        ]
        return {**entry, "done": entry["status"] in DONE, "fills": fills}

    def do_what_if(self, contract: dict[str, Any], order: dict[str, Any]) -> Any:
        order_id = self.do_place(contract, {**order, "whatIf": True})
        self.wait(lambda: self.orders[order_id].get("state") or self.refused(order_id), "what-if state")
        return self.orders[order_id].get("state")

    def sweep(self, request: Any) -> Any:
        self.open_sweep = []
        self.ask("open", request, "end of open orders")
        return self.open_sweep

    def do_open_orders(self) -> Any:
        return self.sweep(self.reqOpenOrders)

    def do_all_open_orders(self) -> Any:
        return self.sweep(self.reqAllOpenOrders)

    def do_completed_orders(self) -> Any:
        return self.ask("completed", lambda: self.reqCompletedOrders(True), "end of completed orders")

    def do_executions(self, **filters: Any) -> Any:
        req_id = self.new_req_id()
        self.reqExecutions(req_id, fill(ExecutionFilter(), filters))
        rows = self.collect(req_id, "executions")
        return [{**row, **self.commissions.get(row["execId"], {"commission": None})} for row in rows]

    def do_auto_bind(self) -> None:
        self.reqAutoOpenOrders(True)

    def do_exercise(self, contract: dict[str, Any], action: int, quantity: int) -> int:
        req_id = self.new_req_id()
        newer = ("", "", False) if OrderCancel is not None else ()
        self.exerciseOptions(req_id, contract_of(contract), action, quantity, self.accounts[0], 1, *newer)
        return req_id

    def do_calculate(self, contract: dict[str, Any], what: str, value: float, under: float) -> Any:
        req_id = self.new_req_id()
        request = self.calculateOptionPrice if what == "price" else self.calculateImpliedVolatility
        request(req_id, contract_of(contract), value, under, [])
        self.wait(lambda: "custom" in self.tickers[req_id]["greeks"] or self.refused(req_id), "computation")
        return self.tickers[req_id]["greeks"].get("custom")

    def do_flood(self, count: int) -> None:
        """Ask the time as often as said, as fast as the socket takes it."""
        for _ in range(count):
            self.reqCurrentTime()


GREEK_TICKS[53] = "custom"


def bar_row(bar: Any) -> list[Any]:
    wap = bar.wap if hasattr(bar, "wap") else bar.average
    figures = (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.barCount, wap)
    return [str(bar.date), *(float(figure) for figure in figures)]


def main() -> None:
    """Serve requests until standard input ends."""
    clients: dict[str, Client] = {}
    for line in sys.stdin:
        request = json.loads(line)
        name = request["conn"]
        if request["op"] == "connect":
            clients[name] = Client()
        try:
            result = getattr(clients[name], "do_" + request["op"])(**request["args"])
            # The reading thread may be writing: what it holds is copied by plain() until it holds still.
            for attempt in range(5):
                try:
                    text = answer(request, result)
                    break
                except RuntimeError:
                    if attempt == 4:
                        raise
                    time.sleep(0.001)
        except Exception as error:
            text = answer(request, error=error)
        print(text, flush=True)
    # Its reading threads do not end before their sockets time out.
    os._exit(0)


if __name__ == "__main__":
    main()
