"""Effects on requests and messages by what they are about."""

from alphatrader.sim.faults import kinds
from alphatrader.sim.faults.effects.stage import Effects, Stage, client_of, is_reply, request_id
from alphatrader.sim.faults.effects.vocabulary import ENDS, MESSAGES, ROW_BEGINS, ROWS, asks
from alphatrader.sim.faults.effects.wire import Writes
from alphatrader.sim.faults.messages import Fields
from alphatrader.sim.faults.texts import text_for
from alphatrader.sim.gateway.session import SERVER_SIDE, Session
from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.requests import Request

_NS = 1_000_000_000


class TrafficEffects:
    """Carries out the kinds of :mod:`alphatrader.sim.faults.kinds.traffic`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._board = board = stage.board
        self.effects: Effects = {
            kinds.RefuseRequests: self._refuse,
            kinds.LateAnswers: lambda f: board.requests.add(_Late(stage, f.what, f.by_s), count=f.count, for_s=f.for_s),
            kinds.LoseRequests: lambda f: board.requests.add(_Lost(f.what), count=f.count, for_s=f.for_s),
            kinds.WithholdEnd: lambda f: board.messages.add(_WithholdEnd(f.what), count=f.count),
            kinds.OmitRows: lambda f: board.messages.add(_OmitRows(f)),
            kinds.Delay: self._delay,
            kinds.LoseMessages: lambda f: board.messages.add(_Lose(f), count=f.count, for_s=f.for_s),
            kinds.RepeatMessages: lambda f: board.messages.add(_Repeat(f.what), count=f.count, for_s=f.for_s),
            kinds.DuplicateStatuses: lambda f: board.messages.add(_Repeat("statuses"), for_s=f.for_s),
            kinds.HoldFills: lambda f: board.hold_fills(f.for_s),
            kinds.ReverseMessages: self._reverse,
            kinds.SendError: self._send_error,
        }

    def _refuse(self, fault: kinds.RefuseRequests) -> None:
        if fault.symbol:
            self._stage.check_named(fault.symbol, 0)
        self._board.requests.add(_Refuse(self._stage, fault), count=fault.count, for_s=fault.for_s)

    def _delay(self, fault: kinds.Delay) -> None:
        if fault.what == "cancels" and fault.until_open:
            self._board.delay_cancels_until_open(self._seconds_to_open, fault.for_s)
        elif fault.what in {"orders", "cancels"}:
            self._board.add_delay(fault)
        elif fault.what == "everything":
            slow = kinds.Wire(do="delay", by_s=fault.by_s, for_s=fault.for_s)
            self._board.wire.add(Writes(self._stage, slow), for_s=fault.for_s)
        else:
            self._board.messages.add(_Hold(self._stage, fault.what, fault.by_s), for_s=fault.for_s)

    def _seconds_to_open(self) -> float:
        """Wall seconds to the next regular session of the first underlying."""
        market, speed = self._stage.gateway.market, self._stage.gateway.clock.speed
        first = self._stage.gateway.contracts.catalogue.underlyings()[0]
        starts = [start for start, _ in market.hours(first.con_id).liquid if start > market.now_ns]
        return (min(starts) - market.now_ns) / _NS / speed if starts and speed > 0 else float("inf")

    def _reverse(self, fault: kinds.ReverseMessages) -> None:
        rule = _Gather(fault.what)
        self._board.messages.add(rule, for_s=fault.for_s)
        self._board.schedule.later(fault.for_s, rule.release)

    def _send_error(self, fault: kinds.SendError) -> None:
        for session in self._stage.sessions(fault.client_id):
            if fault.req_id == "last_order":
                req_id = self._stage.gateway.orders.last_order_id.get(client_of(session), SERVER_SIDE)
            else:
                req_id = fault.req_id
            session.error(req_id, fault.code, text_for(fault.code, fault.text))


class _Refuse:
    """Answers by a code."""

    def __init__(self, stage: Stage, fault: kinds.RefuseRequests) -> None:
        self._stage = stage
        self._fault = fault

    def strike(self, session: Session, request: Request) -> bool | None:
        """Send the code."""
        if not asks(self._fault.what, request) or not self._concerns(request):
            return None
        session.error(request_id(request), self._fault.code, text_for(self._fault.code, self._fault.text))
        return True

    def _concerns(self, request: Request) -> bool:
        if not self._fault.symbol:
            return True
        query = getattr(request, "contract", None)
        if query is None:
            return bool(getattr(request, "symbol", "") == self._fault.symbol)
        found = self._stage.gateway.contracts.catalogue.find(query)
        return any(contract.symbol == self._fault.symbol for contract in found)


class _Late:
    """Answers late."""

    def __init__(self, stage: Stage, what: str, by_s: float) -> None:
        self._stage = stage
        self._what = what
        self._by_s = by_s

    def strike(self, session: Session, request: Request) -> bool | None:
        """Put the answer off."""
        if not asks(self._what, request):
            return None
        self._stage.answer_later(session, request, self._by_s)
        return True


class _Lost:
    """Never answers."""

    def __init__(self, what: str) -> None:
        self._what = what

    def strike(self, session: Session, request: Request) -> bool | None:
        """Say nothing."""
        del session
        return True if asks(self._what, request) else None


class _WithholdEnd:
    """Leaves out an end marker."""

    def __init__(self, what: str) -> None:
        self.message_ids = frozenset({ENDS[what]})

    def strike(self, session: Session, fields: Fields) -> list[Fields] | None:
        """Drop it."""
        del session, fields
        return []


class _OmitRows:
    """Shortens answers. An answer is sent in one go, so one count of rows is enough."""

    def __init__(self, fault: kinds.OmitRows) -> None:
        self._keep = fault.keep
        self._left = fault.count
        self._begin = str(ROW_BEGINS[fault.what])
        self._end = str(ENDS[fault.what])
        self._rows = 0
        self.message_ids = ROWS[fault.what] | {ENDS[fault.what]}

    def strike(self, session: Session, fields: Fields) -> list[Fields] | None:
        """Drop the rows beyond the first ones."""
        if self._left <= 0 or not is_reply(session):
            return None
        if fields[0] == self._end:
            self._left -= 1
            self._rows = 0
            return None
        self._rows += fields[0] == self._begin
        return [] if self._rows > self._keep else None


class _Hold:
    """Holds messages of a kind back; others overtake them."""

    def __init__(self, stage: Stage, what: str, by_s: float) -> None:
        self._stage = stage
        self._by_s = by_s
        self.message_ids = MESSAGES[what]

    def strike(self, session: Session, fields: Fields) -> list[Fields] | None:
        """Send it later."""
        if is_reply(session):
            return None
        self._stage.board.schedule.later(self._by_s, lambda: session.deliver(message(*fields)))
        return []


class _Lose:
    """Loses messages."""

    def __init__(self, fault: kinds.LoseMessages) -> None:
        self.message_ids = MESSAGES[fault.what]
        self._replies_too = fault.what == "everything"
        self._every = max(1, fault.every)
        self._seen = 0

    def strike(self, session: Session, fields: Fields) -> list[Fields] | None:
        """Drop one of every N."""
        del fields
        if is_reply(session) and not self._replies_too:
            return None
        self._seen += 1
        return [] if self._seen % self._every == 0 else None


class _Repeat:
    """Sends messages twice."""

    def __init__(self, what: str) -> None:
        self.message_ids = MESSAGES[what]

    def strike(self, session: Session, fields: Fields) -> list[Fields] | None:
        """Double it."""
        return None if is_reply(session) else [fields, fields]


class _Gather:
    """Gathers messages, to send the last first."""

    def __init__(self, what: str) -> None:
        self.message_ids = MESSAGES[what]
        self._gathered: list[tuple[Session, Fields]] = []

    def strike(self, session: Session, fields: Fields) -> list[Fields] | None:
        """Keep it."""
        if is_reply(session):
            return None
        self._gathered.append((session, fields))
        return []

    def release(self) -> None:
        """Send what was gathered in reverse."""
        for session, fields in reversed(self._gathered):
            session.deliver(message(*fields))
        self._gathered.clear()
