"""What the official client calls back with about accounts, orders and executions."""

from typing import Any

from normal import plain
from official_market_data import MarketDataCallbacks


class AccountCallbacks(MarketDataCallbacks):
    """Adds accounts and orders to what is seen."""

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

    # -------------------------------------------------------------------------------------------------------- orders

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
