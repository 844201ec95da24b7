"""Drives ib_insync or ib_async as a bot uses them, by the class IB: ``python ib_driver.py ib_async``."""

import asyncio
import importlib
import json
import logging
import sys
from typing import Any

from normal import GREEKS, WAIT_S, answer, fill, plain

library: Any = importlib.import_module(sys.argv[1])
logging.getLogger(sys.argv[1]).setLevel(logging.CRITICAL)

QUOTE = [
    "bid",
    "bidSize",
    "ask",
    "askSize",
    "last",
    "lastSize",
    "volume",
    "open",
    "high",
    "low",
    "close",
    "vwap",
    "halted",
    "marketDataType",
    "minTick",
    "rtVolume",
    "bboExchange",
    "callOpenInterest",
    "putOpenInterest",
    "callVolume",
    "putVolume",
    "histVolatility",
    "impliedVolatility",
    "markPrice",
    "low52week",
    "high52week",
    "avVolume",
    "shortableShares",
    "avOptionVolume",
]


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


class Client:
    """One connection."""

    def __init__(self) -> None:
        self.ib = library.IB()
        self.ib.RequestTimeout = WAIT_S
        self.errors: list[Any] = []
        self.ib.errorEvent += self.on_error
        self.announced_id: int | None = None
        update = self.ib.client.updateReqId
        self.ib.client.updateReqId = lambda lowest: (setattr(self, "announced_id", lowest), update(lowest))
        self.tickers: dict[int, Any] = {}
        self.streams: dict[int, list[Any]] = {}
        self.handles: dict[int, Any] = {}
        self.trades: dict[int, Any] = {}
        self.cancelled_events: dict[int, int] = {}
        self.ended: set[int] = set()
        end = self.ib.wrapper.tickSnapshotEnd
        self.ib.wrapper.tickSnapshotEnd = lambda ended: (self.ended.add(ended), end(ended))
        self.types: dict[int, list[int]] = {}
        self.ib.newOrderEvent += self.watch
        self.ib.openOrderEvent += self.watch
        self.ib.execDetailsEvent += self.on_exec
        self.fills: dict[str, Any] = {}

    def on_error(self, req_id: int, code: int, text: str, contract: Any) -> None:
        self.errors.append([req_id, code, text])

    def watch(self, trade: Any) -> None:
        order_id = trade.order.orderId
        if self.trades.get(order_id) is not trade:
            self.trades[order_id] = trade
            trade.cancelledEvent += self.on_cancelled

    def on_cancelled(self, trade: Any) -> None:
        order_id = trade.order.orderId
        self.cancelled_events[order_id] = self.cancelled_events.get(order_id, 0) + 1

    def on_exec(self, trade: Any, fill: Any) -> None:
        self.fills[fill.execution.execId] = fill
        self.watch(trade)

    async def until(self, condition: Any, what: str) -> Any:
        deadline = asyncio.get_running_loop().time() + WAIT_S
        while not (value := condition()):
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(f"no {what} within {WAIT_S:g} s")
            await asyncio.sleep(0.002)
        return value

    def refused(self, req_id: int) -> bool:
        return any(row[0] == req_id for row in self.errors)

    # ----------------------------------------------------------------------------------------------------- operations

    async def do_connect(self, port: int, client_id: int, wait_s: float = WAIT_S) -> Any:
        await self.ib.connectAsync("127.0.0.1", port, clientId=client_id, timeout=wait_s)
        for trade in self.ib.trades():
            self.watch(trade)
        return {
            "accounts": self.ib.managedAccounts(),
            "next_id": self.announced_id,
            "server_version": self.ib.client.serverVersion(),
        }

    async def do_disconnect(self) -> None:
        self.ib.disconnect()

    async def do_connected(self) -> bool:
        return self.ib.isConnected()

    async def do_errors(self) -> Any:
        return self.errors

    async def do_new_id(self) -> int:
        return self.ib.client.getReqId()

    async def do_ask_next_id(self) -> Any:
        self.announced_id = None
        self.ib.client.reqIds(1)
        return await self.until(lambda: self.announced_id, "next id")

    async def do_details(self, contract: dict[str, Any]) -> Any:
        return await self.ib.reqContractDetailsAsync(contract_of(contract))

    async def do_chain(self, symbol: str, sec_type: str, con_id: int) -> Any:
        rows = await self.ib.reqSecDefOptParamsAsync(symbol, "", sec_type, con_id)
        return [{**plain(row), "underlyingConId": int(row.underlyingConId)} for row in rows]

    async def do_search(self, pattern: str) -> Any:
        return await self.ib.reqMatchingSymbolsAsync(pattern)

    async def do_market_rule(self, rule_id: int) -> Any:
        return await self.ib.reqMarketRuleAsync(rule_id)

    async def do_depth_exchanges(self) -> Any:
        return await self.ib.reqMktDepthExchangesAsync()

    async def do_smart_components(self, bbo_exchange: str) -> Any:
        return [plain(row) for row in await self.ib.reqSmartComponentsAsync(bbo_exchange)]

    async def do_time(self) -> Any:
        return int((await self.ib.reqCurrentTimeAsync()).timestamp())

    async def do_data_type(self, data_type: int) -> None:
        self.ib.reqMarketDataType(data_type)

    def keep(self, ticker: Any) -> int:
        key = next(
            (
                req_id
                for req_id, known in self.ib.wrapper.reqId2Ticker.items()
                if known is ticker and req_id not in self.tickers
            ),
            None,
        )
        assert key is not None
        self.tickers[key] = ticker
        stream: list[Any] = []
        self.streams[key] = stream
        ticker.updateEvent += lambda updated: stream.extend(tick_rows(updated))
        types = self.types.setdefault(key, [])
        ticker.updateEvent += lambda updated: types.extend(tick.tickType for tick in updated.ticks)
        return key

    async def do_quote_start(
        self, contract: dict[str, Any], generic: str = "", snapshot: bool = False, req_id: int | None = None
    ) -> int:
        built = contract_of(contract)
        if req_id:
            self.ib.client.reqMktData(req_id, built, generic, snapshot, False, [])
            return req_id
        ticker = self.ib.reqMktData(built, generic, snapshot, False)
        key = self.keep(ticker)
        self.handles[key] = built
        return key

    async def do_quote(self, key: int) -> Any:
        ticker = self.tickers[key]
        row = {name: getattr(ticker, name) for name in QUOTE if hasattr(ticker, name)}
        greeks = {}
        for name in ("bidGreeks", "askGreeks", "lastGreeks", "modelGreeks"):
            found = getattr(ticker, name)
            if found is not None:
                greeks[name] = {figure: getattr(found, figure) for figure in GREEKS}
        rt_time = ticker.rtTime.timestamp() if ticker.rtTime else None
        strings = [[48, f"{ticker.last};{ticker.rtVolume};{rt_time}"]] if rt_time else []
        return {**row, "greeks": greeks, "types": self.types[key], "strings": strings, "ended": key in self.ended}

    async def do_quote_stop(self, key: int) -> None:
        if key in self.handles:
            self.ib.cancelMktData(self.handles[key])
        else:
            self.ib.client.cancelMktData(key)

    async def do_depth_start(self, contract: dict[str, Any], rows: int = 5, smart: bool = True) -> int:
        built = contract_of(contract)
        key = self.keep(self.ib.reqMktDepth(built, rows, smart))
        self.handles[key] = built
        return key

    async def do_depth(self, key: int) -> Any:
        ticker = self.tickers[key]
        sides = {"bids": ticker.domBids, "asks": ticker.domAsks}
        return {name: [[row.price, row.size, row.marketMaker] for row in rows] for name, rows in sides.items()}

    async def do_depth_stop(self, key: int, smart: bool = True) -> None:
        if key in self.handles:
            self.ib.cancelMktDepth(self.handles[key], smart)
        else:
            self.ib.client.cancelMktDepth(key, smart)

    async def do_ticks_start(self, contract: dict[str, Any], kind: str) -> int:
        built = contract_of(contract)
        key = self.keep(self.ib.reqTickByTickData(built, kind, 0, False))
        self.handles[key] = (built, kind)
        return key

    async def do_ticks(self, key: int) -> Any:
        return self.streams[key]

    async def do_ticks_stop(self, key: int) -> None:
        self.ib.cancelTickByTickData(*self.handles[key])

    async def do_bars_start(self, contract: dict[str, Any], what: str = "TRADES") -> int:
        bars = self.ib.reqRealTimeBars(contract_of(contract), 5, what, False)
        self.handles[bars.reqId] = bars
        return bars.reqId

    async def do_bars(self, key: int) -> Any:
        return [
            [int(bar.time.timestamp()), bar.open_, bar.high, bar.low, bar.close, bar.volume, bar.wap, bar.count]
            for bar in self.handles[key]
        ]

    async def do_bars_stop(self, key: int) -> None:
        if key in self.handles:
            self.ib.cancelRealTimeBars(self.handles[key])
        else:
            self.ib.client.cancelRealTimeBars(key)

    async def do_history(
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
        options = {"timeout": 3} if not keep else {}
        bars = await self.ib.reqHistoricalDataAsync(
            contract_of(contract), end, duration, size, what, rth, form, keep, **options
        )
        self.handles[bars.reqId] = bars
        return {"key": bars.reqId, "bars": [bar_row(bar) for bar in bars]}

    async def do_history_updates(self, key: int) -> Any:
        return [bar_row(bar) for bar in self.handles[key]]

    async def do_history_stop(self, key: int) -> None:
        if key in self.handles:
            self.ib.cancelHistoricalData(self.handles[key])
        else:
            self.ib.client.cancelHistoricalData(key)

    async def do_schedule(self, contract: dict[str, Any], duration: str) -> Any:
        days = int(duration.split(maxsplit=1)[0])
        schedule = await self.ib.reqHistoricalScheduleAsync(contract_of(contract), days)
        return [] if schedule is None else schedule.sessions

    async def do_history_ticks(self, contract: dict[str, Any], what: str, start: str, end: str, count: int) -> Any:
        return await self.ib.reqHistoricalTicksAsync(contract_of(contract), start, end, count, what, False)

    async def do_head(self, contract: dict[str, Any], what: str = "TRADES") -> Any:
        stamp = await self.ib.reqHeadTimeStampAsync(contract_of(contract), what, True, 2)
        return int(stamp.timestamp()) if stamp else None

    async def do_histogram(self, contract: dict[str, Any], period: str) -> Any:
        return [
            [row.price, row.count] for row in await self.ib.reqHistogramDataAsync(contract_of(contract), True, period)
        ]

    async def do_account_values(self) -> Any:
        return {row.tag: row.value for row in self.ib.accountValues()}

    async def do_portfolio(self) -> Any:
        return self.ib.portfolio()

    async def do_positions(self) -> Any:
        return [row for row in await self.ib.reqPositionsAsync() if row.position]

    async def do_summary(self) -> Any:
        return {row.tag: row.value for row in await self.ib.accountSummaryAsync()}

    async def do_account_multi(self) -> Any:
        await self.ib.reqAccountUpdatesMultiAsync(self.ib.managedAccounts()[0], "")
        return {row.tag: row.value for row in self.ib.wrapper.acctSummary.values()} or {
            row.tag: row.value for row in self.ib.accountValues()
        }

    async def do_pnl_start(self, con_id: int = 0) -> int:
        account = self.ib.managedAccounts()[0]
        pnl = self.ib.reqPnLSingle(account, "", con_id) if con_id else self.ib.reqPnL(account, "")
        key = len(self.handles) + 1_000_000
        self.handles[key] = pnl
        return key

    async def do_pnl(self, key: int) -> Any:
        row = plain(self.handles[key])
        return None if row["dailyPnL"] is None else row

    async def do_pnl_stop(self, key: int, con_id: int = 0) -> None:
        account = self.ib.managedAccounts()[0]
        if con_id:
            self.ib.cancelPnLSingle(account, "", con_id)
        else:
            self.ib.cancelPnL(account, "")

    async def do_place(
        self, contract: dict[str, Any], order: dict[str, Any], order_id: int | None = None, untouched: bool = False
    ) -> int:
        built = order_of(order)
        if order_id in self.trades:
            # A bot of these libraries would modify; to use an id twice it has to go one layer down.
            self.ib.client.placeOrder(order_id, contract_of(contract), built)
            return order_id
        built.orderId = order_id or self.ib.client.getReqId()
        self.ib.placeOrder(contract_of(contract), built)
        return built.orderId

    async def do_modify(self, order_id: int, **changes: Any) -> None:
        trade = self.trades[order_id]
        self.ib.placeOrder(trade.contract, fill(trade.order, changes))

    async def do_cancel(self, order_id: int) -> None:
        known = {trade.order.orderId: trade for trade in self.ib.openTrades()}
        if order_id in known:
            self.ib.cancelOrder(known[order_id].order)
        else:
            self.ib.client.cancelOrder(order_id, "")

    async def do_global_cancel(self) -> None:
        self.ib.reqGlobalCancel()

    async def do_order(self, order_id: int) -> Any:
        trade = self.trades.get(order_id)
        if trade is None:
            return {
                "status": None,
                "statuses": [],
                "filled": 0,
                "remaining": 0,
                "fills": [],
                "order": None,
                "done": False,
            }
        statuses: list[str] = []
        for entry in trade.log:
            if not statuses or statuses[-1] != entry.status:
                statuses.append(entry.status)
        status = trade.orderStatus
        return {
            "status": status.status,
            "statuses": statuses,
            "filled": status.filled,
            "remaining": status.remaining,
            "avg": status.avgFillPrice,
            "whyHeld": status.whyHeld,
            "permId": status.permId or trade.order.permId,
            "parentId": status.parentId,
            "done": trade.isDone(),
            "cancelled_events": self.cancelled_events.get(order_id, 0),
            "order": {**plain(trade.order), "softDollarTier": None},
            "contract": trade.contract,
            "log": [[entry.status, entry.message, entry.errorCode] for entry in trade.log],
            "fills": [fill_row(row) for row in trade.fills],
        }

    async def do_what_if(self, contract: dict[str, Any], order: dict[str, Any]) -> Any:
        state = await self.ib.whatIfOrderAsync(contract_of(contract), order_of(order))
        return state or None

    async def do_open_orders(self) -> Any:
        return [trade_row(trade) for trade in await self.ib.reqOpenOrdersAsync()]

    async def do_all_open_orders(self) -> Any:
        return [trade_row(trade) for trade in await self.ib.reqAllOpenOrdersAsync()]

    async def do_completed_orders(self) -> Any:
        rows = await self.ib.reqCompletedOrdersAsync(True)
        return [{"contract": row.contract, "order": plain(row.order), "state": row.orderStatus} for row in rows]

    async def do_executions(self, **filters: Any) -> Any:
        return [fill_row(row) for row in await self.ib.reqExecutionsAsync(library.ExecutionFilter(**filters))]

    async def do_auto_bind(self) -> None:
        self.ib.reqAutoOpenOrders(True)

    async def do_exercise(self, contract: dict[str, Any], action: int, quantity: int) -> int:
        before = self.ib.client._reqIdSeq
        self.ib.exerciseOptions(contract_of(contract), action, quantity, self.ib.managedAccounts()[0], 1)
        return before

    async def do_calculate(self, contract: dict[str, Any], what: str, value: float, under: float) -> Any:
        request = self.ib.calculateOptionPriceAsync if what == "price" else self.ib.calculateImpliedVolatilityAsync
        found = await request(contract_of(contract), value, under)
        return None if found is None else {name: getattr(found, name) for name in GREEKS}

    async def do_flood(self, count: int) -> None:
        """Ask the time as often as said. The libraries' own throttle is switched off, or nothing would come of it."""
        self.ib.client.MaxRequests = 0
        for _ in range(count):
            self.ib.client.reqCurrentTime()


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


async def carry_out(request: dict[str, Any], clients: dict[str, Client]) -> None:
    try:
        line = answer(request, await getattr(clients[request["conn"]], "do_" + request["op"])(**request["args"]))
    except (Exception, asyncio.CancelledError) as error:
        line = answer(request, error=error)
    print(line, flush=True)


async def main() -> None:
    """Serve requests until standard input ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    clients: dict[str, Client] = {}
    tasks: set[asyncio.Task[None]] = set()
    while line := await reader.readline():
        request = json.loads(line)
        if request["op"] == "connect":
            clients[request["conn"]] = Client()
        task = asyncio.create_task(carry_out(request, clients))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


if __name__ == "__main__":
    asyncio.get_event_loop_policy().get_event_loop().run_until_complete(main())
