"""Orders: sequences of messages, refusals, what cancels and modifications do."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour(
        "resting_order_sequence", Evidence.LIVE, "A new order is openOrder + orderStatus PreSubmitted, then Submitted"
    ),
    Behaviour(
        "untransmitted_listed",
        Evidence.MEMORY,
        "reqOpenOrders and reqAllOpenOrders list orders that were not transmitted",
        (False, True),
    ),
    Behaviour("untransmitted_is_silent", Evidence.LIVE, "transmit=False: nothing is said until the family is whole"),
    Behaviour("why_held", Evidence.LIVE, "Stops are held by 'trigger', children by 'child' or 'child,trigger'"),
    Behaviour("children_share_a_group", Evidence.LIVE, "Children's ocaGroup is their parent's permId, ocaType 3"),
    Behaviour("ioc_unfilled", Evidence.LIVE, "What an IOC order does not fill is PendingCancel, then Cancelled"),
    Behaviour("fok_unfilled", Evidence.LIVE, "A FOK order that cannot be filled is Inactive"),
    Behaviour("invalid_order_traceless", Evidence.LIVE, "An invalid order is 321, without openOrder or orderStatus"),
    Behaviour("orders_survive_disconnect", Evidence.LIVE, "Orders live on and come back to the same client id"),
    Behaviour(
        "others_may_cancel", Evidence.LIVE, "A client may cancel another's order once reqAllOpenOrders showed it"
    ),
    Behaviour("completed_by_system", Evidence.LIVE, "completedStatus of a system's cancel ends with a line break"),
    Behaviour("open_orders_are_ones_own", Evidence.DOCUMENTED, "reqOpenOrders answers the client's own orders alone"),
    Behaviour("global_cancel", Evidence.DOCUMENTED, "reqGlobalCancel ends all orders of all clients, stops included"),
    Behaviour("auto_bind_of_client_0", Evidence.DOCUMENTED, "Only client 0 binds manual orders; others are told 327"),
    Behaviour(
        "manual_order_ids",
        Evidence.ISSUE,
        "An order placed by hand is order 0 to all; client 0 binds it (orderBound) under a negative id",
        (True,),
        "pilwon/node-ib 99, ib_insync 674",
    ),
    Behaviour("master_client", Evidence.DOCUMENTED, "The master client hears of the orders of all clients"),
    Behaviour(
        "what_if", Evidence.DOCUMENTED, "A what-if order is answered by openOrder with margins; nothing is placed"
    ),
    Behaviour(
        "cancel_refusals",
        Evidence.ISSUE,
        "A cancel of an unknown order is 10147, of one that is done or being cancelled 10148 with its state",
    ),
    Behaviour(
        "oca_group_fixed", Evidence.ISSUE, "A new OCA group for a live order is 10326", (True,), "nautilus_trader 2978"
    ),
    Behaviour(
        "order_kind_fixed",
        Evidence.ISSUE,
        "No change of a live order between limit, stop and other kinds (329), to or from IOC, FOK, GTD, OPG (462)",
        (True, False),
        "published lists of ib-ruby",
    ),
    Behaviour(
        "order_ids_must_grow",
        Evidence.MEMORY,
        "An order id below one that the client has used is 103, as a used one is",
        (False, True),
    ),
    Behaviour(
        "outside_rth_remark",
        Evidence.DOCUMENTED,
        "outsideRth where it has no effect is remarked upon with 2109; the order is taken",
    ),
    Behaviour(
        "open_order_defaults",
        Evidence.ISSUE,
        "What was not stated comes back as rule80A 0, displaySize 2147483647, clearingIntent IB, adjustedOrderType "
        "and deltaNeutralOrderType None, dontUseAutoPriceForHedge 1; openClose comes back empty",
        (True,),
        "published outputs of openOrder",
    ),
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
        "Precautionary settings hold back orders: size 383, value 451, price 163, routing 10311, data 354",
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
    Behaviour(
        "children_wake_by_part",
        Evidence.MEMORY,
        "A parent's first partial fill wakes its children, for what it has bought; otherwise they wait for its last",
        (True, False),
    ),
    Behaviour(
        "child_quantity_is_parents",
        Evidence.ISSUE,
        "While its parent lives, a child has its parent's quantity, whatever was asked; later it can be changed",
        (True, False),
        "stoqey/ib 254, traderui 12; code 405 of the published table",
    ),
    Behaviour(
        "oca_types",
        Evidence.DOCUMENTED,
        "A fill cancels the rest of its group (type 1), or reduces each by what was filled (2, 3)",
        (True,),
        "TWS API, One-Cancels-All",
    ),
    Behaviour(
        "held_until_open",
        Evidence.ISSUE,
        "An order outside its session is taken, PreSubmitted, and 399 says when it goes to the exchange",
        (True,),
        "quoted in many public logs",
    ),
    Behaviour(
        "immediate_refused_while_closed",
        Evidence.MEMORY,
        "IOC and FOK orders outside their session are 201 'Exchange is closed.'; otherwise they wait for the open",
        (True, False),
    ),
    Behaviour("day_orders_end", Evidence.DOCUMENTED, "DAY orders end with their session: Cancelled and 202"),
    Behaviour(
        "auction_orders_of_options", Evidence.DOCUMENTED, "On-close and on-open orders of options are refused with 387"
    ),
    Behaviour(
        "close_cutoffs",
        Evidence.DOCUMENTED,
        "On-close orders are taken until 15:50 (NYSE), 15:55 market and 15:58 limit (Nasdaq), 15:59 (Arca)",
        (True,),
        "the exchanges' auction rules",
    ),
    Behaviour(
        "cutoff_binds_cancels",
        Evidence.MEMORY,
        "Past the cut-off an on-close order cannot be cancelled: 161",
        (True, False),
    ),
    Behaviour(
        "default_trigger_method",
        Evidence.DOCUMENTED,
        "By default stops trigger on double bid/ask for US options, on the last price for stock",
        (True,),
        "TWS API, Trigger Method",
    ),
    Behaviour(
        "active_orders_a_side", Evidence.DOCUMENTED, "At most 20 active orders a contract, side and account; else 201"
    ),
    Behaviour(
        "execution_ids",
        Evidence.DOCUMENTED,
        "A corrected execution has the id of the first but for its last part: .01, .02",
        (True,),
        "TWS API, Executions and Commissions",
    ),
)
