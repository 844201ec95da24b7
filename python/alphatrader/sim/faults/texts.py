"""The broker's own words for the codes that faults send without a text. Sources: ibkr.md, the API's message codes."""

TEXTS: dict[int, str] = {
    100: "Max rate of messages per second has been exceeded:max=50 rec=51 (1)",
    101: "Max number of tickers has been reached",
    103: "Duplicate order id",
    104: "Cannot modify a filled order.",
    105: "Order being modified does not match original order",
    107: "Cannot transmit incomplete order.",
    109: "Price is out of the range defined by the Percentage setting at order defaults frame. The order will not be "
    "transmitted.",
    110: "The price does not conform to the minimum price variation for this contract.",
    111: "The TIF (Tif type) and the order type are incompatible.",
    113: "The Tif option should be set to DAY for MOC and LOC orders.",
    125: "Buy price must be the same as the best asking price.",
    126: "Sell price must be the same as the best bidding price.",
    133: "Submit new order failed.",
    134: "Modify order failed.",
    135: "Can't find order with id =",
    136: "This order cannot be cancelled.",
    154: "Orders cannot be transmitted for a halted security.",
    161: "Cancel attempted when order is not in a cancellable state.",
    162: "Historical Market Data Service error message:Historical data request pacing violation",
    163: "The price specified would violate the percentage constraint specified in the default order settings.",
    200: "No security definition has been found for the request",
    201: "Order rejected - reason:SIMULATED rejection",
    202: "Order Canceled - reason:",
    300: "Can't find EId with tickerId:",
    309: "Max number (3) of market depth requests has been reached",
    310: "Can't find the subscribed market depth with tickerId:",
    316: "Market depth data has been HALTED. Please re-subscribe.",
    317: "Market depth data has been RESET. Please empty deep book contents before applying any new entries.",
    321: "Error validating request.-'bX' : cause - The API interface is currently in Read-Only mode.",
    322: "Error processing request.-'xx' : cause - Duplicate ticker id",
    329: "Order modify failed. Cannot change to the new order type.",
    354: "Requested market data is not subscribed.",
    366: "No historical data query found for ticker id:",
    382: "The price specified violates the number of ticks constraint specified in the default order settings.",
    383: "The size specified violates the size constraint specified in the default order settings.",
    387: "Unsupported order type for this exchange and security type.",
    388: "Order size is smaller than the minimum requirement.",
    391: "The time or time-zone entered is invalid. The correct format is hh:mm:ss xxx where xxx is an optionally "
    "specified time-zone.",
    392: "Invalid order: contract expired.",
    399: "Order Message:\nWarning: Your order will not be placed at the exchange until 2026-11-17 09:30:00 US/Eastern.",
    404: "Shares for this order are not immediately available for short sale. The order will be held while we attempt "
    "to locate the shares.",
    434: "The order size cannot be zero.",
    451: "The order's total value exceeds the precautionary limit.",
    435: "You must specify an account.",
    460: "No trading permissions.",
    1100: "Connectivity between IBKR and Trader Workstation has been lost.",
    1101: "Connectivity between IBKR and Trader Workstation has been restored - data lost.",
    1102: "Connectivity between IBKR and Trader Workstation has been restored - data maintained. "
    "All data farms are connected: usfarm; ushmds; secdefnj.",
    2109: "Order Event Warning:Attribute 'Outside Regular Trading Hours' is ignored based on the order type and "
    "destination. PlaceOrder is now being processed.",
    2110: "Connectivity between Trader Workstation and server is broken. It will be restored automatically.",
    2152: "Exchanges - Depth: IEX; Top: BYX; AMEX; PEARL; T24X; MEMX; EDGEA; OVERNIGHT; CHX; NYSENAT; "
    "IBEOS; PSX; LTSE; ISE; DRCTEDGE; Need additional market data permissions - Depth: BATS; ARCA; BEX; NYSE; ",
    10006: "Missing parent order.",
    10089: "Requested market data requires additional subscription for API. See link in 'Market Data Connections' "
    "dialog for more details.",
    10090: "Part of requested market data is not subscribed. Subscription-independent ticks are still active.",
    10091: "Part of requested market data requires additional subscription for API. See link in 'Market Data "
    "Connections' dialog for more details.",
    10092: "Deep market data is not supported for this combination of security type/exchange",
    10147: "OrderId that needs to be cancelled is not found.",
    10148: "OrderId that needs to be cancelled cannot be cancelled, state: Filled.",
    10149: "Invalid order id:",
    10167: "Requested market data is not subscribed. Displaying delayed market data.",
    10168: "Requested market data is not subscribed. Delayed market data is not enabled.",
    10186: "Requested market data is not subscribed. Delayed market data is not enabled",
    10187: "Failed to request historical ticks",
    10189: "Failed to request tick-by-tick data.No market data permissions",
    10190: "Max number of tick-by-tick requests has been reached.",
    10197: "No market data during competing live session",
    10268: "The 'EtradeOnly' order attribute is not supported.",
    10269: "The 'firmQuoteOnly' order attribute is not supported.",
    10349: "Order TIF was set to DAY based on order preset.",
}

_FARMS = {
    ("data", "ok"): (2104, "Market data farm connection is OK:"),
    ("data", "broken"): (2103, "Market data farm connection is broken:"),
    ("data", "inactive"): (
        2108,
        "Market data farm connection is inactive but should be available upon demand.",
    ),
    ("data", "connecting"): (2119, "Market data farm is connecting:"),
    ("history", "ok"): (2106, "HMDS data farm connection is OK:"),
    ("history", "broken"): (2105, "HMDS data farm connection is broken:"),
    ("history", "inactive"): (
        2107,
        "HMDS data farm connection is inactive but should be available upon demand.",
    ),
    ("history", "connecting"): (2119, "Market data farm is connecting:"),
    ("secdef", "ok"): (2158, "Sec-def data farm connection is OK:"),
    ("secdef", "broken"): (2157, "Sec-def data farm connection is broken:"),
    ("secdef", "inactive"): (2157, "Sec-def data farm connection is broken:"),
    ("secdef", "connecting"): (2119, "Market data farm is connecting:"),
}
_NAMES = {"data": "usfarm", "history": "ushmds", "secdef": "secdefnj"}


def text_for(code: int, text: str = "") -> str:
    """Return ``text``, or the broker's words for the code."""
    return text or TEXTS.get(code, f"SIMULATED message {code}")


def farm_text(farm: str, state: str, name: str = "") -> tuple[int, str]:
    """Return code and text of a farm's state."""
    code, text = _FARMS[farm, state]
    return code, text + (name or _NAMES[farm])
