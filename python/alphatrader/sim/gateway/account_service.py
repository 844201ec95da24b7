"""Account values, portfolio, positions and profit: requests and subscriptions (6-8, 54, 61-64, 73-74, 94-95)."""

from collections.abc import Set
from decimal import Decimal

from msgspec import Struct

from alphatrader.sim.exchange.account import Position
from alphatrader.sim.exchange.exchange import Exchange
from alphatrader.sim.exchange.valuation import AccountFigures, Mark
from alphatrader.sim.gateway.account_values import value_rows
from alphatrader.sim.gateway.order_parts import contract_fields
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.market.types import SimulatedMarket
from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.requests import (
    AccountSummaryRequest,
    AccountUpdatesMultiRequest,
    AccountUpdatesRequest,
    PnlRequest,
)
from alphatrader.sim.wire.times import eastern

REFRESH_S = 3.0
"""Wall time between account updates without a fill. Real gateways take three minutes."""
PNL_REFRESH_S = 1.0


class _Subscribers(Struct):
    """Who wants to hear about the account."""

    updates: list[Session]
    positions: list[Session]
    multi: dict[tuple[Session, int], bool]
    summaries: dict[tuple[Session, int], tuple[str, ...]]
    pnl: dict[tuple[Session, int], int]


class AccountService:
    """Serves everything about the account."""

    def __init__(self, exchange: Exchange, market: SimulatedMarket) -> None:
        self._exchange = exchange
        self._account = exchange.account
        self._market = market
        self._to = _Subscribers([], [], {}, {}, {})
        self._refresh_due_s = 0.0
        self._pnl_due_s = 0.0

    # -------------------------------------------------------------------------------------------------------- requests

    def updates(self, session: Session, request: AccountUpdatesRequest) -> None:
        """Start or stop account updates."""
        if session in self._to.updates:
            self._to.updates.remove(session)
        if not request.subscribe:
            return
        self._to.updates.append(session)
        self._send_updates(session, self._exchange.figures())
        session.send(message(54, 1, self._account.account_id))

    def updates_multi(self, session: Session, request: AccountUpdatesMultiRequest) -> None:
        """Start account values under a request id."""
        self._to.multi[session, request.req_id] = True
        self._send_multi(session, request.req_id, self._exchange.figures())
        session.send(message(74, 1, request.req_id))

    def summary(self, session: Session, request: AccountSummaryRequest) -> None:
        """Start an account summary."""
        self._to.summaries[session, request.req_id] = request.tags
        self._send_summary(session, request.req_id, request.tags, self._exchange.figures())
        session.send(message(64, 1, request.req_id))

    def positions(self, session: Session) -> None:
        """Send all positions, and later each change."""
        if session not in self._to.positions:
            self._to.positions.append(session)
        for position in self._account.positions.values():
            if position.quantity:
                self._send_position(session, position)
        session.send(message(62, 1))

    def pnl(self, session: Session, request: PnlRequest) -> None:
        """Start profit and loss, of the account or of one contract."""
        self._to.pnl[session, request.req_id] = request.con_id
        self._send_pnl(session, request.req_id, request.con_id, self._exchange.figures())

    def stop_positions(self, session: Session) -> None:
        """Stop position changes."""
        if session in self._to.positions:
            self._to.positions.remove(session)

    def stop(self, session: Session, req_id: int) -> None:
        """Stop what runs under a request id."""
        self._to.multi.pop((session, req_id), None)
        self._to.summaries.pop((session, req_id), None)
        self._to.pnl.pop((session, req_id), None)

    def forget(self, session: Session) -> None:
        """Stop everything for a client."""
        self._to.updates = [other for other in self._to.updates if other is not session]
        self._to.positions = [other for other in self._to.positions if other is not session]
        for keyed in (self._to.multi, self._to.summaries, self._to.pnl):
            for key in [key for key in keyed if key[0] is session]:
                keyed.pop(key)

    # ------------------------------------------------------------------------------------------------------ publishing

    def publish(self, moved: set[int], now_s: float) -> None:
        """Tell of positions that changed at once, and of values now and then."""
        for con_id in moved:
            for session in self._to.positions:
                self._send_position(session, self._position(con_id))
        to = self._to
        if (moved or now_s >= self._refresh_due_s) and (to.updates or to.multi or to.summaries):
            self._refresh_due_s = now_s + REFRESH_S
            values = self._exchange.figures()
            for session in to.updates:
                self._send_updates(session, values, closed=moved)
            for session, req_id in to.multi:
                self._send_multi(session, req_id, values)
            for (session, req_id), tags in to.summaries.items():
                self._send_summary(session, req_id, tags, values)
        if to.pnl and (moved or now_s >= self._pnl_due_s):
            self._pnl_due_s = now_s + PNL_REFRESH_S
            values = self._exchange.figures()
            for (session, req_id), con_id in to.pnl.items():
                self._send_pnl(session, req_id, con_id, values)

    def _position(self, con_id: int) -> Position:
        """Return a position; one that is gone since its day ended is flat."""
        return self._account.positions.get(con_id, Position(con_id))

    def _send_updates(self, session: Session, values: AccountFigures, closed: Set[int] = frozenset()) -> None:
        account_id = self._account.account_id
        for key, value, currency in value_rows(values, account_id):
            session.send(message(6, 2, key, value, currency, account_id))
        for mark in values.marks:
            self._send_portfolio(session, mark)
        for con_id in closed:
            position = self._position(con_id)
            if position.quantity == 0:
                price = self._exchange.valuation.mark_price(con_id)
                self._send_portfolio(session, Mark(position, price, Decimal(0), Decimal(0)))
        session.send(message(8, 1, f"{eastern(self._market.now_ns):%H:%M}"))

    def _send_portfolio(self, session: Session, mark: Mark) -> None:
        contract = self._exchange.contract(mark.position.con_id)
        if contract is None:
            return
        session.send(
            message(
                7,
                8,
                *contract_fields(contract, contract.primary_exchange),
                mark.position.quantity,
                mark.price,
                mark.value,
                round(mark.position.average_cost, 6),
                round(mark.unrealized, 2),
                mark.position.realized_pnl,
                self._account.account_id,
            )
        )

    def _send_position(self, session: Session, position: Position) -> None:
        contract = self._exchange.contract(position.con_id)
        if contract is None:
            return
        # The exchange is empty, as it often is with real gateways: clients must set it before they trade.
        name = contract_fields(contract, "")
        cost = round(position.average_cost, 6)
        session.send(message(61, 3, self._account.account_id, *name, position.quantity, cost))

    def _send_multi(self, session: Session, req_id: int, values: AccountFigures) -> None:
        for key, value, currency in value_rows(values, self._account.account_id):
            session.send(message(73, 1, req_id, self._account.account_id, "", key, value, currency))

    def _send_summary(self, session: Session, req_id: int, tags: tuple[str, ...], values: AccountFigures) -> None:
        for key, value, currency in value_rows(values, self._account.account_id):
            if not tags or key in tags:
                session.send(message(63, 1, req_id, self._account.account_id, key, value, currency))

    def _send_pnl(self, session: Session, req_id: int, con_id: int, values: AccountFigures) -> None:
        if not con_id:
            amounts = (values.daily, values.unrealized, values.realized)
            session.send(message(94, req_id, *(f"{x:.2f}" for x in amounts)))
            return
        pnl = self._exchange.pnl(con_id)
        if pnl is None:
            session.error(req_id, 2150, "Invalid position trade derived value")
            return
        figures = (pnl.daily, pnl.unrealized, pnl.realized, pnl.value)
        session.send(message(95, req_id, pnl.quantity, *(f"{x:.2f}" for x in figures)))
