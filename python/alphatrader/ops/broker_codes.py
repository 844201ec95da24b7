"""The broker's error codes in plain words: what happened, and what to do. ``alphatrader doctor --code 10197``.

Sources: IBKR's message code list, live captures, public incident threads; see docs/operations.md.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class BrokerCode:
    """A code of the TWS API. ``topic`` is ``connection``, ``market data``, ``contract``, ``order`` or ``limits``."""

    code: int
    topic: str
    meaning: str
    fix: str


_NOTHING = "Nothing to do: it is a notice."

_TABLE = (
    # connection
    (326, "connection", "The client id is in use by another connection.", "Stop the other program, or change gateway.client_ids.trader."),
    (502, "connection", "TWS or IB Gateway cannot be reached.", "Start it, log in, tick 'Enable ActiveX and Socket Clients', check the port."),
    (504, "connection", "The request was made while there was no connection.", "The trader connects again by itself; if it persists, check the gateway."),
    (507, "connection", "The socket broke: a bad message, or the client id is taken.", "Check for a second program with this client id, then restart the gateway."),
    (1100, "connection", "The gateway lost the broker's servers (every night for minutes, else a network fault).", "Wait: orders at the broker keep working. If over 15 minutes by day, check the line and the broker's status page."),
    (1101, "connection", "The connection is back, but the market data subscriptions are gone.", "The trader subscribes again by itself; check that the feeds turn live."),
    (1102, "connection", "The connection is back, subscriptions included.", _NOTHING),
    (1300, "connection", "The API port was changed in the gateway's settings.", "Correct gateway.ports, then restart the trader."),
    (2103, "connection", "A market data farm is disconnected: its quotes stand still.", "Wait for 2104; entries are paused by the age of the quotes."),
    (2104, "connection", "A market data farm is connected.", _NOTHING),
    (2105, "connection", "The historical data farm is disconnected.", "Wait for 2106; a warm-up may lack history until then."),
    (2106, "connection", "The historical data farm is connected.", _NOTHING),
    (2107, "connection", "The historical data farm is idle and wakes on demand.", _NOTHING),
    (2108, "connection", "A market data farm is idle and wakes on demand.", _NOTHING),
    (2110, "connection", "The gateway has no link to the broker's servers; it will try again.", "Wait; if it persists, check the network of the gateway's machine."),
    (2119, "connection", "A market data farm is being connected.", _NOTHING),
    (2157, "connection", "The security definition farm is disconnected: contracts cannot be looked up.", "Wait for 2158."),
    (2158, "connection", "The security definition farm is connected.", _NOTHING),
    # limits
    (100, "limits", "More than 50 messages a second were sent.", "Lower the load; our own limiter holds 40, so look for a second program on this login."),
    (101, "limits", "All market data lines (100 by default) are taken.", "Lower engine.max_option_lines, close windows in TWS, or buy quote boosters."),
    (162, "limits", "A request for history was refused: pacing, no data, or no permission.", "Wait ten minutes; if it persists, check the market data subscriptions."),
    (309, "limits", "More than 3 books (market depth) are subscribed.", "Fewer symbols, or quote boosters."),
    (322, "limits", "A request id is in use already.", "Restart the trader; report it if it comes back."),
    (420, "limits", "Real-time requests came too fast, or without permission.", "Wait a minute; check the market data subscriptions."),
    (10190, "limits", "All tick-by-tick lines are taken (3 to 5 by default).", "Fewer symbols, or quote boosters."),
    # market data
    (300, "market data", "A cancel named a subscription that does not exist.", _NOTHING),
    (310, "market data", "A cancel named a depth subscription that does not exist.", _NOTHING),
    (316, "market data", "Depth was stopped by the broker.", "The trader subscribes again by itself."),
    (317, "market data", "The book was reset and starts anew.", _NOTHING),
    (354, "market data", "No permission for this live data.", "Subscribe to it in Client Portal (for paper: share the live login's data)."),
    (366, "market data", "A cancel named a history request that does not exist.", _NOTHING),
    (2152, "market data", "Depth of some exchanges is not in the subscription.", "Subscribe to them for a whole book; the others work."),
    (10089, "market data", "The API needs an additional subscription for this data.", "Subscribe in Client Portal and sign the API acknowledgement."),
    (10090, "market data", "Part of the requested data is not subscribed.", "Subscribe in Client Portal, or live with what arrives."),
    (10091, "market data", "Part of the requested data needs an additional subscription for the API.", "Subscribe in Client Portal, or live with what arrives."),
    (10092, "market data", "This contract has no market depth.", "Choose a symbol with depth; book features stay empty."),
    (10167, "market data", "Live data is not subscribed: what arrives is delayed 15 minutes.", "Subscribe to live data; the trader does not trade on delayed quotes."),
    (10168, "market data", "No subscription, and delayed data is not enabled.", "Subscribe in Client Portal."),
    (10186, "market data", "No subscription, and delayed data is not enabled.", "Subscribe in Client Portal."),
    (10187, "market data", "Historical ticks could not be had.", "Check the symbol and the subscription; the warm-up goes on without."),
    (10197, "market data", "Another session of this user (TWS, the phone, Client Portal) took the live data.", "Log the other session out and wait: data may take 15 minutes to come back. Best is a user of its own for the API."),
    # contracts
    (200, "contract", "No contract, or several, match the request.", "Check symbol, expiry, strike and trading class; not every strike exists at every expiry."),
    (203, "contract", "The security is not available to this account.", "Check trading permissions in Client Portal."),
    # orders
    (103, "order", "The order id was used before.", "The trader takes the next free id; if it persists, restart it."),
    (104, "order", "A filled order cannot be modified.", _NOTHING),
    (105, "order", "The modification does not fit the order it names.", "Reconciliation settles it; check the order in TWS."),
    (107, "order", "The order is incomplete and cannot be sent.", "Report it: the trader should not send such an order."),
    (109, "order", "The price is too far from the market for the account's precautionary settings.", "Raise the percentage in TWS > Presets, if the price was meant."),
    (110, "order", "The price is not on the contract's grid of ticks.", "Report it: prices should be rounded to the contract's minimum tick."),
    (111, "order", "Time in force and order type do not go together.", "Report it: the trader should not send such an order."),
    (125, "order", "Buy price and best ask do not fit the order type.", "The next decision prices anew."),
    (135, "order", "The broker knows no order of this id.", "Reconciliation settles it."),
    (161, "order", "The order is in a state in which it cannot be cancelled.", "Usually it is filled or cancelled already; check positions."),
    (163, "order", "The price breaks the percentage limit of the account's presets.", "Raise the percentage in TWS > Presets, if the price was meant."),
    (201, "order", "The order was rejected; the text says why (margin, permission, exchange closed, opposite order, ...).", "Act on the text: add funds, ask for the permission, or wait for the open."),
    (202, "order", "The order is cancelled: by you, the exchange, or its time in force.", _NOTHING),
    (321, "order", "The request failed the gateway's validation, often because the API is read-only.", "Untick 'Read-Only API' in the gateway's API settings; else act on the text."),
    (329, "order", "The modification was refused; the order stands as before.", "Check the order in TWS."),
    (382, "order", "The size breaks the account's precautionary limit.", "Raise the limit in TWS > Presets, if the size was meant."),
    (383, "order", "The size breaks the account's precautionary limit.", "Raise the limit in TWS > Presets, if the size was meant."),
    (387, "order", "The order type is not supported for this contract.", "Report it: options know no MOC and no LOC."),
    (399, "order", "A warning about the order, often that it is held until the open. The order is alive.", "Read the text; nothing else to do."),
    (404, "order", "The order waits for shares to be located.", "Not for long options: check what was sold short."),
    (434, "order", "The size is zero.", "Report it: sizing should refuse this."),
    (451, "order", "The value breaks the account's precautionary limit.", "Raise the limit in TWS > Presets, if it was meant."),
    (460, "order", "No trading permission for this contract.", "Ask for it in Client Portal."),
    (2109, "order", "'Outside regular hours' was ignored for this order.", _NOTHING),
    (10006, "order", "A child order names a parent that is not there.", "The entry was refused or cancelled: the family is void; reconciliation settles it."),
    (10147, "order", "The order to cancel is not known: it never arrived, or is done.", "Reconciliation settles it; check TWS if a position is open."),
    (10148, "order", "The order cannot be cancelled in its state; a fill may be on its way.", "Wait: a fill is taken from every state."),
    (10149, "order", "The order id is invalid or not ours.", "Reconciliation settles it."),
    (10268, "order", "The attribute eTradeOnly is no longer supported.", "Use a current client library."),
    (10269, "order", "The attribute firmQuoteOnly is no longer supported.", "Use a current client library."),
    (10349, "order", "The account's presets changed the time in force. The order is alive, though libraries report it cancelled.", "Never send it again. The trader always names the time in force, so look for what else sends orders."),
)  # fmt: skip

CODES: dict[int, BrokerCode] = {row[0]: BrokerCode(*row) for row in _TABLE}


def explain(code: int) -> BrokerCode | None:
    """Return what a code means, or None if it is not in the table."""
    return CODES.get(code)
