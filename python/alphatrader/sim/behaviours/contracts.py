"""Contracts: definitions, ambiguity, option parameters."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour(
        "position_exchange_empty",
        Evidence.LIVE,
        "Contracts of positions come without an exchange; a client sets it before it trades",
        (True, False),
    ),
)
