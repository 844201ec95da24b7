"""Effects on market data: which streams speak, and what they say."""

from collections.abc import Iterable

from alphatrader.sim.faults import kinds
from alphatrader.sim.faults.effects.permissions import PermissionEffect
from alphatrader.sim.faults.effects.stage import Effects, Stage, fits
from alphatrader.sim.faults.effects.vocabulary import STREAM_MESSAGES, asks, stream_id
from alphatrader.sim.faults.lines import Line
from alphatrader.sim.faults.messages import Fields
from alphatrader.sim.faults.texts import text_for
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.data_requests import MarketDataRequest
from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.requests import Numbered, Request

HALTED_TICK = 49
_HALT_VALUE = {"regulatory": 1, "volatility": 2}
_SIDES = {"bid": frozenset({"1", "0"}), "ask": frozenset({"2", "3"}), "both": frozenset({"1", "0", "2", "3"})}
"""Tick types of prices (1 bid, 2 ask) and sizes (0, 3)."""


def everything(contract: ListedContract) -> bool:
    """Choose all contracts."""
    del contract
    return True


class StreamEffects:
    """Carries out the kinds of :mod:`alphatrader.sim.faults.kinds.streams`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._board = stage.board
        self.effects: Effects = {
            kinds.Mute: self._mute,
            kinds.Unmute: self._board.unmute,
            kinds.KillStreams: self._kill,
            kinds.Permission: PermissionEffect(stage).apply,
            kinds.EmptyQuotes: self._empty,
            kinds.MissingGreeks: self._take_greeks,
            kinds.FrozenData: self._freeze,
            kinds.HaltTrading: self._halt,
            kinds.ResetDepth: self._reset_depth,
            kinds.TicksAfterCancel: self._cancel_late,
            kinds.UnknownTick: self._send_unknown,
        }

    def _mute(self, fault: kinds.Mute) -> None:
        self._stage.check_named(fault.symbol, fault.con_id)
        self._board.mute(fault)

    def _kill(self, fault: kinds.KillStreams) -> None:
        self._stage.check(fault)
        self._board.messages.add(DeadStreams(self._stage, self._stage.lines(fault)), for_s=fault.for_s)

    def _empty(self, fault: kinds.EmptyQuotes) -> None:
        self._stage.check(fault)
        rule = _EmptyQuotes(self._stage, fault)
        self._board.messages.add(rule, for_s=fault.for_s)
        for line in self._stage.lines(fault, "market_data"):
            line.session.send(self._quote(line))
        if fault.for_s > 0:
            self._board.schedule.later(fault.for_s, lambda: self._tell_quotes(fault))

    def _tell_quotes(self, fault: kinds.ContractChoice) -> None:
        for line in self._stage.lines(fault, "market_data"):
            line.session.send(self._quote(line))

    def _quote(self, line: Line) -> bytes:
        contract = self._stage.contract(line)
        if contract is None:
            return b""
        quote = self._stage.gateway.market.quote(contract.con_id)
        sides = ((1, quote.bid, quote.bid_size), (2, quote.ask, quote.ask_size))
        return b"".join(message(1, 6, line.req_id, kind, price, size, 1) for kind, price, size in sides)

    def _take_greeks(self, fault: kinds.MissingGreeks) -> None:
        self._stage.check(fault)
        self._board.messages.add(_MissingGreeks(self._stage, fault), for_s=fault.for_s)

    def _freeze(self, fault: kinds.FrozenData) -> None:
        self._stage.check(fault)
        for line in self._stage.lines(fault, "market_data"):
            line.session.send(message(58, 1, line.req_id, 2))
        self._board.mute_chosen(lambda contract: fits(fault, contract), for_s=fault.for_s)
        if fault.for_s > 0:
            self._board.schedule.later(fault.for_s, lambda: self._thaw(fault))

    def _thaw(self, fault: kinds.FrozenData) -> None:
        for line in self._stage.lines(fault, "market_data"):
            line.session.send(message(58, 1, line.req_id, 1))

    def _halt(self, fault: kinds.HaltTrading) -> None:
        stage, board = self._stage, self._board
        stage.check(fault)
        rule = _TellHalted(stage, fault)
        board.requests.add(rule, for_s=fault.for_s)
        for line in stage.lines(fault, "market_data"):
            rule.tell(line.session, line.req_id)
        depth = stage.lines(fault, "depth")
        for line in depth:
            line.session.error(line.req_id, 316, text_for(316))
        board.messages.add(DeadStreams(stage, depth))
        board.mute_chosen(lambda contract: fits(fault, contract), for_s=fault.for_s)
        if fault.for_s > 0:
            board.schedule.later(fault.for_s, lambda: self._resume(fault))

    def _resume(self, fault: kinds.HaltTrading) -> None:
        for line in self._stage.lines(fault, "market_data"):
            line.session.send(message(45, 6, line.req_id, HALTED_TICK, 0))

    def _reset_depth(self, fault: kinds.ResetDepth) -> None:
        self._stage.check_named(fault.symbol, 0)
        for contract in self._stage.gateway.contracts.catalogue.underlyings():
            if contract.symbol == fault.symbol:
                self._stage.gateway.depth.reset(contract)

    def _cancel_late(self, fault: kinds.TicksAfterCancel) -> None:
        self._stage.check(fault)
        self._board.requests.add(_LateStreamCancel(self._stage, fault), for_s=fault.for_s)

    def _send_unknown(self, fault: kinds.UnknownTick) -> None:
        self._stage.check(fault)
        for line in self._stage.lines(fault, "market_data"):
            line.session.send(message(45, 6, line.req_id, fault.tick_type, 0))


class DeadStreams:
    """Streams that never speak again; the same id asked for anew is another stream."""

    message_ids = STREAM_MESSAGES

    def __init__(self, stage: Stage, lines: Iterable[Line]) -> None:
        self._stage = stage
        self._dead = list(lines)

    def strike(self, session: Session, fields: Fields) -> list[Fields] | None:
        """Drop the message of a dead stream."""
        line = self._stage.board.lines.find(session, stream_id(fields))
        return [] if any(line is dead for dead in self._dead) else None


class _EmptyQuotes:
    """Shows absent sides."""

    message_ids = frozenset({1, 2})

    def __init__(self, stage: Stage, fault: kinds.EmptyQuotes) -> None:
        self._stage = stage
        self._fault = fault

    def strike(self, session: Session, fields: Fields) -> list[Fields] | None:
        """Write -1 for a price and 0 for a size."""
        if fields[3] not in _SIDES[self._fault.sides]:
            return None
        if not self._stage.chosen(self._fault, self._stage.board.lines.find(session, int(fields[2]))):
            return None
        if fields[0] == "1":
            return [[*fields[:4], "-1", "0", *fields[6:]]]
        return [[*fields[:4], "0"]]


class _MissingGreeks:
    """Shows what was not computed. Layout: 21 req_id type attrib iv delta price pv_dividend gamma vega theta spot."""

    message_ids = frozenset({21})

    def __init__(self, stage: Stage, fault: kinds.MissingGreeks) -> None:
        self._stage = stage
        self._fault = fault

    def strike(self, session: Session, fields: Fields) -> list[Fields] | None:
        """Write -1 or -2."""
        if not self._stage.chosen(self._fault, self._stage.board.lines.find(session, int(fields[1]))):
            return None
        instead = list(fields)
        if self._fault.what != "greeks":
            instead[4] = instead[6] = instead[7] = instead[11] = "-1"
        if self._fault.what != "volatility":
            instead[5] = instead[8] = instead[9] = instead[10] = "-2"
        return [instead]


class _TellHalted:
    """Tells whoever subscribes during a halt."""

    def __init__(self, stage: Stage, fault: kinds.HaltTrading) -> None:
        self._stage = stage
        self._fault = fault

    def tell(self, session: Session, req_id: int) -> None:
        """Send tick 49."""
        session.send(message(45, 6, req_id, HALTED_TICK, _HALT_VALUE[self._fault.reason]))

    def strike(self, session: Session, request: Request) -> bool | None:
        """Tell a new line after it was opened."""
        if not isinstance(request, MarketDataRequest):
            return None
        line = Line(session, request.req_id, "market_data", request.contract)
        if not self._stage.chosen(self._fault, line):
            return None
        self._stage.board.schedule.later(0.0, lambda: self.tell(session, request.req_id))
        return False


class _LateStreamCancel:
    """Ends streams late."""

    def __init__(self, stage: Stage, fault: kinds.TicksAfterCancel) -> None:
        self._stage = stage
        self._fault = fault

    def strike(self, session: Session, request: Request) -> bool | None:
        """Put the cancel off."""
        if not isinstance(request, Numbered) or not asks("stream_cancels", request):
            return None
        if not self._stage.chosen(self._fault, self._stage.board.lines.find(session, request.number)):
            return None
        self._stage.answer_later(session, request, self._fault.by_s)
        return True
