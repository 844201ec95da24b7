"""A contest: one kernel of ours against its peers and its lower bound, in the same run, over the same data.

A machine's speed drifts by half between one second and the next, so only ratios of neighbouring timings mean anything.
A race therefore runs in rounds. Each round times every contestant once, in an order that turns round from one round to
the next, and gives one ratio (ours divided by the other) for each of them. Published is the median of those ratios with
its quartiles. Before the first round every contestant runs once untimed (compilers, caches) and its checksum must equal
ours: a race between different answers fails. Nothing is asserted about time.

Use it through the ``contest`` fixture of ``bench/conftest.py``::

    @pytest.mark.parametrize("size", SIZES)
    def test_vpin_exact_splits(contest, size):
        price, volume = trades(size)  # built once, outside the timing
        race = contest("VPIN, exact splits", size=size, unit="trade")
        race.ours(lambda: vpin(price, volume), checksum=lambda result: result.last)
        race.peer("numba", lambda: by_numba(price, volume), checksum=float, demand=0.75)
        race.limit("read of the buffers", lambda: volume.sum(), demand=1.7)
        race.run()
"""

import gc
import importlib.util
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
"""Parametrize ``size`` with these; ``--sizes-max`` leaves out the larger ones."""

ROUND_NS = 2_000_000
"""A timing repeats its call until it is about this long: the clock and the loop then weigh nothing."""
ROUNDS = (5, 31)
"""Fewest and most rounds; the budget decides in between."""

Role = Literal["ours", "peer", "limit"]
Checksum = Callable[[Any], float | Sequence[float]]


class Benchmark(Protocol):
    """The part of pytest-benchmark's fixture that a race uses."""

    extra_info: dict[str, Any]

    def pedantic(
        self, target: Callable[[], Any], *, setup: Callable[[], None], teardown: Callable[[], None], rounds: int
    ) -> Any: ...


class DifferentAnswerError(AssertionError):
    """A peer computed something else than we did, so their times can't be compared."""


@dataclass
class Contestant:
    """One side of a race. ``demand`` bounds ours / this; None shows the ratio without judging it."""

    name: str
    role: Role
    call: Callable[[], Any]
    checksum: Checksum | None
    demand: float | None = None
    rtol: float = 1e-9
    repeats: int = 1
    timings_ns: list[float] = field(default_factory=list)
    """Nanoseconds of one call, a value a round."""


