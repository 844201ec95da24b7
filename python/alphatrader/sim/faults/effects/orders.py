"""Effects on orders on their way in, and on what is said of them."""

from collections import deque

from alphatrader.sim.faults import kinds
from alphatrader.sim.faults.effects.stage import Effects, Stage, client_of, is_reply
from alphatrader.sim.faults.messages import Fields
from alphatrader.sim.faults.texts import text_for
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.wire.place_order import PlaceOrder
from alphatrader.sim.wire.requests import Request

_LOST_KEPT = 1_000
_TERMINAL = frozenset({"Cancelled", "ApiCancelled", "Inactive"})


class OrderEffects:
    """Carries out the kinds of :mod:`alphatrader.sim.faults.kinds.orders` that need no hand in the exchange."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._board = stage.board
        self._lost = _LostFamilies()
        self._silent = _SilentOrders()
        self.effects: Effects = {
            kinds.RejectNext: self._reject,
            kinds.SwallowNext: self._swallow,
            kinds.WarnNext: lambda fault: self._board.requests.add(_Warn(stage, fault), count=fault.count),
            kinds.MuteOrders: self._mute,
            kinds.NoticeOrder: lambda fault: self._board.messages.add(_NoticeOrder(stage, fault)),
            kinds.StaleStatus: lambda fault: self._board.messages.add(_StaleStatus(fault), count=fault.count),
        }

    def _reject(self, fault: kinds.RejectNext) -> None:
        self._board.requests.add(_Reject(self._stage, fault), count=fault.count, for_s=fault.for_s)

    def _swallow(self, fault: kinds.SwallowNext) -> None:
        self._board.requests.drop(lambda rule: rule is self._lost)
        self._board.requests.add(self._lost)
        self._board.requests.add(_Swallow(self._stage, fault, self._lost), count=fault.count, for_s=fault.for_s)

    def _mute(self, fault: kinds.MuteOrders) -> None:
        self._board.messages.drop(lambda rule: rule is self._silent)
        self._board.messages.add(self._silent)
        self._board.requests.add(_MuteOrder(self._stage, fault, self._silent), count=fault.count, for_s=fault.for_s)


class Picker:
    """Picks the orders that a fault strikes."""

    def __init__(self, stage: Stage, choice: kinds.OrderChoice) -> None:
        self._stage = stage
        self._choice = choice
        self._seen = 0

    def picks(self, session: Session, request: Request, on: str = "new") -> bool:
        """Whether this request is a struck one; counts it if it fits."""
        if not isinstance(request, PlaceOrder) or request.terms.what_if or not self._fits(session, request, on):
            return False
        self._seen += 1
        return self._seen % self._choice.every == 0

    def _fits(self, session: Session, request: PlaceOrder, on: str) -> bool:
        choice = self._choice
        known = self._stage.gateway.exchange.registry.find(client_of(session), request.order_id) is not None
        if on != "any" and known != (on == "modify"):
            return False
        if choice.client_id not in {None, client_of(session)} or choice.order_type not in {
            "",
            request.terms.order_type,
        }:
            return False
        return choice.role in {"any", _role(request)}


def _role(request: PlaceOrder) -> str:
    if request.terms.parent_id:
        return "child"
    return "single" if request.terms.transmit else "parent"


class _Reject:
    """Refuses an order."""

    def __init__(self, stage: Stage, fault: kinds.RejectNext) -> None:
        self._stage = stage
        self._fault = fault
        self._picker = Picker(stage, fault)

    def strike(self, session: Session, request: Request) -> bool | None:
        """Send the code; 201 for a new order leaves an Inactive order behind, as the exchange does."""
        if not self._picker.picks(session, request, self._fault.when):
            return None
        assert isinstance(request, PlaceOrder)
        gateway, code = self._stage.gateway, self._fault.code
        text = text_for(code, self._fault.text)
        new = gateway.exchange.registry.find(client_of(session), request.order_id) is None
        if code == 201 and new:
            self._stage.board.verdict = kinds.RejectNext(code=code, text=text)
            gateway.answer(session, request)
            self._stage.board.verdict = None
        else:
            gateway.orders.last_order_id[client_of(session)] = request.order_id
            session.error(request.order_id, code, text)
        return True


class _LostFamilies:
    """Children of a lost parent are lost with it."""

    def __init__(self) -> None:
        self._lost: deque[tuple[int, int]] = deque(maxlen=_LOST_KEPT)

    def lose(self, session: Session, request: PlaceOrder) -> None:
        """Remember a lost order."""
        self._lost.append((client_of(session), request.order_id))

    def strike(self, session: Session, request: Request) -> bool | None:
        """Lose a child."""
        if not isinstance(request, PlaceOrder) or (client_of(session), request.terms.parent_id) not in self._lost:
            return None
        self.lose(session, request)
        return True


class _Swallow:
    """Loses an order."""

    def __init__(self, stage: Stage, fault: kinds.SwallowNext, lost: _LostFamilies) -> None:
        self._picker = Picker(stage, fault)
        self._lost = lost

    def strike(self, session: Session, request: Request) -> bool | None:
        """Say nothing."""
        if not self._picker.picks(session, request):
            return None
        assert isinstance(request, PlaceOrder)
        self._lost.lose(session, request)
        return True


class _Warn:
    """Warns about an order that lives."""

    def __init__(self, stage: Stage, fault: kinds.WarnNext) -> None:
        self._stage = stage
        self._fault = fault
        self._picker = Picker(stage, kinds.OrderChoice())

    def strike(self, session: Session, request: Request) -> bool | None:
        """Send the code after what the order itself caused."""
        if not self._picker.picks(session, request):
            return None
        assert isinstance(request, PlaceOrder)
        order_id, code = request.order_id, self._fault.code
        text = text_for(code, self._fault.text)
        self._stage.board.schedule.later(0.0, lambda: session.error(order_id, code, text))
        return False


class _MuteOrder:
    """Chooses orders of which nothing is said."""

    def __init__(self, stage: Stage, fault: kinds.MuteOrders, silent: "_SilentOrders") -> None:
        self._picker = Picker(stage, fault)
        self._silent = silent

    def strike(self, session: Session, request: Request) -> bool | None:
        """Let the order through, and nothing back."""
        if not self._picker.picks(session, request):
            return None
        assert isinstance(request, PlaceOrder)
        self._silent.orders.add((client_of(session), request.order_id))
        return False


class _SilentOrders:
    """Drops what happens to some orders; answers to questions tell of them."""

    message_ids = frozenset({3, 4, 5, 11, 59})

    def __init__(self) -> None:
        self.orders: set[tuple[int, int]] = set()
        self._executions: set[str] = set()

    def strike(self, session: Session, fields: Fields) -> list[Fields] | None:
        """Drop a callback."""
        if is_reply(session):
            return None
        if fields[0] == "59":
            return [] if fields[2] in self._executions else None
        place = {"3": 1, "5": 1, "4": 2, "11": 2}[fields[0]]
        if (client_of(session), int(fields[place])) not in self.orders:
            return None
        if fields[0] == "11":
            self._executions.add(fields[14])
        return []


class _NoticeOrder:
    """Moves the code of a refusal or a cancellation among the statuses of its order."""

    message_ids = frozenset({3, 4})

    def __init__(self, stage: Stage, fault: kinds.NoticeOrder) -> None:
        behaviours = stage.gateway.behaviours
        self._notice_first = (
            behaviours.on("rejection_before_inactive")
            if fault.code == 201
            else not behaviours.on("cancelled_status_before_202")
        )
        self._code = str(fault.code)
        self._place = fault.place
        self._left = fault.count
        self._waiting: dict[str, list[Fields]] = {}

    def strike(self, session: Session, fields: Fields) -> list[Fields] | None:
        """Drop the notice, or hold what comes too early until its partner has passed."""
        if is_reply(session) or self._left <= 0:
            return None
        notice = fields[0] == "4"
        if notice and fields[3] != self._code:
            return None
        if not notice and fields[2] not in _TERMINAL:
            return None
        key = fields[2] if notice else fields[1]
        if self._place == "never":
            self._left -= notice
            return [] if notice else None
        if (self._place == "last") != self._notice_first:
            return None
        if notice == self._notice_first:
            self._waiting.setdefault(key, []).append(fields)
            return []
        held = self._waiting.pop(key, None)
        if held is None:
            return None
        self._left -= 1
        between = [] if self._notice_first else [[*held[0][:2], "PendingCancel", *held[0][3:]]]
        return [fields, *between, *held]


class _StaleStatus:
    """Lets an older status follow a newer one. Layout: 3 orderId status filled remaining average permId ..."""

    message_ids = frozenset({3})

    def __init__(self, fault: kinds.StaleStatus) -> None:
        self._fault = fault

    def strike(self, session: Session, fields: Fields) -> list[Fields] | None:
        """Repeat the order's past."""
        if is_reply(session) or fields[2] != self._fault.after:
            return None
        stale = list(fields)
        stale[2] = self._fault.status
        if self._fault.after == "Filled":
            stale[3], stale[4], stale[5], stale[8] = "0", fields[3], "0", "0"
        return [fields, stale]
