"""Messages that describe contracts: 10, 75, 79, 80, 93."""

from datetime import datetime

from alphatrader.sim.gateway.catalogue import OptionSeries
from alphatrader.sim.gateway.venues import valid_exchanges
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.times import eastern

_SIZED_DETAILS = 164
_DESCRIBED_SAMPLES = 176
_ORDER_TYPES = "DAY,GTC,IOC,LMT,MKT,STP,STPLMT,WHATIF"
MARKET_RULES: dict[int, tuple[tuple[float, float], ...]] = {26: ((0.0, 0.01),), 110: ((0.0, 0.05), (3.0, 0.1))}
"""Price increments by rule: from (low edge) in steps of."""


def market_rule_of(contract: ListedContract) -> int:
    """Name the rule that a contract's increments follow."""
    return 26 if contract.min_tick <= 1 and contract.min_tick * 100 == 1 else 110


def trading_hours(open_ns: int, close_ns: int) -> str:
    """Write the session as contract details do."""
    return f"{eastern(open_ns):%Y%m%d:%H%M}-{eastern(close_ns):%Y%m%d:%H%M}"


def contract_details(
    req_id: int, contract: ListedContract, underlying: ListedContract | None, open_ns: int, close_ns: int, version: int
) -> bytes:
    """10: one contract in full."""
    sized = version >= _SIZED_DETAILS
    option = contract.sec_type == "OPT"
    exchanges = valid_exchanges(contract)
    hours = trading_hours(open_ns, close_ns)
    close = eastern(close_ns)
    return message(
        10,
        *(() if sized else (8,)),  # version of the layout
        req_id,
        contract.symbol,
        contract.sec_type,
        _last_trade(contract, close) if option else "",
        contract.strike if option else 0,
        contract.right,
        contract.exchange,
        contract.currency,
        contract.local_symbol,
        contract.trading_class,  # market name
        contract.trading_class,
        contract.con_id,
        contract.min_tick,
        *(() if sized else (1,)),  # mdSizeMultiplier
        contract.multiplier if option else "",
        _ORDER_TYPES,
        ",".join(exchanges),
        1,  # priceMagnifier
        contract.underlying_con_id if option else 0,
        contract.long_name,
        contract.primary_exchange,
        contract.expiry[:6],
        *("", "", ""),  # industry, category, subcategory
        "US/Eastern",
        hours,
        hours,
        *("", ""),  # evRule, evMultiplier
        0,  # secIdList
        2 if option else 1,  # aggGroup
        underlying.symbol if underlying else "",
        underlying.sec_type if underlying else "",
        ",".join([str(market_rule_of(contract))] * len(exchanges)),
        contract.expiry,
        contract.stock_type,
        *((1, 1, 100 if not option else 1) if sized else ()),  # minSize, sizeIncrement, suggestedSizeIncrement
    )


def _last_trade(contract: ListedContract, close: datetime) -> str:
    return f"{contract.expiry} {close:%H:%M:%S} US/Eastern"


def option_parameters(req_id: int, exchange: str, underlying_con_id: int, series: OptionSeries) -> bytes:
    """75: expiries and strikes of one trading class on one exchange."""
    return message(
        75,
        req_id,
        exchange,
        underlying_con_id,
        series.trading_class,
        series.multiplier,
        len(series.expiries),
        *series.expiries,
        len(series.strikes),
        *series.strikes,
    )


def symbol_samples(req_id: int, matches: list[ListedContract], version: int) -> bytes:
    """79: symbols that match a pattern."""
    rows: list[str | int] = []
    for contract in matches:
        rows += [contract.con_id, contract.symbol, contract.sec_type, contract.primary_exchange, contract.currency]
        rows += [1, "OPT"]
        if version >= _DESCRIBED_SAMPLES:
            rows += [contract.long_name, ""]
    return message(79, req_id, len(matches), *rows)


def depth_exchanges() -> bytes:
    """80: where depth is offered."""
    return message(80, 1, "SMART", "STK", "", "Deep2", 1)


def market_rule(rule_id: int) -> bytes | None:
    """93: price increments; None for a rule that is not in use."""
    increments = MARKET_RULES.get(rule_id)
    if increments is None:
        return None
    return message(93, rule_id, len(increments), *[value for pair in increments for value in pair])
