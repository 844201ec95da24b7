"""What a step can ask ib_insync or ib_async for: connections, contracts, market data and history."""

import asyncio
from typing import Any

from ib_values import bar_row, contract_of, library, tick_rows
from normal import GREEKS, WAIT_S, plain

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


class DataRequests:
    """One connection."""

    def __init__(self) -> None:
        self.ib = library.IB()
        self.ib.RequestTimeout = WAIT_S
        self.errors: list[Any] = []
        self.ib.errorEvent += self.on_error
        self.announced_ids: list[int] = []
        update = self.ib.client.updateReqId
        self.ib.client.updateReqId = lambda lowest: (self.announced_ids.append(lowest), update(lowest))
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
            "next_id": self.announced_ids[0],
            "server_version": self.ib.client.serverVersion(),
        }

    async def do_disconnect(self) -> None:
        self.ib.disconnect()

    async def do_kept(self) -> int:
        """Return how many trades the library still knows."""
        return len(self.ib.trades())

    async def do_connected(self) -> bool:
        return self.ib.isConnected()

    async def do_errors(self) -> Any:
        return self.errors

    async def do_new_id(self) -> int:
        return self.ib.client.getReqId()

    async def do_ask_next_id(self) -> Any:
        self.announced_ids.clear()
        self.ib.client.reqIds(1)
        return (await self.until(lambda: self.announced_ids, "next id"))[0]

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

    async def qualified(self, fields: dict[str, Any]) -> Any:
        """Return a contract with its id, without which ib_async keeps no ticker."""
        contract = contract_of(fields)
        if contract.secType != "BAG":
            await self.ib.qualifyContractsAsync(contract)
        return contract

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
        if req_id:
            built = contract_of(contract)
            self.ib.client.reqMktData(req_id, built, generic, snapshot, False, [])
            return req_id
        built = await self.qualified(contract)
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
        built = await self.qualified(contract)
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
        built = await self.qualified(contract)
        key = self.keep(self.ib.reqTickByTickData(built, kind, 0, False))
        self.handles[key] = (built, kind)
        return key

    async def do_ticks(self, key: int) -> Any:
        # One ticker holds all streams of a contract.
        return [row for row in self.streams[key] if row[0] == self.handles[key][1]]

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
        wait_s: float = WAIT_S,
    ) -> Any:
        options = {"timeout": wait_s} if not keep else {}
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
        return schedule.sessions if schedule else []

    async def do_history_ticks(self, contract: dict[str, Any], what: str, start: str, end: str, count: int) -> Any:
        return await self.ib.reqHistoricalTicksAsync(contract_of(contract), start, end, count, what, False)

    async def do_head(self, contract: dict[str, Any], what: str = "TRADES") -> Any:
        stamp = await self.ib.reqHeadTimeStampAsync(contract_of(contract), what, True, 2)
        return int(stamp.timestamp()) if stamp else None

    async def do_histogram(self, contract: dict[str, Any], period: str) -> Any:
        return [
            [row.price, row.count] for row in await self.ib.reqHistogramDataAsync(contract_of(contract), True, period)
        ]
