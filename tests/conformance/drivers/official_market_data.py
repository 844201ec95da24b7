"""What the official client calls back with about connections, contracts, market data and history."""

import threading
from collections import defaultdict
from typing import Any

from ibapi.wrapper import EWrapper
from normal import GREEK_TICKS, GREEKS, TICK_FIELDS, plain
from official_values import bar_row


class MarketDataCallbacks(EWrapper):
    """All that was seen, by request id; callbacks run in the client's reading thread."""

    def __init__(self) -> None:
        EWrapper.__init__(self)
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

    def note(self) -> None:
        """Wake whoever waits for something to be seen."""
        with self.changed:
            self.changed.notify_all()

    def end(self, key: Any) -> None:
        """Remember that an answer is complete."""
        with self.changed:
            self.ended.add(key)
            self.changed.notify_all()

    def error(self, reqId: int, *rest: Any) -> None:
        # Since 10.33 a time stands before the code.
        code, text = rest[:2] if isinstance(rest[1], str) else rest[1:3]
        with self.changed:
            self.errors.append((reqId, code, text))
            if code == 317:
                # The message asks for it.
                self.books[reqId] = {"asks": [], "bids": []}
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
        self.note()

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
