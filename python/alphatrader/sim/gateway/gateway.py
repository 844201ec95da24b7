"""The gateway's core: who is connected, who answers what, and the round of work a few hundred times a second.

    market.advance ─► exchange.on_market ─► state saved ─► order messages ─► market data ─► one write a client

Everything happens on the event loop, without an await in between, so no client ever sees half a step.
"""

from collections.abc import Callable

import structlog

from alphatrader.domain.errors import AlphaTraderError
from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.clock import SimClock
from alphatrader.sim.exchange.exchange import Exchange
from alphatrader.sim.faults.board import FaultBoard
from alphatrader.sim.gateway.account_service import AccountService
from alphatrader.sim.gateway.calculation_service import CalculationService
from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.depth_service import DepthService
from alphatrader.sim.gateway.history_service import HistoryService
from alphatrader.sim.gateway.history_ticks import HistoryTicks
from alphatrader.sim.gateway.order_service import OrderService
from alphatrader.sim.gateway.outbox import Outbox
from alphatrader.sim.gateway.quote_service import QuoteService
from alphatrader.sim.gateway.reference_service import ReferenceService
from alphatrader.sim.gateway.routes import build_router
from alphatrader.sim.gateway.scanner_service import ScannerService
from alphatrader.sim.gateway.session import SERVER_SIDE, Session
from alphatrader.sim.gateway.tick_service import TickService
from alphatrader.sim.login import Login
from alphatrader.sim.market.past import Past
from alphatrader.sim.market.types import SessionChange, SimulatedMarket
from alphatrader.sim.wire import requests
from alphatrader.sim.wire.fields import message

log = structlog.get_logger("alphatrader.sim.gateway")

FARMS_OK = (
    (2104, "Market data farm connection is OK:usfarm"),
    (2106, "HMDS data farm connection is OK:ushmds"),
    (2158, "Sec-def data farm connection is OK:secdefnj"),
)


