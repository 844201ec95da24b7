"""Faults: what real gateways do while something is broken, where more than one thing is told of them."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour("outage_codes", Evidence.DOCUMENTED, "An outage is 1100, then 1102 (data kept) or 1101 (streams end)"),
    Behaviour(
        "streams_dead_after_1101", Evidence.PROVEN, "After 1101 tickers are silent until they are asked for anew"
    ),
    Behaviour(
        "native_orders_outlive_outage",
        Evidence.DOCUMENTED,
        "Orders rest at the exchange during an outage; what is said of their fills comes afterwards",
    ),
    Behaviour(
        "farms_break_silently",
        Evidence.ISSUE,
        "A farm breaks (2103, 2105, 2157) and comes back without 1100; streams may stay dead",
        source="nautilus_trader 3968",
    ),
    Behaviour("depth_reset", Evidence.DOCUMENTED, "317 voids the book, which comes anew; 316 ends the subscription"),
    Behaviour(
        "corrections_by_id", Evidence.DOCUMENTED, "A corrected execution has the same id but for its last part (.02)"
    ),
    Behaviour(
        "orders_unanswered",
        Evidence.ISSUE,
        "Some orders are never answered, on demand alone",
        source="Lean.Brokerages.InteractiveBrokers 93",
    ),
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
