"""What a step can ask the official client for: connections, contracts, market data and history."""

import threading
from typing import Any

from ibapi.client import EClient
from normal import WAIT_S, plain
from official_account import AccountCallbacks
from official_values import contract_of


class DataRequests(AccountCallbacks, EClient):
    """One connection. All callbacks run in its reading thread; requests in the main thread."""

    def __init__(self) -> None:
        AccountCallbacks.__init__(self)
        EClient.__init__(self, wrapper=self)
        self.last_req_id = 100_000

    def wait(self, condition: Any, what: str, wait_s: float = WAIT_S) -> None:
        with self.changed:
            if not self.changed.wait_for(condition, wait_s):
                raise TimeoutError(f"no {what} within {wait_s:g} s")

    def new_req_id(self) -> int:
        self.last_req_id += 1
        return self.last_req_id

    def refused(self, req_id: int) -> bool:
        return any(seen == req_id for seen, _, _ in list(self.errors))

    def collect(self, req_id: int, what: str, wait_s: float = WAIT_S) -> list[Any]:
        """Wait for the end of an answer or for an error that refuses it."""
        self.wait(lambda: req_id in self.ended or self.refused(req_id), what, wait_s)
        return self.rows[req_id]

    def ask(self, key: Any, request: Any, what: str) -> list[Any]:
        """Send a request whose answer carries no id, and wait for its end."""
        self.rows[key] = []
        self.ended.discard(key)
        request()
        self.wait(lambda: key in self.ended, what)
        return self.rows[key]

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
        wait_s: float = WAIT_S,
    ) -> Any:
        req_id = self.new_req_id()
        self.reqHistoricalData(req_id, contract_of(contract), end, duration, size, what, int(rth), form, keep, [])
        return {"key": req_id, "bars": self.collect(req_id, "history", wait_s)}

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
