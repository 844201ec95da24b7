"""Orders: sequences of messages, refusals, what cancels and modifications do."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour(
        "etrade_only_refused",
        Evidence.MEMORY,
        "Orders with eTradeOnly or firmQuoteOnly (the defaults of ibapi 9.81) are 10268 or 10269",
        (True, False),
    ),
)
