"""Account: values, positions, executions."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour(
        "executions_current_day", Evidence.MEMORY, "reqExecutions answers the current day's alone", (True, False)
    ),
)