class Gateway:
    """Owner of all sessions. ``on_failure`` is told of an error that must end the process (the state disk)."""

    def __init__(
        self,
        market: SimulatedMarket,
        clock: SimClock,
        exchange: Exchange,
        on_failure: Callable[[Exception], None],
        behaviours: Behaviours,
        login: Login | None = None,
        past: Past | None = None,
    ) -> None:
        self.market = market
        self.clock = clock
        self.exchange = exchange
        self.behaviours = behaviours
        self.login = login or Login()
        self.account_id = exchange.account.account_id
        self.faults = FaultBoard(clock.wall_s)
        self.sessions: dict[int, Session] = {}
        self.first_start_s: float | None = None
        self._connections: dict[Session, None] = {}
        self._on_failure = on_failure
        self._watched: frozenset[int] = frozenset()
        self._moved: set[int] = set()
        self.contracts = ContractService(market, behaviours)
        self.past = past or Past(market)
        self.quotes = QuoteService(market, self.contracts, self.faults, behaviours, self.login, self.past)
        self.depth = DepthService(self.contracts, self.faults, behaviours, self.login)
        self.ticks = TickService(market, self.contracts, self.faults, behaviours, self.quotes.stats)
        self.outbox = Outbox(self.sessions)
        self.orders = OrderService(exchange, market, self.contracts, self.faults, self.outbox, behaviours, self.login)
        self.accounts = AccountService(exchange, market, self.contracts, behaviours)
        self.history = HistoryService(market, self.contracts, self.past, behaviours, self.faults)
        self.past_ticks = HistoryTicks(market, self.contracts, self.history.pacing)
        self.calculations = CalculationService(market, self.contracts)
        self.scanner = ScannerService(market, self.contracts)
        self.reference = ReferenceService(self.account_id)
        self._router = build_router(self)

    # ----------------------------------------------------------------------------------------------------- connections

    def new_session(self) -> Session:
        """Make the protocol object of a new connection."""
        session = Session(self)
        self._connections[session] = None
        return session

    def market_now_ns(self) -> int:
        """Market time."""
        return self.clock.now_ns()

    def wall_s(self) -> float:
        """Wall seconds."""
        return self.clock.wall_s()

    def frozen(self) -> bool:
        """Whether the link plays dead."""
        return self.faults.frozen

    def alter(self, session: Session, encoded: bytes) -> bytes:
        """Let faults at messages on their way to a client."""
        rules = self.faults.messages
        return rules.apply(session, encoded) if rules.active and session.client_id is not None else encoded

    def alter_wire(self, session: Session, data: bytes) -> bytes:
        """Let faults at the bytes of one write."""
        rules = self.faults.wire
        return rules.apply(session, data) if rules.busy else data

    def full(self) -> bool:
        """Whether more clients are connected than may be."""
        return len(self._connections) > self.behaviours.number("max_clients")

    def admit(self, session: Session, client_id: int) -> bool:
        """Start a client: account, next order id, farm states."""
        if client_id in self.sessions or self.faults.occupied(client_id):
            return False
        session.client_id = client_id
        self.sessions[client_id] = session
        self.first_start_s = self.clock.wall_s() if self.first_start_s is None else self.first_start_s
        session.send(message(15, 1, self.account_id))
        self.send_next_id(session, lowered_by=self.faults.take_id_lowering())
        for code, text in FARMS_OK:
            session.error(SERVER_SIDE, code, text)
        log.info("SIMULATED gateway: client connected", client_id=client_id, peer=session.peer)
        return True

    def leave(self, session: Session) -> None:
        """End a client's subscriptions; its orders live on."""
        self._connections.pop(session, None)
        self.faults.lines.forget(session)
        client_id = session.client_id
        if client_id is None or self.sessions.get(client_id) is not session:
            return
        del self.sessions[client_id]
        self.drop_subscriptions(session)
        self.quotes.leave(session)
        self.accounts.forget(session)
        self.scanner.forget(session)
        self.reference.forget(session)
        self.orders.forget(session)
        self.outbox.forget(client_id)
        log.info("SIMULATED gateway: client left", client_id=client_id, dropped_messages=session.dropped_messages)

    def drop_subscriptions(self, session: Session) -> None:
        """End a client's market data, as after 1101."""
        self.quotes.forget(session)
        self.depth.forget(session)
        self.ticks.forget(session)
        self.history.forget(session)

    def abort_all(self) -> None:
        """Cut all connections."""
        for session in list(self._connections):
            session.abort()

    # ------------------------------------------------------------------------------------------------------------ work

    def handle(self, session: Session, request: requests.Request) -> None:
        """Answer one request, unless a fault takes it."""
        if not self.faults.intercept(session, request):
            self.answer(session, request)

    def answer(self, session: Session, request: requests.Request) -> None:
        """Answer one request; what is sent meanwhile belongs to it."""
        session.answering = request
        self._router.dispatch(session, request)
        session.answering = None

    def settle(self) -> None:
        """Save what requests changed, then report it and flush."""
        try:
            self.exchange.commit()
        except AlphaTraderError as error:
            self._on_failure(error)
            return
        now_s = self.clock.wall_s()
        self._tell_account(self.orders.publish(self.exchange.drain(), now_s), now_s)
        self._flush()

    def step(self) -> None:
        """Run the market up to the clock and tell everybody. Raises JournalError if the state cannot be saved."""
        now_s = self.clock.wall_s()
        if not self.faults.frozen:
            for session in list(self._connections):
                session.thaw()
                session.resume()
        self.faults.schedule.run_due()
        self._update_watch()
        updates = self.market.advance(self.clock.now_ns())
        if self.contracts.refresh():
            self._watched = frozenset()
            self._update_watch()
        if any(isinstance(update, SessionChange) and update.event == "day" for update in updates):
            self.past.on_day()
        self.orders.carry_out_late_cancels(now_s)
        self.exchange.on_market(updates)
        self.exchange.commit()
        moved = self.orders.publish(self.exchange.drain(), now_s)
        self.outbox.release(now_s)
        self._tell_account(moved, now_s)
        self.quotes.publish(updates, now_s)
        self.depth.publish(updates, now_s)
        self.ticks.publish(updates)
        self.history.publish(updates, now_s)
        self.scanner.publish(now_s)
        self._flush()

    def _update_watch(self) -> None:
        watched = frozenset(
            self.quotes.watched() | self.ticks.watched() | self.history.watched() | self.exchange.watched_contracts()
        )
        if watched != self._watched:
            self._watched = watched
            listed = self.contracts.catalogue.listed
            self.market.watch(frozenset(con_id for con_id in watched if listed(con_id) is not None))

    def _tell_account(self, moved: set[int], now_s: float) -> None:
        """Tell of positions and values, unless fills are being held back: positions would give them away."""
        self._moved |= moved
        if self.faults.held_for_s(about_fill=True) > 0:
            return
        moved, self._moved = self._moved, set()
        self.accounts.publish(moved, now_s)

    def _flush(self) -> None:
        for session in list(self.sessions.values()):
            session.flush()

    def send_next_id(self, session: Session, lowered_by: int = 0) -> None:
        """Tell a client the lowest order id that it may use."""
        client_id = SERVER_SIDE if session.client_id is None else session.client_id
        next_id = max(1, self.exchange.registry.next_order_id(client_id) - lowered_by)
        session.send(message(9, 1, next_id))
