"""Drives the official client (module ``ibapi``, found by PYTHONPATH): ``python official_driver.py``."""

import contextlib
import inspect
import json
import os
import sys
import time
from typing import Any

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from normal import answer, fill
from official_requests import DataRequests
from official_values import contract_of, order_of

try:
    from ibapi.order_cancel import OrderCancel
except ImportError:  # 9.81
    OrderCancel = None

DONE = {"Filled", "Cancelled", "ApiCancelled", "Inactive"}


class Client(DataRequests):
    """Adds accounts and orders to what a step can ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.placed: dict[int, tuple[Contract, Order]] = {}

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
        with contextlib.suppress(OSError):  # the gateway may hang up meanwhile
            for _ in range(count):
                self.reqCurrentTime()


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
