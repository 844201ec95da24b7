"""Effects on the link: connections cut, frozen, refused; outages of the broker's servers; logins."""

from alphatrader.sim.faults import kinds
from alphatrader.sim.faults.effects.stage import Effects, Stage, client_of, request_id
from alphatrader.sim.faults.effects.vocabulary import asks
from alphatrader.sim.faults.rules import FOREVER_S
from alphatrader.sim.faults.texts import text_for
from alphatrader.sim.gateway.session import SERVER_SIDE, Session
from alphatrader.sim.wire.requests import Request

_NEEDS_SERVER = ("contract_details", "option_parameters", "symbol_search", "history", "historical_ticks")
"""What a gateway cannot answer from its own memory."""


class LinkEffects:
    """Carries out the kinds of :mod:`alphatrader.sim.faults.kinds.link`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._board = stage.board
        self.effects: Effects = {
            kinds.DropLink: self._drop,
            kinds.FreezeLink: lambda fault: self._board.freeze(fault.for_s),
            kinds.ServerOutage: self._outage,
            kinds.LoggedOut: self._log_out,
            kinds.Login: lambda _: self.log_in(),
            kinds.OccupyClientId: lambda fault: self._board.occupy(fault.client_id, fault.for_s),
            kinds.ReadOnly: lambda fault: self._board.requests.add(_ReadOnly(), for_s=fault.for_s),
            kinds.PacingViolation: self._violate_pace,
            kinds.LowerNextValidId: lambda fault: self._board.lower_ids(fault.by),
        }

    def log_in(self) -> None:
        """Open the door and answer again."""
        self._board.freeze(0.0)
        self._stage.door.open()

    def _drop(self, fault: kinds.DropLink) -> None:
        if fault.refuse_for_s > 0:
            self._stage.door.close(fault.refuse_for_s)
        if fault.client_id is None:
            self._stage.gateway.abort_all()
        else:
            for session in self._stage.sessions(fault.client_id):
                session.abort()

    def _log_out(self, fault: kinds.LoggedOut) -> None:
        for_s = fault.for_s or FOREVER_S
        self._stage.gateway.abort_all()
        if fault.door == "closed":
            self._stage.door.close(for_s)
        else:
            self._board.freeze(for_s)

    def _violate_pace(self, fault: kinds.PacingViolation) -> None:
        self._board.requests.add(_TooFast(fault), count=fault.count)

    def _outage(self, fault: kinds.ServerOutage) -> None:
        board, stage = self._board, self._stage
        end_s = stage.gateway.wall_s() + fault.for_s
        stage.tell_all(fault.code, text_for(fault.code))
        board.silence(fault.for_s)
        if fault.executions_late_s > 0:
            board.hold_fills(fault.for_s + fault.executions_late_s)
        rule = _WithoutServer(stage, fault.orders, end_s)
        board.requests.add(rule)

        def storm() -> None:
            if stage.gateway.wall_s() < end_s and board.silent:
                stage.tell_all(fault.code, text_for(fault.code))
                board.schedule.later(fault.storm_every_s, storm)

        def end() -> None:
            board.requests.drop(lambda other: other is rule)
            if fault.drop_link:
                stage.gateway.abort_all()
            elif fault.data_lost:
                for session in stage.sessions():
                    stage.gateway.drop_subscriptions(session)
                    board.lines.forget(session)
                stage.tell_all(1101, text_for(1101))
            else:
                stage.tell_all(1102, text_for(1102))

        if fault.storm_every_s > 0:
            board.schedule.later(fault.storm_every_s, storm)
        board.schedule.later(fault.for_s, end)


class _ReadOnly:
    """Refuses orders, cancels, and the lists of orders."""

    def strike(self, session: Session, request: Request) -> bool | None:
        """Refuse."""
        if not any(asks(what, request) for what in ("orders", "cancels", "open_orders", "completed_orders")):
            return None
        session.error(request_id(request), 321, text_for(321))
        return True


class _TooFast:
    """Answers by 100, and closes the connection at the last time if so wished."""

    def __init__(self, fault: kinds.PacingViolation) -> None:
        self._fault = fault
        self._left = fault.count

    def strike(self, session: Session, request: Request) -> bool | None:
        """Complain."""
        del request
        if self._fault.client_id not in {None, client_of(session)}:
            return None
        self._left -= 1
        session.error(SERVER_SIDE, 100, text_for(100))
        if self._fault.disconnect and not self._left:
            session.close()
        return True


class _WithoutServer:
    """What a gateway does with requests while its server is away."""

    def __init__(self, stage: Stage, orders: str, end_s: float) -> None:
        self._stage = stage
        self._orders = orders
        self._end_s = end_s

    def strike(self, session: Session, request: Request) -> bool | None:
        """Put off what needs the server; queue, refuse or lose orders and cancels."""
        left_s = max(0.0, self._end_s - self._stage.gateway.wall_s())
        if any(asks(what, request) for what in _NEEDS_SERVER):
            self._stage.answer_later(session, request, left_s)
            return True
        if not (asks("orders", request) or asks("cancels", request)):
            return None
        if self._orders == "queued":
            self._stage.answer_later(session, request, left_s)
        elif self._orders == "refused":
            text = text_for(201, "Order rejected - reason:No connection between gateway and server")
            session.error(request_id(request), 201, text)
        return True
