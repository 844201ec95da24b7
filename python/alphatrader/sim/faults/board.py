"""Which faults are in force now. The gateway's services ask it; the injector writes it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from alphatrader.sim.faults.kinds import Delay, Mute, RejectNext, SwallowNext, Unmute, WarnNext
from alphatrader.sim.faults.lines import Lines
from alphatrader.sim.faults.messages import MessageRules
from alphatrader.sim.faults.requests import RequestRules
from alphatrader.sim.faults.rules import FOREVER_S
from alphatrader.sim.faults.schedule import Schedule
from alphatrader.sim.faults.wire import WireRules
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.requests import Request

if TYPE_CHECKING:
    from alphatrader.sim.gateway.session import Session

_T = TypeVar("_T")

STREAMS = ("quote", "trade", "depth")


class _Pending(Generic[_T]):
    """Faults that strike the next orders, each a number of times; oldest first."""

    def __init__(self) -> None:
        self._waiting: list[tuple[_T, int, str]] = []

    def add(self, fault: _T, count: int, order_type: str = "") -> None:
        self._waiting.append((fault, count, order_type))

    def take(self, order_type: str) -> _T | None:
        for index, (fault, count, wanted_type) in enumerate(self._waiting):
            if wanted_type in {"", order_type}:
                if count > 1:
                    self._waiting[index] = (fault, count - 1, wanted_type)
                else:
                    del self._waiting[index]
                return fault
        return None


class FaultBoard:
    """State of the faults, by wall time (``now_s`` is monotonic)."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self.messages = MessageRules(now_s)
        self.requests = RequestRules(now_s)
        self.wire = WireRules(now_s)
        self.lines = Lines()
        self.schedule = Schedule(now_s)
        self._occupied: dict[int, float] = {}
        self.clear()

    def clear(self) -> None:
        """End all faults: what was put off happens now."""
        self.messages.clear()
        self.requests.clear()
        self.wire.clear()
        self._occupied.clear()
        self._mutes: dict[tuple[int, str, bool, str], float] = {}
        self._rejections: _Pending[RejectNext] = _Pending()
        self._swallows: _Pending[SwallowNext] = _Pending()
        self._warnings: _Pending[WarnNext] = _Pending()
        self._delays: dict[str, tuple[float, float]] = {}
        self._withheld: dict[str, int] = {}
        self._frozen_until_s = 0.0
        self._held_until_s = 0.0
        self._silent_until_s = 0.0
        self._duplicates_until_s = 0.0
        self._id_lowering = 0
        self.schedule.run_all()

    def intercept(self, session: "Session", request: Request) -> bool:
        """Whether a fault takes this request away from the gateway."""
        if self.requests.active and self.requests.take(session, request):
            return True
        self.lines.note(session, request)
        return False

    def occupy(self, client_id: int, for_s: float) -> None:
        """Keep a client id in use although nobody is connected with it."""
        self._occupied[client_id] = self._now_s() + for_s

    def occupied(self, client_id: int) -> bool:
        """Whether a client id is kept in use."""
        return client_id in self._occupied and self._now_s() < self._occupied[client_id]

    # ------------------------------------------------------------------------------------------------------- streams

    def mute(self, fault: Mute) -> None:
        """Silence streams."""
        until_s = self._now_s() + fault.for_s if fault.for_s > 0 else FOREVER_S
        for stream in STREAMS if fault.stream == "all" else (fault.stream,):
            self._mutes[fault.con_id, fault.symbol, fault.options, stream] = until_s

    def unmute(self, fault: Unmute) -> None:
        """End the mutes that match."""
        for key in list(self._mutes):
            con_id, symbol, _, stream = key
            named = not (fault.con_id or fault.symbol) or (con_id, symbol) == (fault.con_id, fault.symbol)
            if named and fault.stream in {"all", stream}:
                del self._mutes[key]

    def muted(self, contract: ListedContract, stream: str) -> bool:
        """Whether a stream of a contract is silent."""
        if self._silent_until_s and self._now_s() < self._silent_until_s:
            return True
        if not self._mutes:
            return False
        now_s = self._now_s()
        for key, until_s in list(self._mutes.items()):
            if until_s <= now_s:
                del self._mutes[key]
                continue
            con_id, symbol, options, muted_stream = key
            by_symbol = symbol == contract.symbol and (options or contract.sec_type != "OPT")
            if muted_stream == stream and (con_id == contract.con_id or by_symbol):
                return True
        return False

    def silence(self, for_s: float) -> None:
        """Silence all data and hold all order messages."""
        self._silent_until_s = self._now_s() + for_s

    def freeze(self, for_s: float) -> None:
        """Make the link play dead."""
        self._frozen_until_s = self._now_s() + for_s

    @property
    def frozen(self) -> bool:
        """Whether the link plays dead."""
        return bool(self._frozen_until_s) and self._now_s() < self._frozen_until_s

    # -------------------------------------------------------------------------------------------------------- orders

    def add_rejection(self, fault: RejectNext) -> None:
        """Refuse coming orders."""
        self._rejections.add(fault, fault.count, fault.order_type)

    def add_swallow(self, fault: SwallowNext) -> None:
        """Lose coming orders."""
        self._swallows.add(fault, fault.count, fault.order_type)

    def add_warning(self, fault: WarnNext) -> None:
        """Warn about coming orders."""
        self._warnings.add(fault, fault.count)

    def take_rejection(self, order_type: str) -> RejectNext | None:
        """Return the rejection that is due for a new order, and count it."""
        return self._rejections.take(order_type)

    def take_swallow(self, order_type: str) -> bool:
        """Whether a new order is to be lost; counts it."""
        return self._swallows.take(order_type) is not None

    def take_warning(self) -> WarnNext | None:
        """Return the warning that is due for a new order, and count it."""
        return self._warnings.take("")

    def add_delay(self, fault: Delay) -> None:
        """Delay order messages or cancels."""
        self._delays[fault.what] = (fault.by_s, self._now_s() + fault.for_s)

    def delay_s(self, what: str) -> float:
        """Return the delay in force, 0 if none."""
        by_s, until_s = self._delays.get(what, (0.0, 0.0))
        return by_s if self._now_s() < until_s else 0.0

    def duplicate(self, for_s: float) -> None:
        """Duplicate statuses."""
        self._duplicates_until_s = self._now_s() + for_s

    @property
    def duplicating(self) -> bool:
        """Whether each status goes out twice."""
        return self._now_s() < self._duplicates_until_s

    def hold_fills(self, for_s: float) -> None:
        """Hold what is said of fills."""
        self._held_until_s = self._now_s() + for_s

    def held_for_s(self, *, about_fill: bool) -> float:
        """How long an order message of this moment is held back, 0 if it isn't."""
        until_s = max(self._silent_until_s, self._held_until_s) if about_fill else self._silent_until_s
        return max(0.0, until_s - self._now_s(), self.delay_s("orders"))

    # ------------------------------------------------------------------------------------------------------- answers

    def withhold(self, what: str, count: int) -> None:
        """Leave out end markers."""
        self._withheld[what] = self._withheld.get(what, 0) + count

    def take_withheld(self, what: str) -> bool:
        """Whether this end marker is to be left out; counts it."""
        left = self._withheld.get(what, 0)
        if left > 0:
            self._withheld[what] = left - 1
        return left > 0

    def lower_ids(self, by: int) -> None:
        """Lower the next announced order id."""
        self._id_lowering = by

    def take_id_lowering(self) -> int:
        """Return by how much to lower the id, once."""
        by, self._id_lowering = self._id_lowering, 0
        return by
