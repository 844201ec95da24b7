"""The table of simulated behaviours: what the gateway does as real ones do, each with its evidence.

One file an area. A part of the simulator reads its behaviours by name from :class:`Behaviours`; what is known only
from memory can be switched, so that nothing comes to rely on it unseen. ``docs/simulator-behaviours.md`` is written
from here.
"""

from alphatrader.sim.behaviours import account, connection, contracts, faults, market_data, orders
from alphatrader.sim.behaviours.model import Behaviour, Behaviours, Evidence, Value

AREAS = {
    "Connection": connection.TABLE,
    "Contracts": contracts.TABLE,
    "Market data": market_data.TABLE,
    "Orders": orders.TABLE,
    "Account": account.TABLE,
    "Faults": faults.TABLE,
}

TABLE = {behaviour.name: behaviour for rows in AREAS.values() for behaviour in rows}

__all__ = ["AREAS", "TABLE", "Behaviour", "Behaviours", "Evidence", "Value"]
