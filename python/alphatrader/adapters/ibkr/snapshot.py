"""The poll for the truth: positions, all open orders and today's executions, each to its end marker.

What has no end marker within the deadline is reported as missing: an empty answer that was merely cut off reads like
"no positions", and trading on that is how accounts are lost.
"""

import asyncio
from collections.abc import Hashable
from typing import Any

import structlog

from alphatrader.adapters.ibkr import numbers
from alphatrader.adapters.ibkr.limiter import Priority
from alphatrader.adapters.ibkr.reports import OrderReports
from alphatrader.adapters.ibkr.session import Session
from alphatrader.domain.errors import LinkError
from alphatrader.domain.orders import BrokerSnapshot, Execution, OpenOrder, PositionRow

_log = structlog.get_logger(__name__)

POSITIONS, OPEN_ORDERS, EXECUTIONS = "positions", "open orders", "executions"
MAX_ROWS = 50_000


class _Poll:
    """What one poll has collected so far."""

    def __init__(self, owed: dict[str, int]) -> None:
        self._stale_ends = dict(owed)
        self.positions: dict[tuple[str, int], PositionRow] = {}
        self.orders: dict[Hashable, OpenOrder] = {}
        self.executions: dict[str, Execution] = {}
        self.execution_requests: set[int] = set()
        self.settled = asyncio.Event()
        self.missing = [POSITIONS, OPEN_ORDERS, EXECUTIONS]
        self.cut = ""
        self.link_lost = False

    def end(self, name: str) -> None:
        if self._stale_ends.get(name):
            self._stale_ends[name] -= 1
        elif name in self.missing:
            self.missing.remove(name)
        if not self.missing:
            self.settled.set()

    def cut_short(self, reason: str) -> None:
        self.cut = reason
        self.settled.set()


class SnapshotPoller:
    """Takes snapshots, one at a time."""

    def __init__(self, session: Session, reports: OrderReports) -> None:
        self._session = session
        self._reports = reports
        self._poll: _Poll | None = None
        self._lock = asyncio.Lock()
        self._executions_seen = False
        self._owed = {POSITIONS: 0, OPEN_ORDERS: 0}
        """End markers of earlier polls that may still come: they must not end a later one. (Executions have ids.)"""
        session.on_link_lost.append(self._link_lost)

    async def take(self) -> BrokerSnapshot:
        """Poll. Raises LinkError if the link is down at the start; later losses make it incomplete."""
        async with self._lock:
            self._session.wire  # noqa: B018 - raises if there is no link
            poll = self._poll = _Poll(self._owed)
            self._reports.polled_orders = poll.orders
            try:
                await self._collect(poll)
            except LinkError as error:
                poll.link_lost = True
                poll.cut_short(str(error))
            finally:
                self._poll = None
                self._reports.polled_orders = None
                # A marker that two polls waited for was lost, not late; and a lost link owes nothing.
                self._owed = {
                    name: int(name in poll.missing and not owed and not poll.link_lost)
                    for name, owed in self._owed.items()
                }
            return self._result(poll)

    async def _collect(self, poll: _Poll) -> None:
        await self._session.call(
            Priority.DATA,
            lambda client: client.reqPositions(),
            lambda client: client.reqAllOpenOrders(),
            self._executions_request(poll),
        )
        await self._wait(poll)
        if self._may_be_quiet(poll):
            await self._session.call(Priority.DATA, self._executions_request(poll))
            await self._wait(poll)
            if self._may_be_quiet(poll):
                _log.info("ibkr_executions_quiet", reason="two polls of a quiet account had no end marker")
                poll.end(EXECUTIONS)
        if poll.cut:
            return
        # Positions are a subscription: ended, or every later fill would come as rows that nobody asked for.
        await self._session.call(Priority.DATA, lambda client: client.cancelPositions())

    async def _wait(self, poll: _Poll) -> None:
        try:
            async with asyncio.timeout(self._session.settings.snapshot_timeout_s):
                await poll.settled.wait()
        except TimeoutError:
            _log.warning("ibkr_snapshot_deadline", missing=poll.missing)

    def _may_be_quiet(self, poll: _Poll) -> bool:
        return (
            poll.missing == [EXECUTIONS]
            and self._session.settings.quiet_executions_ok
            and not self._executions_seen
            and not poll.executions
            and not poll.cut
        )

    def _executions_request(self, poll: _Poll) -> Any:
        request_id = self._session.pending.new_id()
        poll.execution_requests.add(request_id)
        wanted = self._session.library.execution_filter_class(acctCode=self._session.account)
        return lambda client: client.reqExecutions(request_id, wanted)

    def _result(self, poll: _Poll) -> BrokerSnapshot:
        reason = ", ".join(poll.missing) + (f" ({poll.cut})" if poll.cut else "")
        return BrokerSnapshot(
            positions=tuple(row for row in poll.positions.values() if row.quantity != 0),
            open_orders=tuple(poll.orders.values()),
            executions=tuple(poll.executions.values()),
            complete=not poll.missing and not poll.cut,
            missing=reason.strip(),
        )

    # ------------------------------------------------------------------------------------------ decoder callbacks

    def position(self, account: str, contract: Any, quantity: float, average_cost: float) -> None:
        """Take position (61)."""
        poll = self._poll
        if poll is None or account != self._session.account:
            return
        if len(poll.positions) >= MAX_ROWS:
            poll.cut_short(f"more than {MAX_ROWS} positions")
            return
        poll.positions[account, int(contract.conId)] = PositionRow(
            account=account,
            con_id=int(contract.conId),
            symbol=str(contract.symbol),
            quantity=numbers.whole(quantity),
            average_cost=numbers.price(average_cost),
        )

    def position_end(self) -> None:
        """Take positionEnd (62)."""
        self._end(POSITIONS)

    def open_order_end(self) -> None:
        """Take openOrderEnd (53)."""
        self._end(OPEN_ORDERS)

    def execution(self, request_id: int, contract: Any, execution: Any) -> None:
        """Take execDetails (11): every one is posted, and those of the poll are collected as well."""
        self._executions_seen = True
        report = self._reports.execution(request_id, contract, execution)
        if self._poll is None:
            return
        if len(self._poll.executions) >= MAX_ROWS:
            self._poll.cut_short(f"more than {MAX_ROWS} executions")
            return
        self._poll.executions[report.exec_id] = report

    def execution_end(self, request_id: int) -> None:
        """Take execDetailsEnd (55)."""
        if self._poll is not None and request_id in self._poll.execution_requests:
            self._poll.end(EXECUTIONS)

    def _end(self, name: str) -> None:
        if self._poll is not None:
            self._poll.end(name)
        elif self._owed[name]:
            self._owed[name] -= 1

    def _link_lost(self) -> None:
        """No end marker will come any more: wake the poll, and let it report what is missing."""
        self._owed = dict.fromkeys(self._owed, 0)
        if self._poll is not None:
            self._poll.link_lost = True
            self._poll.cut_short("the link was lost meanwhile")
