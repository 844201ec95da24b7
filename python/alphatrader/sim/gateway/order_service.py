"""Orders between client and exchange: requests in, reports out, each to the client that owns the order."""

from collections.abc import Iterable
from decimal import Decimal

import structlog
from msgspec import structs

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.exchange.checks import Refusal
from alphatrader.sim.exchange.exchange import Exchange
from alphatrader.sim.exchange.orders import COMBO_CON_ID, Order, OrderRequest
from alphatrader.sim.exchange.reports import Report
from alphatrader.sim.faults.board import FaultBoard
from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.order_changes import refusal_of_change
from alphatrader.sim.gateway.order_contracts import OrderContracts
from alphatrader.sim.gateway.order_features import invalid, refusal_of_features
from alphatrader.sim.gateway.order_ids import MANUAL_CLIENT, OrderIds
from alphatrader.sim.gateway.order_preview import preview
from alphatrader.sim.gateway.order_queries import OrderQueries, client_of
from alphatrader.sim.gateway.order_reports import OrderReporter
from alphatrader.sim.gateway.order_request import OrderRefusedError, build_request
from alphatrader.sim.gateway.order_warnings import warnings_of
from alphatrader.sim.gateway.outbox import Outbox
from alphatrader.sim.gateway.precautions import WITHOUT_DATA, directly_routed, held_back
from alphatrader.sim.gateway.session import SERVER_SIDE, Session
from alphatrader.sim.login import Login
from alphatrader.sim.market.types import SimulatedMarket
from alphatrader.sim.wire.exercise import EXERCISE, LAPSE, ExerciseOptions
from alphatrader.sim.wire.order_terms import WireTerms
from alphatrader.sim.wire.place_order import PlaceOrder
from alphatrader.sim.wire.queries import ContractQuery
from alphatrader.sim.wire.requests import CancelOrder, Numbered

DUPLICATE_ID = Refusal(103, "Duplicate order id")

log = structlog.get_logger("alphatrader.sim.gateway")


