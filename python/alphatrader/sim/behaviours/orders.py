"""Orders: sequences of messages, refusals, what cancels and modifications do."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour(
        "etrade_only_refused",
        Evidence.ISSUE,
        "Orders with eTradeOnly or firmQuoteOnly (the defaults of ibapi 9.81) are 10268 or 10269; "
        "older gateways only warn (2168, 2169)",
        (True, False),
        "vnpy 3368, hadrianl/ibapi 32",
    ),
    Behaviour(
        "tif_preset_reported",
        Evidence.ISSUE,
        "An order without time in force becomes DAY by the preset, and 10349 says so; ib_insync and ib_async "
        "take that for a cancellation of an order that lives",
        (False, True),
        "pysystemtrade 1580, ib_async 190",
    ),
    Behaviour(
        "rejection_before_inactive",
        Evidence.ISSUE,
        "A refused order is told by 201 first, then by openOrder and orderStatus Inactive",
        (True, False),
        "ib_insync 554; the other way about in thetagang 709",
    ),
    Behaviour(
        "cancelled_status_before_202", Evidence.LIVE, "orderStatus Cancelled comes before error 202", (True, False)
    ),
    Behaviour(
        "cancel_is_pending_first",
        Evidence.LIVE,
        "A cancelled order is PendingCancel before it is Cancelled",
        (False, True),
    ),
    Behaviour(
        "filled_before_execution",
        Evidence.LIVE,
        "orderStatus Filled comes before execDetails, as seen when a limit was modified to market",
        (False, True),
    ),
    Behaviour("filled_status_twice", Evidence.LIVE, "orderStatus Filled is sent twice", (True, False)),
    Behaviour(
        "completed_filled_quantity_zero",
        Evidence.ISSUE,
        "completedOrder of a filled order has totalQuantity 0; filledQuantity holds the size",
        (True, False),
        "published outputs of reqCompletedOrders",
    ),
    Behaviour(
        "order_precautions",
        Evidence.DOCUMENTED,
        "The terminal's precautionary settings hold back large orders and far prices (383, 451, 163)",
        (False, True),
    ),
    Behaviour(
        "stop_quote_side",
        Evidence.DOCUMENTED,
        "By bid/ask a sell stop looks at the ask and a buy stop at the bid (far), not where it trades (near)",
        ("far", "near"),
        "TWS users' guide, Modify the Stop Trigger Method",
    ),
    Behaviour(
        "combo_execution_of_the_whole",
        Evidence.MEMORY,
        "A fill of a combination is reported as one execution of the BAG (leg 01) and one of each leg (02, 03 ..)",
        (True, False),
    ),
)
