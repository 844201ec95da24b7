"""The table of steps: what every client is made to do against the gateway."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alphatrader.sim.scripted import OPEN_NS
from tests.conformance.clients import CLIENTS

Run = Callable[[Any], Awaitable[None]]

SHORT = {
    "ib_insync": "ib_insync 0.9.86",
    "ib_async": "ib_async 2.1.0",
    "latest": "ibapi-latest 10.51.1",
    "nautilus": "nautilus-ibapi 10.46.1",
    "ibapi_9_81": "ibapi 9.81.1",
}


@dataclass(frozen=True)
class Step:
    """One step. ``deviations``: what a client shows that isn't so, by its short name; the step asserts it.

    ``absent``: the clients that do not offer it, and why. ``behaviours``: the choices among simulated behaviours it is
    run with, one after the other; ``settings``: of the simulator; ``full``: over the synthetic market; ``start_ns``:
    where the scripted one starts.
    """

    section: str
    title: str
    run: Run
    deviations: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    behaviours: tuple[Mapping[str, Any], ...] = ({},)
    settings: Mapping[str, Any] = field(default_factory=dict)
    full: bool = False
    start_ns: int = OPEN_NS + 3600 * 1_000_000_000
    slow: bool = False

    @property
    def key(self) -> str:
        """Return the name of the step in ids of tests."""
        return self.run.__name__.removeprefix("step_")

    def deviation(self, client: str) -> str:
        """Return the footnote of a client, "" if it shows the truth."""
        return next((text for name, text in self.deviations.items() if SHORT[name] == client), "")

    def absence(self, client: str) -> str:
        """Say why a client does not offer the step, "" if it does."""
        return next((text for name, text in self.absent.items() if SHORT[name] == client), "")


STEPS: list[Step] = []


def step(section: str, title: str, **options: Any) -> Callable[[Run], Run]:
    """Put a step into the table."""
    for known in ("deviations", "absent"):
        assert set(options.get(known, {})) <= set(SHORT), f"{title}: no such client"

    def add(run: Run) -> Run:
        STEPS.append(Step(section, title, run, **options))
        return run

    return add


assert set(SHORT.values()) == set(CLIENTS)