class OrderService:
    """Serves placeOrder, cancels and orders placed by hand. ``queries`` answers what is open, done, executed."""

    def __init__(
        self,
        exchange: Exchange,
        market: SimulatedMarket,
        contracts: ContractService,
        faults: FaultBoard,
        outbox: Outbox,
        behaviours: Behaviours,
        login: Login,
    ) -> None:
        self._exchange = exchange
        self._market = market
        self._contracts = contracts
        self._known = OrderContracts(exchange, market)
        self._faults = faults
        self._behaviours = behaviours
        self._ids = OrderIds(exchange.registry)
        self._login = login
        self._reporter = OrderReporter(
            exchange, self._known, self._ids, faults, outbox, behaviours, login.master_client_id
        )
        self._late_cancels: list[tuple[float, int]] = []
        self.last_order_id: dict[int, int] = {}
        self.queries = OrderQueries(exchange, market, self._known, self._ids, self._reporter, behaviours)

    # --------------------------------------------------------------------------------------------------------- placing

    def place(self, session: Session, order: PlaceOrder) -> None:
        """Hand an order to the exchange, unless its terms cannot be had or a fault takes it first."""
        client_id = client_of(session)
        con_id = self._resolve(session, order)
        if con_id is None:
            return
        try:
            asked = self._ask(client_id, order, con_id)
        except OrderRefusedError as error:
            self._refuse(session, order.order_id, error.refusal)
            return
        if order.terms.what_if:
            self._preview(session, asked)
            return
        existing = self._exchange.registry.find(client_id, order.order_id)
        self.last_order_id[client_id] = order.order_id
        if existing is not None:
            self._modify(session, existing, asked)
            return
        refusal = self._check_id(client_id, order.order_id) or self._precaution(asked, order.terms.exchange)
        if refusal is not None:
            self._refuse(session, order.order_id, refusal)
            return
        rejection = self._faults.take_rejection(asked.order_type)
        for code, text in warnings_of(asked, order.terms, self._known.get(con_id), self._behaviours):
            session.error(order.order_id, code, text)
        self._exchange.place(asked, Refusal(rejection.code, rejection.text) if rejection else None)

    def place_manual(self, con_id: int, terms: WireTerms) -> Order:
        """Place an order as if by hand at the terminal; the caller settles the gateway afterwards.

        Raises ConfigError if it is not taken. Client 0 is told of it if it binds manual orders.
        """
        if con_id not in self._known:
            raise ConfigError(f"no contract has con_id {con_id}")
        order = PlaceOrder(self._ids.next_manual_id(), ContractQuery(con_id=con_id), "", "", terms)
        try:
            asked = structs.replace(self._ask(MANUAL_CLIENT, order, con_id), manual=True)
        except OrderRefusedError as error:
            raise ConfigError(f"the order was refused: {error.refusal.text} ({error.refusal.code})") from None
        self._exchange.place(asked)
        placed = self._exchange.registry.find(MANUAL_CLIENT, order.order_id)
        if placed is None:
            raise ConfigError("the order was refused by the exchange; the gateway's log says why")
        return placed

    def _ask(self, client_id: int, order: PlaceOrder, con_id: int) -> OrderRequest:
        refusal = refusal_of_features(order.terms, self._behaviours)
        if refusal is not None:
            raise OrderRefusedError(refusal)
        return build_request(client_id, order, con_id, self._known, self._market.now_ns)

    def _resolve(self, session: Session, order: PlaceOrder) -> int | None:
        if order.contract.sec_type == "BAG":
            return COMBO_CON_ID
        contract = self._contracts.resolve(session, order.order_id, order.contract)
        return None if contract is None else contract.con_id

    def _modify(self, session: Session, existing: Order, asked: OrderRequest) -> None:
        refusal = refusal_of_change(existing, asked, self._behaviours)
        if refusal is not None:
            self._refuse(session, asked.order_id, refusal)
            return
        self._exchange.place(asked)

    def _check_id(self, client_id: int, order_id: int) -> Refusal | None:
        """An id below those that the client has used is as good as used."""
        too_low = order_id < self._exchange.registry.next_order_id(client_id)
        return DUPLICATE_ID if too_low and self._behaviours.on("order_ids_must_grow") else None

    def _precaution(self, asked: OrderRequest, exchange: str) -> Refusal | None:
        contract = self._known.get(asked.con_id)
        if contract is None or not self._behaviours.on("order_precautions"):
            return None
        if not self._login.sees(contract.sec_type):
            return WITHOUT_DATA
        if exchange not in {"", "SMART"} and contract.sec_type == "STK":
            return directly_routed(exchange)
        quote = self._market.quote(contract.con_id)
        price = asked.limit_price or Decimal(str(quote.ask or quote.last))
        return held_back(asked, contract, quote, price)

    def _refuse(self, session: Session, order_id: int, refusal: Refusal) -> None:
        log.info(
            "SIMULATED gateway: order refused",
            client_id=session.client_id,
            order_id=order_id,
            code=refusal.code,
            text=refusal.text,
        )
        session.error(order_id, refusal.code, refusal.text)

    def _preview(self, session: Session, asked: OrderRequest) -> None:
        """Say what the order would tie up; nothing is placed."""
        answer = preview(self._exchange, asked, self._known, session.version)
        if isinstance(answer, Refusal):
            self._refuse(session, asked.order_id, answer)
        else:
            session.send(answer)

    # ------------------------------------------------------------------------------------------------------ cancelling

    def cancel(self, session: Session, request: CancelOrder, now_s: float) -> None:
        """Cancel an order of this client, or one that it saw by reqAllOpenOrders."""
        order = self._ids.find(client_of(session), request.order_id)
        if order is None:
            text = f"OrderId {request.order_id} that needs to be cancelled is not found."
            session.error(request.order_id, 10147, text)
            return
        if order.done or order.cancel_ns or self._cancels_late(order):
            text = f"OrderId {request.order_id} that needs to be cancelled cannot be cancelled, state: "
            session.error(request.order_id, 10148, f"{text}{order.status.value}.")
            return
        self.cancel_order(order, now_s)

    def _cancels_late(self, order: Order) -> bool:
        return any(perm_id == order.perm_id for _, perm_id in self._late_cancels)

    def cancel_order(self, order: Order, now_s: float) -> None:
        """Cancel a live order, late if a fault delays cancels."""
        delay_s = self._faults.delay_s("cancels")
        if delay_s > 0:
            self._exchange.mark_pending_cancel(order)
            self._late_cancels.append((now_s + delay_s, order.perm_id))
            return
        if self._behaviours.on("cancel_is_pending_first"):
            self._exchange.mark_pending_cancel(order)
        self._exchange.cancel(order)

    def cancel_all(self) -> None:
        """Cancel the orders of all clients, stops and those placed by hand included."""
        for order in self._exchange.registry.live():
            self._exchange.cancel(order)

    def carry_out_late_cancels(self, now_s: float) -> None:
        """Put cancels into effect whose delay is over."""
        due = [perm_id for due_s, perm_id in self._late_cancels if due_s <= now_s]
        self._late_cancels = [(due_s, perm_id) for due_s, perm_id in self._late_cancels if due_s > now_s]
        for perm_id in due:
            order = self._exchange.registry.by_perm_id(perm_id)
            if order is not None and not order.done:
                self._exchange.cancel(order)

    # --------------------------------------------------------------------------------------------- exercise and manual

    def exercise(self, session: Session, request: ExerciseOptions) -> None:
        """Pass on the wish to exercise an option or let it lapse; only a refusal is answered."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        if request.action not in {EXERCISE, LAPSE}:
            refusal: Refusal | None = invalid(f"Invalid exercise action: {request.action}")
        elif request.account not in {"", self._exchange.account.account_id}:
            refusal = invalid("Invalid account code")
        else:
            exercise = request.action == EXERCISE
            refusal = self._exchange.exercise(
                contract.con_id, request.quantity, exercise=exercise, override=request.override
            )
        if refusal is not None:
            self._refuse(session, request.req_id, refusal)

    def auto_bind(self, session: Session, request: Numbered) -> None:
        """Let client 0 own what is placed by hand from now on; nobody else may."""
        if session.client_id == MANUAL_CLIENT:
            self._ids.auto_bind = bool(request.number)
        elif request.number:
            text = "Only API connections with clientId set to 0 can set the auto bind TWS orders property."
            session.error(SERVER_SIDE, 327, text)

    def publish(self, reports: Iterable[Report], now_s: float) -> set[int]:
        """Send reports to their clients; return the contracts whose positions changed."""
        return self._reporter.publish(reports, now_s)

    def forget(self, session: Session) -> None:
        """Drop what a client was shown of others; its orders stay."""
        self._ids.forget(client_of(session))
