"""Account values, portfolio, positions and profit: requests and subscriptions (6-8, 54, 61-64, 71-74, 94-95)."""

from collections.abc import Set
from decimal import Decimal

from msgspec import Struct

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.exchange.account import Position
from alphatrader.sim.exchange.exchange import Exchange
from alphatrader.sim.exchange.valuation import AccountFigures, Mark
from alphatrader.sim.gateway.account_values import account_rows, ledger_rows, summary_rows
from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.order_parts import contract_fields
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.market.types import ListedContract, SimulatedMarket
from alphatrader.sim.wire.errors import invalid
from alphatrader.sim.wire.fields import FieldValue, message
from alphatrader.sim.wire.requests import (
    AccountSummaryRequest,
    AccountUpdatesMultiRequest,
    AccountUpdatesRequest,
    PnlRequest,
    PositionsMultiRequest,
)
from alphatrader.sim.wire.times import eastern

PNL_REFRESH_S = 1.0
MAX_SUMMARIES = 2
"""Account summaries a client may have open."""

Key = tuple[Session, int]


class _Subscribers(Struct):
    """Who wants to hear about the account."""

    updates: list[Session]
    positions: list[Session]
    positions_multi: dict[Key, None]
    multi: dict[Key, bool]
    summaries: dict[Key, tuple[str, ...]]
    pnl: dict[Key, int]


