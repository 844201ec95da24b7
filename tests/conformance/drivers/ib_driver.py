"""Drives ib_insync or ib_async as a bot uses them, by the class IB: ``python ib_driver.py ib_async``."""

import asyncio
import json
import sys
from typing import Any

from ib_requests import DataRequests
from ib_values import contract_of, fill_row, library, order_of, trade_row
from normal import GREEKS, answer, fill, plain


class Client(DataRequests):
    """Adds accounts and orders to what a step can ask for."""

    async def do_account_values(self) -> Any:
        return {row.tag: row.value for row in self.ib.accountValues()}

    async def do_portfolio(self) -> Any:
        return self.ib.portfolio()

    async def do_positions(self) -> Any:
        await self.ib.reqPositionsAsync()
        return [row for row in self.ib.positions() if row.position]

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
            # Executions of no order that the library knows are told by fills() alone.
            told = [fill_row(row) for row in self.ib.fills() if row.execution.orderId == order_id]
            blank = {"status": None, "statuses": [], "filled": 0, "remaining": 0, "order": None, "done": False}
            return {**blank, "fills": told}
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
        return None if not found else {name: getattr(found, name) for name in GREEKS}

    async def do_flood(self, count: int) -> None:
        """Ask the time as often as said. The libraries' own throttle is switched off, or nothing would come of it."""
        self.ib.client.MaxRequests = 0
        for _ in range(count):
            self.ib.client.reqCurrentTime()


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
