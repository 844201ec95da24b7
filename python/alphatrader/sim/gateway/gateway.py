"""The gateway's core: who is connected, who answers what, and the round of work a few hundred times a second.

    market.advance ─► exchange.on_market ─► state saved ─► order messages ─► market data ─► one write a client

Everything happens on the event loop, without an await in between, so no client ever sees half a step.
"""

from collections.abc import Callable
from decimal import Decimal

import structlog

from alphatrader.domain.errors import AlphaTraderError
from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.clock import SimClock
from alphatrader.sim.exchange.exchange import Exchange
from alphatrader.sim.faults.board import FaultBoard
from alphatrader.sim.gateway.account_service import AccountService
from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.depth_service import DepthService
from alphatrader.sim.gateway.history_service import HistoryService
from alphatrader.sim.gateway.order_service import OrderService
from alphatrader.sim.gateway.outbox import Outbox
from alphatrader.sim.gateway.quote_service import QuoteService
from alphatrader.sim.gateway.router import Router
from alphatrader.sim.gateway.session import SERVER_SIDE, Session
from alphatrader.sim.gateway.tick_service import TickService
from alphatrader.sim.market.types import SimulatedMarket
from alphatrader.sim.wire import requests
from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.place_order import PlaceOrder

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
        starting_cash: Decimal,
        on_failure: Callable[[Exception], None],
        behaviours: Behaviours,
    ) -> None:
        self.market = market
        self.clock = clock
        self.exchange = exchange
        self.behaviours = behaviours
        self.faults = FaultBoard(clock.wall_s)
        self.sessions: dict[int, Session] = {}
        self.first_start_s: float | None = None
        self._connections: set[Session] = set()
        self._on_failure = on_failure
        self._watched: frozenset[int] = frozenset()
        self._moved: set[int] = set()
        self.contracts = ContractService(market, self.faults)
        self.quotes = QuoteService(market, self.contracts, self.faults)
        self.depth = DepthService(self.contracts, self.faults)
        self.ticks = TickService(market, self.contracts, self.faults)
        self.outbox = Outbox(self.sessions)
        self.orders = OrderService(exchange, self.contracts, self.faults, self.outbox)
        self.accounts = AccountService(exchange.account, starting_cash, market, self.contracts.catalogue, self.faults)
        self._history = HistoryService(market, self.contracts)
        self._router = self._build_router()

    # ----------------------------------------------------------------------------------------------------- connections

    def new_session(self) -> Session:
        """Make the protocol object of a new connection."""
        session = Session(self)
        self._connections.add(session)
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
        return rules.apply(session, data) if rules.active else data

    def admit(self, session: Session, client_id: int) -> bool:
        """Start a client: account, next order id, farm states."""
        if client_id in self.sessions or self.faults.occupied(client_id):
            return False
        session.client_id = client_id
        self.sessions[client_id] = session
        self.first_start_s = self.clock.wall_s() if self.first_start_s is None else self.first_start_s
        session.send(message(15, 1, self.exchange.account.account_id))
        self._send_next_id(session, lowered_by=self.faults.take_id_lowering())
        for code, text in FARMS_OK:
            session.error(SERVER_SIDE, code, text)
        log.info("SIMULATED gateway: client connected", client_id=client_id, peer=session.peer)
        return True

    def leave(self, session: Session) -> None:
        """End a client's subscriptions; its orders live on."""
        self._connections.discard(session)
        self.faults.lines.forget(session)
        client_id = session.client_id
        if client_id is None or self.sessions.get(client_id) is not session:
            return
        del self.sessions[client_id]
        self.drop_subscriptions(session)
        self.accounts.forget(session)
        self.orders.forget(session)
        self.outbox.forget(client_id)
        log.info("SIMULATED gateway: client left", client_id=client_id, dropped_messages=session.dropped_messages)

    def drop_subscriptions(self, session: Session) -> None:
        """End a client's market data, as after 1101."""
        self.quotes.forget(session)
        self.depth.forget(session)
        self.ticks.forget(session)

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
        self.faults.schedule.run_due()
        self._update_watch()
        updates = self.market.advance(self.clock.now_ns())
        self.orders.carry_out_late_cancels(now_s)
        self.exchange.on_market(updates)
        self.exchange.commit()
        moved = self.orders.publish(self.exchange.drain(), now_s)
        self.outbox.release(now_s)
        self._tell_account(moved, now_s)
        self.quotes.publish(updates, now_s)
        self.depth.publish(updates, now_s)
        self.ticks.publish(updates)
        self._flush()

    def _update_watch(self) -> None:
        watched = frozenset(self.quotes.watched() | self.ticks.watched() | self.exchange.watched_contracts())
        if watched != self._watched:
            self._watched = watched
            self.market.watch(watched)

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

    def _send_next_id(self, session: Session, lowered_by: int = 0) -> None:
        client_id = SERVER_SIDE if session.client_id is None else session.client_id
        next_id = max(1, self.exchange.registry.next_order_id(client_id) - lowered_by)
        session.send(message(9, 1, next_id))

    def _build_router(self) -> Router:
        router = Router()
        router.on(PlaceOrder, self.orders.place)
        router.on(requests.CancelOrder, lambda s, r: self.orders.cancel(s, r, self.clock.wall_s()))
        router.on(requests.ExecutionsRequest, self.orders.executions)
        router.on_id(5, lambda s, _: self.orders.open_orders(s, of_all_clients=False))
        router.on_id(16, lambda s, _: self.orders.open_orders(s, of_all_clients=True))
        router.on_id(99, lambda s, _: self.orders.completed_orders(s))
        router.on_id(15, self.orders.auto_bind)
        router.on_id(58, lambda _s, _r: self.orders.cancel_all())

        router.on(requests.ContractDetailsRequest, self.contracts.details)
        router.on(requests.OptionParametersRequest, self.contracts.option_parameters)
        router.on(requests.SymbolSearch, self.contracts.search)
        router.on_id(91, self.contracts.market_rule)
        router.on_id(82, lambda s, _: self.contracts.depth_exchanges(s))

        router.on(requests.MarketDataRequest, lambda s, r: self.quotes.start(s, r, self.clock.wall_s()))
        router.on_id(2, lambda s, r: self.quotes.stop(s, r.number))
        router.on(requests.DepthRequest, self.depth.start)
        router.on_id(11, lambda s, r: self.depth.stop(s, r.number))
        router.on(requests.TickByTickRequest, self.ticks.start_ticks)
        router.on_id(98, lambda s, r: self.ticks.stop_ticks(s, r.number))
        router.on(requests.RealTimeBarsRequest, self.ticks.start_bars)
        router.on_id(51, lambda s, r: self.ticks.stop_bars(s, r.number))

        router.on(requests.HistoryRequest, self._history.bars)
        router.on(requests.HistoricalTicksRequest, self._history.ticks)
        router.on(requests.HeadTimestampRequest, self._history.head_timestamp)

        router.on(requests.AccountUpdatesRequest, self.accounts.updates)
        router.on(requests.AccountUpdatesMultiRequest, self.accounts.updates_multi)
        router.on(requests.AccountSummaryRequest, self.accounts.summary)
        router.on(requests.PnlRequest, self.accounts.pnl)
        router.on_id(61, lambda s, _: self.accounts.positions(s))
        router.on_id(64, lambda s, _: self.accounts.stop_positions(s))
        for message_id in (63, 77, 93, 95):
            router.on_id(message_id, lambda s, r: self.accounts.stop(s, r.number))

        router.on_id(8, lambda s, _: self._send_next_id(s))
        router.on_id(17, lambda s, _: s.send(message(15, 1, self.exchange.account.account_id)))
        router.on_id(49, lambda s, _: s.send(message(49, 1, self.market_now_ns() // 1_000_000_000)))
        router.on_id(85, lambda s, _: s.send(message(85, 0)))
        # Switches without effect here, and cancels of requests that are answered at once.
        for message_id in (12, 13, 14, 25, 59, 75, 90):
            router.on_id(message_id, lambda _s, _r: None)
        return router
