"""Effects on the broker's data farms and on data as a whole."""

from alphatrader.sim.faults import kinds
from alphatrader.sim.faults.effects.stage import Effects, Stage, request_id
from alphatrader.sim.faults.effects.streams import DeadStreams, everything
from alphatrader.sim.faults.effects.vocabulary import asks
from alphatrader.sim.faults.texts import farm_text, text_for
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.wire.requests import Request

_NO_HISTORY = "Historical Market Data Service error message:HMDS connection is broken"


class FarmEffects:
    """Carries out the kinds of :mod:`alphatrader.sim.faults.kinds.farms`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._board = stage.board
        self.effects: Effects = {
            kinds.FarmOutage: self._outage,
            kinds.FarmNotice: lambda fault: stage.tell_all(*farm_text(fault.farm, fault.state, fault.name)),
            kinds.CompetingSession: self._compete,
        }

    def _outage(self, fault: kinds.FarmOutage) -> None:
        stage, board = self._stage, self._board
        stage.tell_all(*farm_text(fault.farm, "broken", fault.name))
        if fault.farm == "data":
            if fault.streams == "stay_dead":
                board.messages.add(DeadStreams(stage, board.lines.all()))
            board.mute_chosen(everything, for_s=fault.for_s)
        else:
            rule = _WithoutFarm(stage, fault.farm, stage.gateway.wall_s() + fault.for_s)
            board.requests.add(rule, for_s=fault.for_s)
        board.schedule.later(fault.for_s, lambda: stage.tell_all(*farm_text(fault.farm, "ok", fault.name)))

    def _compete(self, fault: kinds.CompetingSession) -> None:
        for line in self._board.lines.all():
            line.session.error(line.req_id, 10197, text_for(10197))
        self._board.mute_chosen(everything, for_s=fault.for_s)


class _WithoutFarm:
    """History or definitions while their farm is away."""

    def __init__(self, stage: Stage, farm: str, end_s: float) -> None:
        self._stage = stage
        self._history = farm == "history"
        self._end_s = end_s

    def strike(self, session: Session, request: Request) -> bool | None:
        """Refuse or lose history, or answer when the farm is back; definitions always wait for it."""
        kinds_asked = ("history", "historical_ticks", "head_timestamp") if self._history else ("contract_details",)
        if not any(asks(what, request) for what in kinds_asked):
            return None
        manner = self._stage.gateway.behaviours.text("history_farm_broken") if self._history else "late"
        if manner == "refused":
            session.error(request_id(request), 162, _NO_HISTORY)
        elif manner == "late":
            self._stage.answer_later(session, request, max(0.0, self._end_s - self._stage.gateway.wall_s()))
        return True
