"""REALTIME_OPTIONS and HISTORICAL_OPTIONS: the simulated chain in the service's rows, every value a string."""

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.alphavantage import answers
from alphatrader.sim.market.types import ChainTable, MarketTables

REALTIME = "Realtime Options"
HISTORICAL = "Historical Options"

_GREEKS = ("implied_volatility", "delta", "gamma", "theta", "vega", "rho")
_RIGHTS = {"C": "call", "P": "put"}


def realtime_options(market: MarketTables, symbol: str, contract: str, seen_ns: int, *, require_greeks: bool) -> bytes:
    """Answer the chain of a symbol as of ``seen_ns``, or one contract of it."""
    if market.underlying(symbol) is None:
        return answers.no_options(REALTIME, symbol, market.session_date)
    rows = chain_rows(market.chain(symbol, seen_ns), market.session_date, with_greeks=require_greeks)
    if contract:
        rows = [row for row in rows if row["contractID"] == contract]
    return answers.encode({"endpoint": REALTIME, "message": "success", "data": rows})


def historical_options(market: MarketTables, symbol: str, date: str) -> bytes:
    """Answer the chain as of the close before this session; other days are not simulated and have no data."""
    previous = calendar.sessions_before(market.session_date, 1)[0].date
    if market.underlying(symbol) is None or date not in {"", previous}:
        return answers.no_options(HISTORICAL, symbol, date or previous)
    rows = chain_rows(market.previous_chain(symbol), previous, with_greeks=True)
    return answers.encode({"endpoint": HISTORICAL, "message": "success", "data": rows})


def chain_rows(table: ChainTable, date: str, *, with_greeks: bool) -> list[dict[str, str]]:
    """Write a chain as rows, in the order of the service: by expiry, strike, call before put."""
    mark = (table.bid + table.ask) / 2.0
    money = [_texts(column, "%.2f") for column in (table.last, mark, table.bid, table.ask)]
    counts = [_texts(column, "%d") for column in (table.bid_size, table.ask_size, table.volume, table.open_interest)]
    rows = [
        {
            "contractID": contract.local_symbol.replace(" ", ""),
            "symbol": contract.symbol,
            "expiration": calendar.expiry_date(contract.expiry),
            "strike": f"{contract.strike:.2f}",
            "type": _RIGHTS[contract.right],
            "last": last,
            "mark": middle,
            "bid": bid,
            "bid_size": bid_size,
            "ask": ask,
            "ask_size": ask_size,
            "volume": volume,
            "open_interest": interest,
            "date": date,
        }
        for contract, last, middle, bid, ask, bid_size, ask_size, volume, interest in zip(
            table.contracts, *money, *counts, strict=True
        )
    ]
    if with_greeks:
        columns = (table.iv, table.delta, table.gamma, table.theta, table.vega, table.rho)
        for row, *values in zip(rows, *(_texts(column, "%.5f") for column in columns), strict=True):
            row.update(zip(_GREEKS, values, strict=True))
    return rows


def _texts(column: NDArray[np.float64] | NDArray[np.int64], form: str) -> list[str]:
    return [form % value for value in column.tolist()]