class Race:
    """Contestants of one kernel at one size; filled by `ours`, `peer`, `limit` and `note`, then `run` once."""

    def __init__(
        self,
        kernel: str,
        *,
        size: int,
        unit: str,
        benchmark: Benchmark,
        budget_s: float,
        rtol: float = 1e-9,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self.kernel, self.size, self.unit = kernel, size, unit
        self.notes: list[str] = []
        self.absent: dict[str, str] = {}
        """Peers that did not run, with the reason."""
        self.contestants: list[Contestant] = []
        self._benchmark, self._budget_s, self._rtol, self._clock_ns = benchmark, budget_s, rtol, clock_ns

    def ours(self, call: Callable[[], Any], *, checksum: Checksum) -> None:
        """What we do. ``call`` processes all ``size`` elements; ``checksum`` reduces its result to numbers."""
        self.contestants.insert(0, Contestant(self._fresh("ours"), "ours", call, checksum))

    def peer(
        self,
        name: str,
        call: Callable[[], Any],
        *,
        checksum: Checksum,
        demand: float | None = None,
        size_max: int | None = None,
        rtol: float | None = None,
        requires: str | Sequence[str] = (),
    ) -> None:
        """Another library over the same data.

        Args:
            demand: ours / peer must not exceed this to be called met.
            size_max: above this size the peer does not run (its time would say nothing new).
            rtol: how far its checksum may be from ours, relatively.
            requires: modules it needs. Where one is missing the peer is left out and named in the result; a
                ModuleNotFoundError of its first call counts as the same.
        """
        missing = [m for m in ((requires,) if isinstance(requires, str) else requires) if not installed(m)]
        if size_max is not None and self.size > size_max:
            self.absent[name] = f"not run above {size_max:,}"
        elif missing:
            self.absent[name] = f"not installed here: {', '.join(missing)}"
        else:
            tolerance = self._rtol if rtol is None else rtol
            self.contestants.append(Contestant(self._fresh(name), "peer", call, checksum, demand, tolerance))

    def limit(
        self, name: str, call: Callable[[], Any], *, demand: float | None = None, checksum: Checksum | None = None
    ) -> None:
        """A lower bound of the work, such as reading the buffers once. It need not compute the same."""
        self.contestants.append(Contestant(self._fresh(name), "limit", call, checksum, demand, self._rtol))

    def note(self, text: str) -> None:
        """A sentence kept with the result: what differs between the contestants, why a demand is missed."""
        self.notes.append(text)

    def run(self) -> None:
        """Warm up, compare the answers, time the rounds; the result is in ``extra_info["contest"]``."""
        if not self.contestants or self.contestants[0].role != "ours":
            raise ValueError(f"{self.kernel}: a race needs ours()")
        with quiet_gc():
            rounds = self._warm_up()
            laps = _Laps(self.contestants, self._clock_ns)
            self._benchmark.pedantic(laps.ours, setup=laps.before, teardown=laps.after, rounds=rounds)
            laps.close()
        self._benchmark.extra_info["contest"] = self.result()

    def result(self) -> dict[str, Any]:
        """The race as plain values, see docs/benchmarks.md."""
        ours = self.contestants[0]
        return {
            "kernel": self.kernel,
            "size": self.size,
            "unit": self.unit,
            "rounds": len(ours.timings_ns),
            "contestants": [self._standing(ours, one) for one in self.contestants],
            "absent": self.absent,
            "notes": self.notes,
        }

    def _standing(self, ours: Contestant, one: Contestant) -> dict[str, Any]:
        standing: dict[str, Any] = {
            "name": one.name,
            "role": one.role,
            "repeats": one.repeats,
            "ns_per_element": _figure([t / self.size for t in one.timings_ns]),
        }
        if one is not ours:
            ratio = _figure([a / b for a, b in zip(ours.timings_ns, one.timings_ns, strict=True)])
            met = None if one.demand is None or ratio is None else ratio["median"] <= one.demand
            standing |= {"ratio": ratio, "demand": one.demand, "met": met}
        return standing

    def _warm_up(self) -> int:
        """Run each once or twice, compare the answers, set the repeats; how many rounds the budget allows."""
        expected = None
        round_ns = 0.0
        for one in list(self.contestants):
            try:
                answer = one.call()
            except ModuleNotFoundError as error:
                if one.role != "peer" or (error.name or "").startswith("alphatrader"):
                    raise
                self.absent[one.name] = f"not installed here: {error.name}"
                self.contestants.remove(one)
                continue
            numbers = None if one.checksum is None else _numbers(one.checksum(answer))
            del answer
            if one.role == "ours":
                expected = numbers
            elif numbers is not None:
                self._compare(expected or (), numbers, one)
            start = self._clock_ns()
            one.call()
            call_ns = max(self._clock_ns() - start, 1)
            one.repeats = max(1, round(ROUND_NS / call_ns))
            round_ns += one.repeats * call_ns
        least, most = ROUNDS
        return max(least, min(most, int(self._budget_s * 1e9 / round_ns)))

    def _compare(self, expected: Sequence[float], numbers: Sequence[float], one: Contestant) -> None:
        same = len(expected) == len(numbers) and all(
            math.isclose(a, b, rel_tol=one.rtol, abs_tol=1e-12) or (math.isnan(a) and math.isnan(b))
            for a, b in zip(expected, numbers, strict=True)
        )
        if not same:
            raise DifferentAnswerError(
                f"{self.kernel} at {self.size:,}: {one.name} computes {numbers}, ours {expected} (rtol {one.rtol:g});"
                " a race needs equal answers"
            )

    def _fresh(self, name: str) -> str:
        if any(one.name == name for one in self.contestants):
            raise ValueError(f"{self.kernel}: there are two contestants named {name!r}")
        return name


class _Laps:
    """The rounds: even ones run ours first, odd ones last; pytest-benchmark times ours, and so do we, alike for all."""

    def __init__(self, contestants: Sequence[Contestant], clock_ns: Callable[[], int]) -> None:
        self._mine, *self._others = contestants
        self._clock_ns = clock_ns
        self._round = 0

    def before(self) -> None:
        if self._round % 2:
            for one in reversed(self._others):
                self._time(one)
        gc.collect()

    def ours(self) -> None:
        if len(self._mine.timings_ns) == self._round:
            self._lap(self._mine)
        else:  # a profiler's extra call after the rounds
            self._mine.call()

    def after(self) -> None:
        if not self._round % 2:
            for one in self._others:
                self._time(one)
        self._round += 1

    def close(self) -> None:
        """Under ``--benchmark-disable`` pytest-benchmark calls ours once and no teardown: such a lap is no timing."""
        for one in (self._mine, *self._others):
            del one.timings_ns[self._round :]

    def _time(self, one: Contestant) -> None:
        gc.collect()
        self._lap(one)

    def _lap(self, one: Contestant) -> None:
        call, clock_ns, repeats = one.call, self._clock_ns, range(one.repeats)
        start = clock_ns()
        for _ in repeats:
            call()
        one.timings_ns.append((clock_ns() - start) / one.repeats)


@contextmanager
def quiet_gc() -> Iterator[None]:
    """No garbage collection inside a timing; what lives already is not looked at between them either."""
    gc.collect()
    gc.freeze()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()


def installed(module: str) -> bool:
    """Whether ``module`` can be imported, without importing it (a dotted name: its root)."""
    return importlib.util.find_spec(module.partition(".")[0]) is not None


def _numbers(checksum: float | Sequence[float]) -> tuple[float, ...]:
    if isinstance(checksum, Sequence):
        return tuple(float(value) for value in checksum)
    return (float(checksum),)


def _figure(values: Sequence[float]) -> dict[str, float] | None:
    """Median and quartiles; None where nothing was timed (``--benchmark-disable``)."""
    if not values:
        return None
    low, median, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
    return {"median": median, "low": low, "high": high}
