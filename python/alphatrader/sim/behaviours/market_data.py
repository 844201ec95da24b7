"""Market data: lines, limits, greeks, snapshots, delayed and frozen data."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour("market_data_lines", Evidence.DOCUMENTED, "L1 lines a login; one more is 101", (100,)),
    Behaviour("depth_limit", Evidence.DOCUMENTED, "Depth subscriptions a login; one more is 309", (3,)),
    Behaviour(
        "smart_depth_needs_flag",
        Evidence.MEMORY,
        "Depth of SMART without isSmartDepth is 10092",
        (True, False),
    ),
    Behaviour(
        "depth_exchange_notice",
        Evidence.ISSUE,
        "Smart depth opens with notice 2152, which lists the exchanges with depth",
        (True, False),
    ),
    Behaviour("depth_halted", Evidence.DOCUMENTED, "A halt ends depth subscriptions with 316"),
    Behaviour(
        "option_tick_by_tick_refused",
        Evidence.DOCUMENTED,
        "Tick-by-tick streams of options are not offered (10189)",
        (True, False),
    ),
    Behaviour("tick_by_tick_limit", Evidence.MEMORY, "Tick-by-tick streams a login; one more is 10190", (5, 3)),
    Behaviour(
        "absent_side_minus_one", Evidence.DOCUMENTED, "A side without quotes is price -1 with size 0 (options: often)"
    ),
    Behaviour(
        "closed_quotes_absent",
        Evidence.MEMORY,
        "A line opened while the market is closed shows no bid and ask (-1), unless frozen data were asked for",
        (True, False),
    ),
    Behaviour(
        "snapshot_end_s", Evidence.MEMORY, "tickSnapshotEnd comes this many seconds after the snapshot", (11.0, 0.0)
    ),
    Behaviour("snapshot_generic_refused", Evidence.DOCUMENTED, "A snapshot with generic ticks is 321"),
    Behaviour("unknown_generic_tick", Evidence.ISSUE, "A generic tick that does not exist is 321 with the legal list"),
    Behaviour(
        "no_permission_code",
        Evidence.ISSUE,
        "Code for live data without a subscription",
        (10089, 354, 10168),
    ),
    Behaviour(
        "history_pacing",
        Evidence.DOCUMENTED,
        "History: over 60 in ten minutes, six of a contract in two seconds, identical within 15 seconds are 162",
        (True, False),
    ),
    Behaviour(
        "history_pacing_all_bars",
        Evidence.MEMORY,
        "The limits on history hold for bars above 30 seconds too",
        (False, True),
    ),
    Behaviour(
        "history_pacing_ticks",
        Evidence.MEMORY,
        "The limits on history hold for historical ticks too, not for small bars alone",
        (False, True),
    ),
    Behaviour("delayed_data", Evidence.DOCUMENTED, "Type 3 and no subscription: 10167, then ticks 66 to 88"),
    Behaviour("partly_subscribed", Evidence.ISSUE, "Options without their stocks: 10090, quotes but no greeks"),
    Behaviour("greeks_not_computed", Evidence.SOURCE, "Unknown greeks are -2, unknown prices and volatilities -1"),
    Behaviour("unknown_ticker_cancel", Evidence.DOCUMENTED, "Cancel of an unknown id: 300 (L1), 310 (depth)"),
    Behaviour("duplicate_ticker", Evidence.DOCUMENTED, "A request id in use is 322"),
    Behaviour(
        "option_print_conditions",
        Evidence.MEMORY,
        "Prints of options carry OPRA's message types as letters (a: auction, f: leg of a spread)",
        (True, False),
    ),
    Behaviour("index_without_sizes", Evidence.DOCUMENTED, "An index has a last price, and no bid, ask or sizes"),
)
