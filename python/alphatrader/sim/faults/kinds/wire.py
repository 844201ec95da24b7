"""Faults of the bytes between gateway and client."""

from typing import ClassVar, Literal

from alphatrader.sim.behaviours import Evidence
from alphatrader.sim.faults.kinds.base import Fault


class Wire(Fault, frozen=True, tag="wire"):
    """Maltreat what is written to clients: a ``share`` of frames (or writes), ``count`` times at most (0 = any number).

    ``drop``, ``duplicate``, ``reorder``, ``corrupt`` (a byte of the text) and ``length`` (an absurd length, 507 with
    the official client) strike frames; ``delay`` puts writes off by ``by_s`` in their order; ``split`` sends a write in
    two pieces, the second ``by_s`` later; ``cut`` sends half a frame and closes. What is struck is drawn from the run's
    seed.
    """

    evidence: ClassVar[Evidence] = Evidence.MEMORY
    observed: ClassVar[str] = "whatever a client makes of it; TCP itself only splits, delays and cuts"

    do: Literal["drop", "duplicate", "reorder", "corrupt", "length", "delay", "split", "cut"]
    share: float = 1.0
    count: int = 0
    for_s: float = 0.0
    by_s: float = 0.1
    client_id: int | None = None
