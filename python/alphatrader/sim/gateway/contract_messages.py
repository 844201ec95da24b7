"""Messages that describe contracts: 10, 75, 79, 80, 93."""

from msgspec import Struct

from alphatrader import calendar
from alphatrader.sim.gateway.catalogue import OptionSeries
from alphatrader.sim.gateway.market_rules import Steps
from alphatrader.sim.gateway.venues import valid_exchanges
from alphatrader.sim.market.types import Interval, ListedContract, TradingHours
from alphatrader.sim.wire.fields import FieldValue, message
from alphatrader.sim.wire.times import eastern

_SIZED_DETAILS = 164
_DESCRIBED_SAMPLES = 176
_ORDER_TYPES = (
    "ACTIVETIM,ADJUST,AON,COND,CONDORDTIF,DAY,DEACT,FOK,GAT,GTC,GTD,IOC,LIT,LMT,LOC,LOO,MIT,MKT,MOC,MOO,MTL,OCA,OPENCLOSE,"
    "RELPCTOFS,REL,STP,STPLMT,TRAIL,TRAILLMT,WHATIF"
)
_DAY_NS = 86_400 * calendar.NS
_ISINS = {"SPY": "US78462F1030", "QQQ": "US46090E1038", "IWM": "US4642876555", "AAPL": "US0378331005"}


class Facts(Struct, frozen=True):
    """What a description says besides the listing: exchange of the row, hours, rule, and how it is written."""

    exchange: str
    hours: TradingHours
    rule: int
    underlying: ListedContract | None
    timed_expiry: bool
    version: int


def isin(contract: ListedContract) -> str:
    """Return the international number of a listed share; empty where it is not known."""
    return _ISINS.get(contract.symbol, "") if contract.sec_type == "STK" else ""


def hours_text(intervals: tuple[Interval, ...]) -> str:
    """Write trading hours by day: ``20260416:0400-20260416:2000;20260417:...``, days between without any as CLOSED."""
    if not intervals:
        return ""
    by_date: dict[str, list[str]] = {}
    for start_ns, end_ns in intervals:
        text = f"{eastern(start_ns):%Y%m%d:%H%M}-{eastern(end_ns):%Y%m%d:%H%M}"
        # Trading that begins the evening before belongs to the day on which it ends.
        by_date.setdefault(f"{eastern(end_ns):%Y%m%d}", []).append(text)
    noon_ns = int(eastern(intervals[0][1]).replace(hour=12, minute=0, second=0).timestamp()) * calendar.NS
    days = []
    while noon_ns - _DAY_NS // 2 < intervals[-1][1]:
        date = f"{eastern(noon_ns):%Y%m%d}"
        days.append(",".join(by_date.get(date, [f"{date}:CLOSED"])))
        noon_ns += _DAY_NS
    return ";".join(days)


def contract_details(req_id: int, contract: ListedContract, facts: Facts) -> bytes:
    """10: one contract in full."""
    sized = facts.version >= _SIZED_DETAILS
    option = contract.sec_type == "OPT"
    exchanges = valid_exchanges(contract)
    number = isin(contract)
    underlying = facts.underlying
    return message(
        10,
        *(() if sized else (8,)),  # version of the layout
        req_id,
        contract.symbol,
        contract.sec_type,
        _last_trade(contract, timed=facts.timed_expiry) if option else "",
        contract.strike if option else 0,
        contract.right,
        facts.exchange,
        contract.currency,
        contract.local_symbol,
        contract.trading_class,  # market name
        contract.trading_class,
        contract.con_id,
        min((step for _, step in contract.price_steps), default=contract.min_tick),
        *(() if sized else (1,)),  # mdSizeMultiplier
        contract.multiplier if option else "",
        _ORDER_TYPES,
        ",".join(exchanges),
        1,  # priceMagnifier
        contract.underlying_con_id if option else 0,
        contract.long_name,
        "" if option else contract.primary_exchange,
        contract.expiry[:6],
        *("", "", ""),  # industry, category, subcategory
        "US/Eastern",
        hours_text(facts.hours.trading),
        hours_text(facts.hours.liquid),
        *("", 0),  # evRule, evMultiplier
        *((1, "ISIN", number) if number else (0,)),  # secIdList
        2 if option else 1,  # aggGroup
        underlying.symbol if underlying else "",
        underlying.sec_type if underlying else "",
        ",".join([str(facts.rule)] * len(exchanges)),
        contract.expiry,
        contract.stock_type,
        *((1, 1, 100 if contract.sec_type == "STK" else 1) if sized else ()),  # size: least, increment, suggested
    )


def _last_trade(contract: ListedContract, *, timed: bool) -> str:
    if not timed or not contract.last_trade_ns:
        return contract.expiry
    return f"{contract.expiry} {eastern(contract.last_trade_ns):%H:%M:%S} US/Eastern"


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


def symbol_samples(req_id: int, matches: list[ListedContract], optionable: frozenset[str], version: int) -> bytes:
    """79: symbols that match a pattern, and whether options are listed on them."""
    rows: list[FieldValue] = []
    for contract in matches:
        rows += [contract.con_id, contract.symbol, contract.sec_type, contract.primary_exchange, contract.currency]
        rows += [1, "OPT"] if contract.symbol in optionable else [0]
        if version >= _DESCRIBED_SAMPLES:
            rows += [contract.long_name, ""]
    return message(79, req_id, len(matches), *rows)


def depth_exchanges(books: tuple[str, ...]) -> bytes:
    """80: where depth of stocks is offered: smart depth, and rows by market maker of each book."""
    rows: list[FieldValue] = ["SMART", "STK", "", "Deep2", 1]
    for exchange in books:
        rows += [exchange, "STK", "", "Deep2", 1]
    return message(80, 1 + len(books), *rows)


def market_rule(rule_id: int, steps: Steps) -> bytes:
    """93: price increments."""
    return message(93, rule_id, len(steps), *[value for pair in steps for value in pair])
