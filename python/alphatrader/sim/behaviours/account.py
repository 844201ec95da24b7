"""Account: values, positions, executions."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour(
        "executions_current_day", Evidence.MEMORY, "reqExecutions answers the current day's alone", (True, False)
    ),
    Behaviour(
        "settlement_executions",
        Evidence.MEMORY,
        "Expired, exercised and assigned positions leave with executions of order id 0",
        (True, False),
    ),
    Behaviour(
        "index_option_surcharge",
        Evidence.MEMORY,
        "Index options bear their exchange's fee beside the commission (SPX, SPXW, VIX)",
        (True, False),
    ),
)
