"""Effects that need a hand in the exchange: races of cancels and fills, forks, corrections, liquidations."""

from msgspec import structs

from alphatrader.sim.exchange.orders import Order, OrderStatus
from alphatrader.sim.exchange.reports import Notice, OrderReport
from alphatrader.sim.faults import kinds
from alphatrader.sim.faults.effects.stage import Effects, Stage, client_of
from alphatrader.sim.faults.texts import text_for
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.wire.place_order import PlaceOrder
from alphatrader.sim.wire.requests import CancelOrder, Request


class ExchangeEffects:
    """Carries out the kinds of orders and executions that change what the exchange holds true."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._board = stage.board
        self._hand = hand = stage.gateway.exchange.interventions
        requests = stage.board.requests
        self.effects: Effects = {
            kinds.Deactivate: lambda fault: hand.deactivate(hand.working(fault.client_id)),
            kinds.FillAfterCancel: lambda fault: requests.add(_FillAfterCancel(stage, fault), count=fault.count),
            kinds.FillInCancel: lambda fault: requests.add(_FillInCancel(stage, fault), count=fault.count),
            kinds.ForkOnModify: lambda fault: requests.add(_Fork(stage), count=fault.count),
            kinds.SplitFills: self._split,
            kinds.ReplayExecutions: self._replay,
            kinds.CorrectExecution: self._correct,
            kinds.BustExecution: self._bust,
            kinds.Liquidate: self._liquidate,
            kinds.ForceFill: lambda fault: hand.fill(hand.working(fault.client_id), fault.quantity),
        }

    def _split(self, fault: kinds.SplitFills) -> None:
        self._hand.split_fills(fault.lot)
        self._board.schedule.later(fault.for_s, lambda: self._hand.split_fills(0))

    def _replay(self, fault: kinds.ReplayExecutions) -> None:
        for record in self._hand.last_executions(fault.count):
            self._hand.replay(record, commission=fault.commissions)

    def _correct(self, fault: kinds.CorrectExecution) -> None:
        (record,) = self._hand.last_executions(client_id=fault.client_id)
        self._hand.correct(record, fault.price)

    def _bust(self, fault: kinds.BustExecution) -> None:
        (record,) = self._hand.last_executions(client_id=fault.client_id)
        self._hand.bust(record, told=self._stage.gateway.behaviours.on("bust_reported"))

    def _liquidate(self, fault: kinds.Liquidate) -> None:
        self._stage.check_named("", fault.con_id)
        self._hand.liquidate(fault.con_id, fault.quantity)


def _live_order(stage: Stage, session: Session, order_id: int) -> Order | None:
    order = stage.gateway.exchange.registry.find(client_of(session), order_id)
    works = order is not None and not order.done and order.status is not OrderStatus.STAGED
    return order if works else None


class _FillAfterCancel:
    """Confirms a cancel of an order that works on, or refuses it; the fill follows."""

    def __init__(self, stage: Stage, fault: kinds.FillAfterCancel) -> None:
        self._stage = stage
        self._fault = fault

    def strike(self, session: Session, request: Request) -> bool | None:
        """Say what is not so, and put the fill off."""
        if not isinstance(request, CancelOrder):
            return None
        order = _live_order(self._stage, session, request.order_id)
        if order is None:
            return None
        hand = self._stage.gateway.exchange.interventions
        if self._fault.notice == 202:
            hand.tell(OrderReport(structs.replace(order, status=OrderStatus.CANCELLED), full=False))
            hand.tell(Notice(order.client_id, order.order_id, 202, text_for(202)))
        else:
            session.error(order.order_id, 10148, text_for(10148))
        self._stage.board.schedule.later(self._fault.by_s, lambda: hand.fill(order))
        return True


class _FillInCancel:
    """Lets a fill cross a cancel."""

    def __init__(self, stage: Stage, fault: kinds.FillInCancel) -> None:
        self._stage = stage
        self._fault = fault

    def strike(self, session: Session, request: Request) -> bool | None:
        """Fill between the cancel and its confirmation."""
        if not isinstance(request, CancelOrder):
            return None
        exchange = self._stage.gateway.exchange
        order = _live_order(self._stage, session, request.order_id)
        if order is None:
            return None
        exchange.mark_pending_cancel(order)
        exchange.interventions.fill(order, self._fault.quantity)
        if not order.done:
            exchange.cancel(order)
        return True


class _Fork:
    """Makes a second order of a modification."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def strike(self, session: Session, request: Request) -> bool | None:
        """Leave the old order alive under no id, and let the new one in."""
        if not isinstance(request, PlaceOrder):
            return None
        order = _live_order(self._stage, session, request.order_id)
        if order is None:
            return None
        gateway = self._stage.gateway
        gateway.exchange.interventions.free_id(order)
        # A child's parent may be filled by now, and no child may be added to it.
        gateway.answer(session, structs.replace(request, terms=structs.replace(request.terms, parent_id=0)))
        return True
