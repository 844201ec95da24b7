"""Faults: what real gateways do while something is broken, where more than one thing is told of them."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour(
        "history_farm_broken",
        Evidence.MEMORY,
        "While the history farm is broken (2105), history is refused (162), or answered when it is back, or never",
        ("refused", "late", "never"),
    ),
    Behaviour(
        "bust_reported",
        Evidence.MEMORY,
        "An execution that is taken back comes as a correction of quantity 0, or only the position shows it",
        (True, False),
    ),
)