class AccountService:
    """Serves everything about the account."""

    def __init__(
        self,
        exchange: Exchange,
        market: SimulatedMarket,
        contracts: ContractService,
        behaviours: Behaviours,
    ) -> None:
        self._exchange = exchange
        self._account = exchange.account
        self._market = market
        self._contracts = contracts
        self._behaviours = behaviours
        self._to = _Subscribers([], [], {}, {}, {}, {})
        self._refresh_due_s: float | None = None
        """None while nobody listens."""
        self._pnl_due_s = 0.0

    # -------------------------------------------------------------------------------------------------------- requests

    def _known(self, session: Session, req_id: int, account: str, model: str = "") -> bool:
        """Whether an account (empty = the only one) exists; otherwise the client is told."""
        if account in {"", "All", self._account.account_id} and not model:
            return True
        what = f"account code {account}" if account not in {"", "All", self._account.account_id} else f"model {model}"
        session.error(req_id, 321, invalid(f"Invalid {what}"))
        return False

    def updates(self, session: Session, request: AccountUpdatesRequest) -> None:
        """Start or stop account updates."""
        if session in self._to.updates:
            self._to.updates.remove(session)
        if not request.subscribe or not self._known(session, -1, request.account):
            return
        self._to.updates.append(session)
        self._send_updates(session, self._exchange.figures())
        session.send(message(54, 1, self._account.account_id))

    def updates_multi(self, session: Session, request: AccountUpdatesMultiRequest) -> None:
        """Start account values under a request id."""
        if not self._known(session, request.req_id, request.account, request.model):
            return
        self._to.multi[session, request.req_id] = request.ledger_only
        self._send_multi(session, request.req_id, self._exchange.figures(), ledger_only=request.ledger_only)
        session.send(message(74, 1, request.req_id))

    def summary(self, session: Session, request: AccountSummaryRequest) -> None:
        """Start an account summary."""
        if not self._known(session, request.req_id, request.group):
            return
        key = session, request.req_id
        own = [other for other in self._to.summaries if other[0] is session and other != key]
        if len(own) >= MAX_SUMMARIES:
            text = "Maximum number of account summary requests exceeded"
            session.error(request.req_id, 322, f"Error processing request.-'bN' : cause - {text}")
            return
        self._to.summaries[key] = request.tags
        self._send_summary(session, request.req_id, request.tags, self._exchange.figures())
        session.send(message(64, 1, request.req_id))

    def positions(self, session: Session) -> None:
        """Send all positions, and later each change."""
        if session not in self._to.positions:
            self._to.positions.append(session)
        for position in self._held():
            session.send(message(61, 3, *self._position_fields(position)))
        session.send(message(62, 1))

    def positions_multi(self, session: Session, request: PositionsMultiRequest) -> None:
        """Send all positions under a request id, and later each change."""
        if not self._known(session, request.req_id, request.account, request.model):
            return
        self._to.positions_multi[session, request.req_id] = None
        for position in self._held():
            session.send(message(71, 1, request.req_id, *self._position_fields(position), ""))
        session.send(message(72, 1, request.req_id))

    def pnl(self, session: Session, request: PnlRequest) -> None:
        """Start profit and loss, of the account or of one contract."""
        if not self._known(session, request.req_id, request.account, request.model):
            return
        self._to.pnl[session, request.req_id] = request.con_id
        self._send_pnl(session, request.req_id, request.con_id, self._exchange.figures())

    def stop_positions(self, session: Session) -> None:
        """Stop position changes."""
        if session in self._to.positions:
            self._to.positions.remove(session)

    def stop(self, session: Session, req_id: int) -> None:
        """Stop what runs under a request id."""
        for keyed in (self._to.multi, self._to.positions_multi, self._to.summaries, self._to.pnl):
            keyed.pop((session, req_id), None)

    def forget(self, session: Session) -> None:
        """Stop everything for a client."""
        self._to.updates = [other for other in self._to.updates if other is not session]
        self._to.positions = [other for other in self._to.positions if other is not session]
        for keyed in (self._to.multi, self._to.positions_multi, self._to.summaries, self._to.pnl):
            for key in [key for key in keyed if key[0] is session]:
                keyed.pop(key)

    # ------------------------------------------------------------------------------------------------------ publishing

    def publish(self, moved: set[int], now_s: float) -> None:
        """Tell of positions that changed at once, and of values now and then."""
        to = self._to
        for con_id in sorted(moved):
            position = self._account.positions.get(con_id) or Position(con_id)
            for session in to.positions:
                session.send(message(61, 3, *self._position_fields(position)))
            for session, req_id in to.positions_multi:
                session.send(message(71, 1, req_id, *self._position_fields(position), ""))
        if not (to.updates or to.multi or to.summaries):
            self._refresh_due_s = None
        elif moved or self._refresh_due_s is None or now_s >= self._refresh_due_s:
            # The first time somebody listens, they have just been told everything.
            if moved or self._refresh_due_s is not None:
                self._refresh(moved)
            self._refresh_due_s = now_s + self._behaviours.number("account_update_s")
        if to.pnl and (moved or now_s >= self._pnl_due_s):
            self._pnl_due_s = now_s + PNL_REFRESH_S
            figures = self._exchange.figures()
            for (session, req_id), con_id in list(to.pnl.items()):
                self._send_pnl(session, req_id, con_id, figures)

    def _refresh(self, moved: set[int]) -> None:
        """Send the values to all who listen."""
        figures = self._exchange.figures()
        for session in self._to.updates:
            self._send_updates(session, figures, moved=moved)
        for (session, req_id), ledger_only in self._to.multi.items():
            self._send_multi(session, req_id, figures, ledger_only=ledger_only)
        for (session, req_id), tags in self._to.summaries.items():
            self._send_summary(session, req_id, tags, figures)

    def _held(self) -> list[Position]:
        return [position for position in self._account.positions.values() if position.quantity]

    def _send_updates(self, session: Session, figures: AccountFigures, moved: Set[int] = frozenset()) -> None:
        account_id = self._account.account_id
        rows = [message(6, 2, *row, account_id) for row in account_rows(figures, self._account)]
        portfolio = [self._portfolio(mark) for mark in figures.marks]
        open_ids = {mark.position.con_id for mark in figures.marks}
        for con_id in sorted(moved - open_ids):
            position = self._account.positions.get(con_id) or Position(con_id)
            price = self._exchange.valuation.mark_price(con_id)
            portfolio.append(self._portfolio(Mark(position, price, Decimal(0), Decimal(0))))
        time = message(8, 1, f"{eastern(self._market.now_ns):%H:%M}")
        session.send(b"".join([*rows, *portfolio, time]))

    def _portfolio(self, mark: Mark) -> bytes:
        contract = self._contract(mark.position.con_id)
        return message(
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

    def _contract(self, con_id: int) -> ListedContract:
        """Return a contract that is or was listed: the exchange remembers what it holds over restarts."""
        return self._exchange.contract(con_id) or self._contracts.catalogue.by_con_id[con_id]

    def _position_fields(self, position: Position) -> list[FieldValue]:
        contract = self._contract(position.con_id)
        # Often empty with real gateways: clients must set it before they trade.
        exchange = "" if self._behaviours.on("position_exchange_empty") else contract.primary_exchange
        name = contract_fields(contract, exchange)
        return [self._account.account_id, *name, position.quantity, round(position.average_cost, 6)]

    def _send_multi(self, session: Session, req_id: int, figures: AccountFigures, *, ledger_only: bool) -> None:
        rows = ledger_rows(figures) if ledger_only else account_rows(figures, self._account)
        account_id = self._account.account_id
        session.send(b"".join([message(73, 1, req_id, account_id, "", *row) for row in rows]))

    def _send_summary(self, session: Session, req_id: int, tags: tuple[str, ...], figures: AccountFigures) -> None:
        rows = summary_rows(account_rows(figures, self._account), ledger_rows(figures), tags)
        session.send(b"".join([message(63, 1, req_id, self._account.account_id, *row) for row in rows]))

    def _send_pnl(self, session: Session, req_id: int, con_id: int, figures: AccountFigures) -> None:
        if not con_id:
            amounts = (figures.daily, figures.unrealized, figures.realized)
            session.send(message(94, req_id, *(f"{amount:.2f}" for amount in amounts)))
            return
        found = self._exchange.pnl(con_id)
        if found is None:
            self._to.pnl.pop((session, req_id), None)
            session.error(req_id, 2150, "Invalid position trade derived value")
            return
        shown = (found.daily, found.unrealized, found.realized, found.value)
        session.send(message(95, req_id, found.quantity, *(f"{amount:.2f}" for amount in shown)))
