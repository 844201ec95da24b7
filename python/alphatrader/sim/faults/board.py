"""Which faults are in force now. The gateway asks it; the effects write it.

Most faults are rules for what passes by (:mod:`messages`, :mod:`requests`, :mod:`wire`); the rest is state that a
service must know, because it decides what it does rather than what it says.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from alphatrader.sim.faults.kinds import Delay, Mute, RejectNext, Unmute
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

STREAMS = ("quote", "trade", "depth")
DATA_ALONE = frozenset(STREAMS)


class _Silence(Struct, frozen=True):
    """Streams that are silent. ``named`` is what an unmute must name."""

    chosen: Callable[[ListedContract], bool]
    streams: frozenset[str]
    until_s: float
    named: tuple[int, str] | None = None


class FaultBoard:
    """State of the faults, by wall time (``now_s`` is monotonic)."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self.messages = MessageRules(now_s)
        self.requests = RequestRules(now_s)
        self.schedule = Schedule(now_s)
        self.wire = WireRules(now_s, self.schedule)
        self.lines = Lines()
        self.verdict: RejectNext | None = None
        """The refusal of the order that is being placed now."""
        self._reset()

    def _reset(self) -> None:
        self._silences: list[_Silence] = []
        self._occupied: dict[int, float] = {}
        self._delays: dict[str, tuple[float, float]] = {}
        self._to_open: tuple[Callable[[], float], float] | None = None
        self._frozen_until_s = 0.0
        self._held_until_s = 0.0
        self._silent_until_s = 0.0
        self._id_lowering = 0

    def clear(self) -> None:
        """End all faults: what was put off happens now."""
        self.messages.clear()
        self.requests.clear()
        self.wire.clear()
        self._reset()
        self.schedule.run_all()

    def intercept(self, session: "Session", request: Request) -> bool:
        """Whether a fault takes this request away from the gateway."""
        if self.requests.active and self.requests.take(session, request):
            return True
        self.lines.note(session, request)
        return False

    # ------------------------------------------------------------------------------------------------------- streams

    def mute(self, fault: Mute) -> None:
        """Silence streams of one contract, or of an underlying."""

        def chosen(contract: ListedContract) -> bool:
            by_symbol = contract.symbol == fault.symbol and (fault.options or contract.sec_type != "OPT")
            return contract.con_id == fault.con_id or by_symbol

        streams = DATA_ALONE if fault.stream == "all" else frozenset({fault.stream})
        until_s = self._now_s() + fault.for_s if fault.for_s > 0 else FOREVER_S
        self._silences.append(_Silence(chosen, streams, until_s, (fault.con_id, fault.symbol)))

    def mute_chosen(self, chosen: Callable[[ListedContract], bool], for_s: float) -> None:
        """Silence all streams of the contracts that are chosen; 0 seconds = until all faults are cleared."""
        until_s = self._now_s() + for_s if for_s > 0 else FOREVER_S
        self._silences.append(_Silence(chosen, DATA_ALONE, until_s))

    def unmute(self, fault: Unmute) -> None:
        """End the mutes that match."""
        kept: list[_Silence] = []
        for silence in self._silences:
            anyone = not (fault.con_id or fault.symbol)
            named = silence.named is not None and (anyone or silence.named == (fault.con_id, fault.symbol))
            left = silence.streams - (DATA_ALONE if fault.stream == "all" else {fault.stream}) if named else None
            if left is None:
                kept.append(silence)
            elif left:
                kept.append(_Silence(silence.chosen, left, silence.until_s, silence.named))
        self._silences = kept

    def muted(self, contract: ListedContract, stream: str) -> bool:
        """Whether a stream of a contract is silent."""
        if self._silent_until_s and self.silent:
            return True
        if not self._silences:
            return False
        now_s = self._now_s()
        if any(silence.until_s <= now_s for silence in self._silences):
            self._silences = [silence for silence in self._silences if silence.until_s > now_s]
        return any(stream in silence.streams and silence.chosen(contract) for silence in self._silences)

    # ---------------------------------------------------------------------------------------------------------- link

    def silence(self, for_s: float) -> None:
        """Silence all data and hold all order messages."""
        self._silent_until_s = self._now_s() + for_s

    @property
    def silent(self) -> bool:
        """Whether the gateway is cut off from the broker."""
        return self._now_s() < self._silent_until_s

    def freeze(self, for_s: float) -> None:
        """Make the link play dead."""
        self._frozen_until_s = self._now_s() + for_s

    @property
    def frozen(self) -> bool:
        """Whether the link plays dead."""
        return bool(self._frozen_until_s) and self._now_s() < self._frozen_until_s

    def occupy(self, client_id: int, for_s: float) -> None:
        """Keep a client id in use although nobody is connected with it."""
        self._occupied[client_id] = self._now_s() + for_s

    def occupied(self, client_id: int) -> bool:
        """Whether a client id is kept in use."""
        return client_id in self._occupied and self._now_s() < self._occupied[client_id]

    def lower_ids(self, by: int) -> None:
        """Lower the next announced order id."""
        self._id_lowering = by

    def take_id_lowering(self) -> int:
        """Return by how much to lower the id, once."""
        by, self._id_lowering = self._id_lowering, 0
        return by

    # -------------------------------------------------------------------------------------------------------- orders

    def take_rejection(self, order_type: str) -> RejectNext | None:
        """Return the refusal of the order that is being placed."""
        del order_type
        verdict, self.verdict = self.verdict, None
        return verdict

    def add_delay(self, fault: Delay) -> None:
        """Delay order messages or cancels."""
        self._delays[fault.what] = (fault.by_s, self._now_s() + fault.for_s)

    def delay_cancels_until_open(self, seconds_to_open: Callable[[], float], for_s: float) -> None:
        """Let cancels take effect at the next open only."""
        self._to_open = (seconds_to_open, self._now_s() + for_s)

    def delay_s(self, what: str) -> float:
        """Return the delay in force, 0 if none."""
        if what == "cancels" and self._to_open is not None and self._now_s() < self._to_open[1]:
            return self._to_open[0]()
        by_s, until_s = self._delays.get(what, (0.0, 0.0))
        return by_s if self._now_s() < until_s else 0.0

    def hold_fills(self, for_s: float) -> None:
        """Hold what is said of fills."""
        self._held_until_s = self._now_s() + for_s

    def held_for_s(self, *, about_fill: bool) -> float:
        """How long an order message of this moment is held back, 0 if it isn't."""
        until_s = max(self._silent_until_s, self._held_until_s) if about_fill else self._silent_until_s
        return max(0.0, until_s - self._now_s(), self.delay_s("orders"))
