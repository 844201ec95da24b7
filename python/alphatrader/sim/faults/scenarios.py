"""Runs scenarios: each step at its moment, by the wall or by the market's clock."""

from datetime import datetime
from random import Random

import structlog

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.faults.injector import FaultInjector
from alphatrader.sim.faults.kinds import AnyFault
from alphatrader.sim.faults.timeline import Moment, RandomFaults, Step, Timeline
from alphatrader.sim.gateway.gateway import Gateway
from alphatrader.sim.wire.times import eastern

log = structlog.get_logger("alphatrader.sim.faults")

_NS = 1_000_000_000


class _Waiting:
    """One step that is still to come, and where it stands."""

    def __init__(self, step: Step, started_s: float, started_market_ns: int) -> None:
        self.step = step
        self.left = step.times
        self._started_s = started_s
        self._after_market_ns = started_market_ns
        self._next_s: float | None = None

    def due(self, now_s: float, gateway: Gateway) -> bool:
        """Whether it is to happen now; counts it."""
        if self._next_s is None:
            if not self._begins(now_s, gateway):
                return False
            self._next_s = now_s if self.step.moment.at_s is None else self._started_s + self.step.moment.at_s
        if now_s < self._next_s:
            return False
        self.left -= 1
        self._next_s += self.step.every_s
        if not self.left and self.step.moment.each_session:
            self._next_s, self.left = None, self.step.times
        return True

    def _begins(self, now_s: float, gateway: Gateway) -> bool:
        moment = self.step.moment
        if moment.at_s is not None:
            return now_s >= self._started_s + moment.at_s
        target_ns = _market_moment_ns(moment, gateway)
        if not self._after_market_ns < target_ns <= gateway.market.now_ns:
            return False
        self._after_market_ns = target_ns
        return True


class _Storm:
    """Faults at random: their moments and their choice come from the run's seed."""

    def __init__(self, faults: RandomFaults, now_s: float, random: Random) -> None:
        self._faults = faults
        self._random = random
        self._ends_s = now_s + faults.for_s if faults.for_s > 0 else float("inf")
        self._next_s = now_s + self._gap_s()

    def next_fault(self, now_s: float) -> AnyFault | None:
        """Return a fault that is due."""
        if now_s < self._next_s or self.over(now_s):
            return None
        self._next_s += self._gap_s()
        return self._random.choice(self._faults.faults)

    def over(self, now_s: float) -> bool:
        """Whether it has ended."""
        return now_s >= self._ends_s

    def _gap_s(self) -> float:
        return self._random.expovariate(self._faults.per_minute / 60)


class Scenarios:
    """The scenarios that run. The one from the settings begins with the first client, others when they are called for.

    A step that cannot be carried out (its symbol is not listed in this run) is left out with a warning.
    """

    def __init__(self, gateway: Gateway, injector: FaultInjector, first: Timeline, seed: int) -> None:
        self._gateway = gateway
        self._injector = injector
        self._first: Timeline | None = first
        self._random = Random(f"scenarios {seed}")  # noqa: S311 - chance, not secrecy
        self._waiting: list[_Waiting] = []
        self._storms: list[_Storm] = []

    @property
    def left(self) -> int:
        """How many steps are still to come."""
        to_come = len(self._first.steps) if self._first is not None else 0
        return to_come + sum(waiting.left for waiting in self._waiting)

    def start(self, timeline: Timeline) -> None:
        """Begin a scenario now."""
        now_s, market_ns = self._gateway.wall_s(), self._gateway.market.now_ns
        log.info("SIMULATED scenario begins", name=timeline.name, steps=len(timeline.steps))
        self._waiting += [_Waiting(step, now_s, market_ns) for step in timeline.steps]

    def run_due(self) -> None:
        """Carry out the steps whose time has come, in the order in which they were written."""
        now_s = self._gateway.wall_s()
        if self._first is not None and self._gateway.first_start_s is not None:
            first, self._first = self._first, None
            self.start(first)
        for waiting in list(self._waiting):
            while waiting.left and waiting.due(now_s, self._gateway):
                self._carry_out(waiting.step.action)
        self._waiting = [waiting for waiting in self._waiting if waiting.left]
        for storm in self._storms:
            while (fault := storm.next_fault(now_s)) is not None:
                self._carry_out(fault)
        self._storms = [storm for storm in self._storms if not storm.over(now_s)]

    def stop(self) -> None:
        """Drop everything that is still to come."""
        self._first = None
        self._waiting.clear()
        self._storms.clear()

    def _carry_out(self, action: AnyFault | RandomFaults | Timeline) -> None:
        if isinstance(action, Timeline):
            self.start(action)
        elif isinstance(action, RandomFaults):
            random = Random(self._random.random())  # noqa: S311 - chance, not secrecy
            self._storms.append(_Storm(action, self._gateway.wall_s(), random))
        else:
            try:
                self._injector.apply(action)
            except ConfigError as error:
                log.warning("SIMULATED scenario step left out", reason=str(error))


def _market_moment_ns(moment: Moment, gateway: Gateway) -> int:
    """Return when a step by market time is due in the present session."""
    market = gateway.market
    if moment.after_open_s is not None:
        return market.open_ns + int(moment.after_open_s * _NS)
    assert moment.at is not None
    day = eastern(market.open_ns)
    return int(datetime.combine(day.date(), moment.at, day.tzinfo).timestamp()) * _NS
