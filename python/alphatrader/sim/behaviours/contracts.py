"""Contracts: definitions, ambiguity, option parameters."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour("no_definition", Evidence.DOCUMENTED, "No contract that fits, or several where one is needed: 200"),
    Behaviour(
        "rows_per_exchange",
        Evidence.MEMORY,
        "A stock described without an exchange has one row of details for each exchange",
        (True, False),
    ),
    Behaviour(
        "expiry_with_time",
        Evidence.MEMORY,
        "Contract details give the last trade as date and time of day, not the date alone",
        (True, False),
    ),
    Behaviour(
        "parameters_are_a_hull",
        Evidence.DOCUMENTED,
        "Option parameters name expiries and strikes of a class; not every pair is listed",
    ),
    Behaviour("hours_name_closed_days", Evidence.DOCUMENTED, "Trading hours of coming days, holidays as CLOSED"),
    Behaviour(
        "expired_options_unknown", Evidence.DOCUMENTED, "Expired options are not found, not even with includeExpired"
    ),
    Behaviour(
        "position_exchange_empty",
        Evidence.LIVE,
        "Contracts of positions come without an exchange; a client sets it before it trades",
        (True, False),
    ),
)
