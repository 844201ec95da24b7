"""Account: values, positions, executions."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour(
        "account_update_s",
        Evidence.DOCUMENTED,
        "Account values and summaries come again after this many seconds, and after each fill",
        (180.0, 3.0),
    ),
    Behaviour("pnl_each_second", Evidence.DOCUMENTED, "Profit and loss come about once a second"),
    Behaviour("account_summaries", Evidence.DOCUMENTED, "A client may have two account summaries; one more is 322"),
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
    Behaviour(
        "premium_moves_into_stock",
        Evidence.MEMORY,
        "What an exercised or assigned option cost or brought goes into the stock's cost; otherwise it is realised",
        (True, False),
    ),
    Behaviour(
        "automatic_exercise",
        Evidence.DOCUMENTED,
        "Physical options $0.01 or more in the money are exercised, unless their holder lets them lapse by 17:30",
        (True,),
        "OCC, exercise by exception",
    ),
    Behaviour(
        "margin_of_options",
        Evidence.DOCUMENTED,
        "Options lend nothing: equity with loan value leaves them out; margin is by Regulation T and strategy",
        (True,),
        "TWS users' guide, account window; Cboe margin manual",
    ),
    Behaviour(
        "margin_refusal",
        Evidence.ISSUE,
        "An order that lacks margin is 201 with equity and initial margin in its text; below 2000 USD nothing is lent",
        (True,),
        "quoted in public logs",
    ),
    Behaviour(
        "average_cost_with_commission", Evidence.DOCUMENTED, "Average cost and realised profit include commissions"
    ),
    Behaviour(
        "liquidation_marked",
        Evidence.DOCUMENTED,
        "The broker's liquidations are executions of order id 0 with the liquidation flag",
    ),
)
